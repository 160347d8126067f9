"""
Requirements by path, URL and repository: a stable path from content, and the user's tree untouched.
"""

import json
import os
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

from fixtures import samples
from fixtures.index import Server
from fixtures.runner import Truewheel, read_json
from fixtures.sdist import Sdist, write_all

Snapshot = Dict[str, Tuple[int, int, bytes]]


def state(directory: Path) -> Snapshot:
    """Every entry with its mode, time and content."""
    found: Snapshot = {}
    for top, directories, files in os.walk(directory):
        for name in [*directories, *files, "."]:
            path = Path(top) / name
            info = path.lstat()
            data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[str(path)] = (info.st_mode, info.st_mtime_ns, data)
    return found


def captured(wheel: Path) -> Any:
    with zipfile.ZipFile(wheel) as archive:
        return json.loads(archive.read(f"{wheel.name.split('-')[0]}/captured.json"))


def test_local_tree_is_never_written_to(in_mode: Truewheel, tmp_path: Path) -> None:
    """The backend builds below its source, as most do; the user's tree stays as it is."""
    tree = samples.c_extension().write_tree(tmp_path / "project")
    (tree / "link").symlink_to("PKG-INFO")
    before = state(tree)
    result = in_mode.wheel(tree)
    assert result.names and state(tree) == before


def test_local_tree_by_relative_path(truewheel: Truewheel) -> None:
    samples.pure().write_tree(truewheel.world.cwd / "project")
    assert truewheel.wheel("./project").names == ["pure_one-1.0-py3-none-any.whl"]


def test_local_tree_that_is_read_only(in_mode: Truewheel, tmp_path: Path) -> None:
    tree = samples.pure().write_tree(tmp_path / "project")
    for top, _, _ in os.walk(tree):
        os.chmod(top, 0o555)
    try:
        assert in_mode.wheel(tree).names
    finally:
        for top, _, _ in os.walk(tree):
            os.chmod(top, 0o755)


def test_local_tree_gives_the_same_bytes_anywhere(
    in_mode: Truewheel, tmp_path: Path, on_disk: Path
) -> None:
    """The path, the time stamps and the order on disk do not matter."""
    sdists = [samples.capture(), samples.c_extension(), samples.unsorted_listing()]
    first = [sdist.write_tree(tmp_path / "a" / sdist.name) for sdist in sdists]
    second = [sdist.write_tree(on_disk / "x y" / sdist.name) for sdist in reversed(sdists)]
    for tree in second:
        for path in tree.rglob("*"):
            os.utime(path, (10**9, 10**9))
    hashes = in_mode.wheel(*first).hashes
    assert in_mode.wheel(*second, wheels=in_mode.world.base / "second").hashes == hashes
    assert len(hashes) == 3


def test_local_tree_is_built_at_its_stable_path(in_mode: Truewheel, tmp_path: Path) -> None:
    tree = samples.capture().write_tree(tmp_path / "project")
    result = in_mode.wheel(tree)
    cwd = captured(result.wheels / result.names[0])["cwd"]
    assert cwd.startswith(f"{in_mode.build_root}/") and str(tmp_path) not in cwd.split("/R/")[1]


def test_local_archive(in_mode: Truewheel, tmp_path: Path, links: Path) -> None:
    """Named by path or by name: the same wheel. Its directory depends on the archive alone."""
    archive = samples.capture().write(tmp_path / "somewhere")
    samples.capture().write(links)
    by_path = in_mode.wheel(archive).hashes
    renamed = tmp_path / "renamed.tar.gz"
    shutil.copy(archive, renamed)
    by_name = in_mode.wheel("capture-one", wheels=in_mode.world.base / "n").hashes
    assert by_path == by_name
    assert in_mode.wheel(renamed, wheels=in_mode.world.base / "r").hashes == by_path


def test_zip_sdist(truewheel: Truewheel, tmp_path: Path) -> None:
    tree = samples.pure().write_tree(tmp_path / "pure_one-1.0")
    path = shutil.make_archive(str(tmp_path / "out" / "pure_one-1.0"), "zip", tmp_path, tree.name)
    assert truewheel.wheel(path).names == ["pure_one-1.0-py3-none-any.whl"]


def test_executable_bits_of_an_sdist_are_kept(truewheel: Truewheel, links: Path) -> None:
    code = "assert os.access('run.sh', os.X_OK)"
    sdist = samples.hooked("script-one", "build_wheel", code)
    path = sdist.write(links)
    raw = tarfile.open(path)
    copy = links / "copy.tar.gz"
    with tarfile.open(copy, "w:gz") as out:
        for member in raw.getmembers():
            out.addfile(member, raw.extractfile(member))
        info = tarfile.TarInfo("script_one-1.0/run.sh")
        info.mode = 0o755
        out.addfile(info)
    copy.rename(path)
    assert truewheel.wheel("script-one").names


@pytest.mark.parametrize("fragment", ["", "#egg=capture-one", "#sha256"])
def test_url(in_mode: Truewheel, tmp_path: Path, links: Path, fragment: str) -> None:
    samples.capture().write(links)
    expected = in_mode.wheel("capture-one").hashes
    if fragment == "#sha256":
        fragment = f"#sha256={samples.capture().sha256()}"
    with Server(links) as server:
        url = f"{server.url}capture_one-1.0.tar.gz{fragment}"
        result = in_mode.wheel(url, wheels=in_mode.world.base / "url")
        named = in_mode.wheel(f"capture-one @ {url}", wheels=in_mode.world.base / "named")
    assert result.hashes == expected and named.hashes == expected


def test_url_with_a_password(truewheel: Truewheel, links: Path) -> None:
    """Used, and in no report, log or wheel."""
    samples.capture().write(links)
    report, logs = truewheel.world.cwd / "r.json", truewheel.world.cwd / "logs"
    with Server(links) as server:
        url = f"http://user:geheim@127.0.0.1:{server.port}/capture_one-1.0.tar.gz"
        result = truewheel.wheel("-v", "--json", report, "--log-dir", logs, url)
    text = result.out + result.err + report.read_text()
    text += "".join(path.read_text() for path in logs.iterdir())
    assert "geheim" not in text
    with zipfile.ZipFile(result.wheels / result.names[0]) as archive:
        assert not [name for name in archive.namelist() if b"geheim" in archive.read(name)]


def commit(directory: Path, *tags: str) -> str:
    """Commits whatever is there; the hash."""
    git = ["git", "-C", str(directory), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    if not (directory / ".git").exists():
        subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "one"], check=True)
    for tag in tags:
        subprocess.run([*git, "tag", tag], check=True)
    head = subprocess.run(
        [*git, "rev-parse", "HEAD"], stdout=subprocess.PIPE, text=True, check=True
    )
    return head.stdout.strip()


def test_repository(in_mode: Truewheel, tmp_path: Path) -> None:
    tree = samples.capture().write_tree(tmp_path / "repository")
    head = commit(tree, "v1")
    before = state(tree)
    url = f"git+{tree.as_uri()}"
    results = [
        in_mode.wheel(f"{url}@{revision}{more}", wheels=in_mode.world.base / f"{number}").hashes
        for number, (revision, more) in enumerate(
            [("v1", ""), (head, "#egg=capture-one"), (head, "")]
        )
    ]
    assert results[0] == results[1] == results[2] and len(results[0]) == 1
    assert state(tree) == before


def test_repository_elsewhere(in_mode: Truewheel, tmp_path: Path) -> None:
    """A clone of the same commit is the same source."""
    tree = samples.capture().write_tree(tmp_path / "repository")
    head = commit(tree, "v1")
    clone = tmp_path / "other place" / "clone"
    subprocess.run(["git", "clone", "-q", str(tree), str(clone)], check=True)
    first = in_mode.wheel(f"git+{tree.as_uri()}@{head}").hashes
    second = in_mode.wheel(f"git+{clone.as_uri()}@{head}", wheels=in_mode.world.base / "2").hashes
    assert first == second


def test_subdirectory(in_mode: Truewheel, tmp_path: Path) -> None:
    samples.pure().write_tree(tmp_path / "repository" / "deep" / "down")
    (tmp_path / "repository" / "README").write_text("not a project")
    commit(tmp_path / "repository", "v1")
    url = f"git+{(tmp_path / 'repository').as_uri()}@v1#subdirectory=deep/down"
    assert in_mode.wheel(f"pure-one @ {url}").names == ["pure_one-1.0-py3-none-any.whl"]


def test_src(truewheel: Truewheel, tmp_path: Path) -> None:
    """As with pip, the checkouts of editable requirements stay there, and are used again."""
    urls = []
    for name in ("a", "b"):
        tree = samples.pure().write_tree(tmp_path / name)
        commit(tree)
        urls.append(f"git+{tree.as_uri()}#egg=pure-one")
    cwd = truewheel.world.cwd
    for number, (arguments, env) in enumerate(
        [(["--src", "out"], {}), (["--src", "out"], {}), ([], {"PIP_SRC": "other"}), ([], {})]
    ):
        out = truewheel.world.base / str(number)
        assert truewheel.wheel(*arguments, "-e", urls[0], env=env, wheels=out).names
    assert sorted(path.name for path in cwd.iterdir()) == ["other", "out"]
    checkout = cwd / "out" / "pure-one"
    status = subprocess.run(["git", "-C", checkout, "status", "--porcelain"], capture_output=True)
    assert (status.returncode, status.stdout) == (0, b"") and (cwd / "other" / "pure-one").is_dir()
    result = truewheel.wheel("--src", "out", "-e", urls[1], code=2)
    assert "pip would have to ask: " in result.errors[0] and "--exists-action" in result.errors[0]
    assert truewheel.wheel("--src", "out", "--exists-action", "w", "-e", urls[1]).names


def test_unknown_revision(truewheel: Truewheel, tmp_path: Path) -> None:
    tree = samples.pure().write_tree(tmp_path / "repository")
    commit(tree)
    result = truewheel.wheel(f"git+{tree.as_uri()}@no-such-tag", code=1)
    assert len(result.errors) == 1 and "no-such-tag" in result.err
    assert "error: pathspec 'no-such-tag' did not match" in result.errors[0]


def test_failing_clone(truewheel: Truewheel, tmp_path: Path) -> None:
    """git's own reason, and nothing twice."""
    result = truewheel.wheel(f"pure-one @ git+{(tmp_path / 'nothing').as_uri()}", code=1)
    (error,) = result.errors
    assert "does not appear to be a git repository" in error
    assert error.partition(": ")[2] not in result.err.replace(error, "")


def test_unnamed_source_gets_its_path_from_its_content(
    truewheel: Truewheel, tmp_path: Path
) -> None:
    """Only the metadata hook knows name and version; two such trees never share a path."""
    one = samples.capture("first-one").write_tree(tmp_path / "a" / "project")
    other = samples.capture("second-one").write_tree(tmp_path / "b" / "project")
    report = truewheel.world.cwd / "r.json"
    result = truewheel.wheel("--json", report, one, other)
    paths = {item["name"]: item["path"] for item in read_json(report)["wheels"]}
    assert len(set(paths.values())) == 2
    seen = [captured(result.wheels / name)["cwd"] for name in result.names]
    assert len(set(seen)) == 2


def test_two_trees_of_one_name(truewheel: Truewheel, tmp_path: Path) -> None:
    """Two trees of one name are a conflict, as in pip, and nothing is built."""
    one = Sdist("same-one", "1.0").write_tree(tmp_path / "a")
    other = Sdist("same-one", "2.0").write_tree(tmp_path / "b")
    result = truewheel.wheel(one, other, code=4)
    assert len(result.errors) == 1 and "same-one" in result.err


def test_sources_with_build_requirements_beside_them(
    truewheel: Truewheel, links: Path, tmp_path: Path
) -> None:
    write_all(links, samples.header_lib())
    tree = samples.header_user().write_tree(tmp_path / "project")
    assert len(truewheel.wheel(tree).names) == 1


def test_name_with_odd_characters(in_mode: Truewheel, tmp_path: Path) -> None:
    tree = samples.pure("Odd.Name_Of-It").write_tree(tmp_path / "ümläut – dir")
    assert in_mode.wheel(tree).names == ["Odd_Name_Of_It-1.0-py3-none-any.whl"]
