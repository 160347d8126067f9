"""Lock files: written, obeyed, fetched; and what is said when the world is another one."""

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest
from packaging.pylock import Pylock

from fixtures import launch, samples
from fixtures.index import Index, Server
from fixtures.runner import Result, Truewheel, World, clean, index_access
from fixtures.sdist import Sdist

MAIN, ASKING = "pylock.toml", "pylock.build-asking-1_0.toml"
MADE, DEP = "pylock.build-made-tool-1_5.toml", "pylock.build-plain-dep-2_0.toml"


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """`asking` needs a tool that it names, and one that its backend asks for, which is an sdist."""
    made = Index(tmp_path / "index")
    files = tmp_path / "files"
    for sdist in (
        Sdist(
            "asking",
            requires=["plain-dep"],
            build_requires=["static-tool"],
            dynamic_requires=["made-tool>=1"],
        ),
        Sdist("made-tool", "1.5", build_requires=["static-tool"]),
        Sdist("plain-dep", "2.0"),
    ):
        made.add(sdist.write(files))
    add_tool(made, files, "1.0")
    return made


def add_tool(index: Index, files: Path, version: str) -> Path:
    samples.write_wheel(files, "static-tool", version)
    return index.add(files / f"static_tool-{version}-py3-none-any.whl")


def lock(truewheel: Truewheel, index: Index, *arguments: object) -> Path:
    truewheel("lock", "--isolated", "-i", index.file_url, *arguments, "asking")
    return truewheel.world.cwd / MAIN


def build(truewheel: Truewheel, out: str, *arguments: object, code: int = 0) -> Result:
    wheels = truewheel.world.cwd / out
    return truewheel(
        "wheel", "--isolated", "-w", wheels, *arguments, code=code, wheels=wheels
    )


def read(path: Path) -> Dict[str, Any]:
    name = "tomllib" if sys.version_info >= (3, 11) else "pip._vendor.tomli"
    found: Dict[str, Any] = importlib.import_module(name).loads(path.read_text())
    return found


def packages(path: Path) -> List[str]:
    return [f"{one['name']} {one['version']}" for one in read(path)["packages"]]


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_lock_names_all_that_was_used(truewheel: Truewheel, index: Index) -> None:
    """One file for what was asked for, one for each sdist, those of build requirements too."""
    cwd = lock(truewheel, index).parent
    assert sorted(path.name for path in cwd.glob("pylock*")) == sorted([MAIN, ASKING, MADE, DEP])
    assert packages(cwd / MAIN) == ["asking 1.0", "plain-dep 2.0"]
    assert packages(cwd / ASKING) == ["made-tool 1.5", "static-tool 1.0"]  # one was asked for late
    assert packages(cwd / MADE) == ["static-tool 1.0"]
    assert packages(cwd / DEP) == []
    assert not list(cwd.glob("*.whl"))


def test_lock_is_valid_and_complete(truewheel: Truewheel, index: Index) -> None:
    cwd = lock(truewheel, index).parent
    for name in (MAIN, ASKING, MADE, DEP):
        Pylock.from_dict(read(cwd / name)).validate()
        for package in read(cwd / name)["packages"]:
            file = package["sdist"] if "sdist" in package else package["wheels"][0]
            kept = index.root / "files" / file["name"]
            assert file["url"] == kept.as_uri()
            assert file["size"] == kept.stat().st_size
            assert re.fullmatch("[0-9a-f]{64}", file["hashes"]["sha256"])
    about = read(cwd / MAIN)["tool"]["truewheel"]
    assert {"python", "tag", "pip", "compiler", "inputs"} <= set(about)
    assert "key" in read(cwd / MAIN)["packages"][0]["tool"]["truewheel"]


def test_locking_again_changes_no_byte(truewheel: Truewheel, index: Index) -> None:
    cwd = lock(truewheel, index).parent
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in cwd.glob("py*")}
    build(truewheel, "out", "-i", index.file_url, "--lock", MAIN, "asking")
    after = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in cwd.glob("py*")}
    assert after == before


def test_round_trip_to_a_machine_without_network(
    truewheel: Truewheel, index: Index, tmp_path: Path, needs_namespaces: None
) -> None:
    """Lock, lose index and stores, build from what `download` left: the same bytes."""
    with Server(index.root) as server:
        url = server.url + "simple/"
        first = build(truewheel, "first", "-i", url, "--lock", MAIN, "asking")
        truewheel("download", "--isolated", "--locked", MAIN, "-d", "all")
    assert read(truewheel.world.cwd / MAIN)["packages"][0]["sdist"]["url"].startswith("http://")
    names = sorted(path.name for path in (truewheel.world.cwd / "all").iterdir())
    assert names == sorted(path.name for path in (index.root / "files").iterdir())
    shutil.rmtree(index.root)
    other = World(tmp_path / "other")
    for path in truewheel.world.cwd.glob("pylock*"):
        shutil.copy(path, other.cwd)
    shutil.copytree(truewheel.world.cwd / "all", other.cwd / "all")
    out = other.cwd / "out"
    again = truewheel(
        "wheel", "--locked", MAIN, "--no-index", "--find-links", "all", "-w", out,
        wheels=out, world=other, prefix=launch.unshare("-n"),
    )
    assert again.hashes == first.hashes and len(again.hashes) == 2


@pytest.mark.parametrize(
    "name",
    [
        "asking-1.0.tar.gz",
        "plain_dep-2.0.tar.gz",
        "made_tool-1.5.tar.gz",
        "static_tool-1.0-py3-none-any.whl",
    ],
)
def test_another_or_missing_file_is_named(truewheel: Truewheel, index: Index, name: str) -> None:
    lock(truewheel, index)
    flip_a_byte(index.root / "files" / name)
    said = clean(build(truewheel, "out", "--locked", MAIN, code=1))
    assert f"'{name}'" in said and "is not the locked file: its sha256 is" in said
    (index.root / "files" / name).unlink()
    assert f"could not fetch '{name}'" in clean(build(truewheel, "out", "--locked", MAIN, code=1))
    said = clean(build(truewheel, "out", "--locked", MAIN, "--no-index", code=1))
    assert f"'{name}'" in said


def test_a_file_of_another_size_is_named(truewheel: Truewheel, index: Index) -> None:
    lock(truewheel, index)
    with open(index.root / "files" / "asking-1.0.tar.gz", "ab") as opened:
        opened.write(b"more")
    said = clean(build(truewheel, "out", "--locked", MAIN, code=1))
    assert "'asking-1.0.tar.gz'" in said and "it has more bytes" in said


def test_a_newer_build_requirement_is_not_seen(
    truewheel: Truewheel, index: Index, tmp_path: Path
) -> None:
    """The control is the same run without the lock, which takes it."""
    first = build(truewheel, "first", "-i", index.file_url, "--lock", MAIN, "asking")
    add_tool(index, tmp_path / "files", "9.0")
    record = truewheel.world.cwd / "record.json"
    for arguments, version in (
        (["--locked", MAIN], "1.0"),
        (["-i", index.file_url, "asking"], "9.0"),
    ):
        result = build(truewheel, "again", *arguments, "--json", record)
        assert f"static_tool-{version}-" in record.read_text()
        assert result.hashes == first.hashes


def test_another_python_is_refused(truewheel: Truewheel, index: Index) -> None:
    path = lock(truewheel, index)
    version = read(path)["tool"]["truewheel"]["python"]
    replace(path, f'python = "{version}"', 'python = "3.99.0"')
    said = clean(build(truewheel, "out", "--locked", MAIN, code=1))
    assert f"is for python 3.99.0, and this is {version}" in said
    truewheel("download", "--isolated", "--locked", MAIN, "-d", "all")  # for that other machine


def test_a_wheel_that_comes_out_otherwise_is_named_with_the_cause(
    truewheel: Truewheel, index: Index
) -> None:
    """As with another compiler: the wheel is not delivered, and what differs is named."""
    path = lock(truewheel, index)
    wheel = read(path)["packages"][0]["tool"]["truewheel"]["sha256-of-wheel"]
    replace(path, wheel, "0" * 64)
    result = build(truewheel, "out", "--locked", MAIN, code=7)
    assert "everything that it is known to depend on is the same" in result.errors[0]
    assert "asking-1.0-py3-none-any.whl" not in result.names
    replace(path, '"tool CC" = "', '"tool CC" = "/other')
    replace(path, 'compiler = "', 'compiler = "another ')
    result = build(truewheel, "out", "--locked", MAIN, code=7)
    assert "other than when it was locked: 'tool CC'" in result.errors[0]
    assert "the lock was made with another compiler: 'another " in result.err


def test_a_build_requirement_that_comes_out_otherwise_is_named(
    truewheel: Truewheel, index: Index
) -> None:
    path = lock(truewheel, index).parent / ASKING
    replace(path, read(path)["packages"][0]["tool"]["truewheel"]["sha256-of-wheel"], "0" * 64)
    result = build(truewheel, "out", "--locked", MAIN, code=7)
    assert "made-tool 1.5: its wheel is not the locked one" in result.errors[0]


def test_what_the_lock_lacks_is_named(truewheel: Truewheel, index: Index) -> None:
    """The backend asks for a tool that is no longer in the lock of its build."""
    path = lock(truewheel, index).parent / ASKING
    text = path.read_text()
    start, end = text.index("[[packages]]"), text.rindex("[[packages]]")
    path.write_text(text[:start] + text[end:])
    result = build(truewheel, "out", "--locked", MAIN, code=1)
    assert "asking" in result.errors[0] and "build requirements are still missing" in result.err
    path.unlink()
    assert f"'{ASKING}'" in clean(build(truewheel, "out", "--locked", MAIN, code=1))


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "Missing required value"),
        ("lock-version = ", "lock file 'pylock.toml'"),
        ('lock-version = "1.0"\ncreated-by = "x"\npackages = []\n', "not written by truewheel"),
    ],
)
def test_other_lock_files(truewheel: Truewheel, text: str, said: str) -> None:
    (truewheel.world.cwd / MAIN).write_text(text)
    assert said in clean(build(truewheel, "out", "--locked", MAIN, code=1))


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--locked", MAIN, "asking"], "takes no requirements"),
        (["--locked", MAIN, "-r", "x.txt"], "--requirement has no place"),
        (["--locked", MAIN, "--no-build-isolation"], "--no-build-isolation has no place"),
        (["--locked", MAIN, "--from-source"], "--from-source has no place"),
        (["--locked", MAIN, "--lock", MAIN], "--lock has no place"),
        (["--lock", "requirements.lock", "asking"], "a lock file is called pylock.toml"),
        (["--lock", "pylock.a.b.toml", "asking"], "a lock file is called pylock.toml"),
    ],
)
def test_wrong_command_lines(truewheel: Truewheel, arguments: List[str], said: str) -> None:
    assert said in clean(build(truewheel, "out", *arguments, code=2))


def test_a_tree_cannot_be_locked(truewheel: Truewheel) -> None:
    tree = Sdist("tree-one").write_tree(truewheel.world.cwd / "tree")
    result = truewheel("lock", "--isolated", "--no-index", tree, code=1)
    assert "cannot be locked: a directory or a checkout is no archive" in result.errors[0]
    assert not list(truewheel.world.cwd.glob("pylock*"))


def test_a_failed_build_writes_no_lock(truewheel: Truewheel, links: Path) -> None:
    samples.failing().write(links)
    truewheel.wheel("failing-one", "--lock", MAIN, code=1)
    assert not list(truewheel.world.cwd.glob("pylock*"))


def test_config_settings_are_locked(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    truewheel.wheel("pure-one", "-C", "a b=c d", "--lock", MAIN)
    record = truewheel.world.cwd / "record.json"
    truewheel.wheel("--locked", MAIN, "--json", record)
    assert '"a b": "c d"' in record.read_text()


def test_pip_installs_from_the_lock(
    truewheel: Truewheel, index: Index, tmp_path: Path, python: Path, same_pip: Path
) -> None:
    lock(truewheel, index, "--no-deps", "static-tool", "plain-dep")
    target = tmp_path / "site"
    environment = {**truewheel.world.environment(), "PYTHONPATH": str(same_pip)}
    subprocess.run(
        [python, "-m", "pip", "install", "--no-cache-dir", "--no-build-isolation", "--target",
         target, "-r", MAIN],
        cwd=truewheel.world.cwd,
        env=environment,
        check=True,
    )
    assert (target / "plain_dep").is_dir() and list(target.glob("static_tool*"))


@pytest.mark.network
def test_uv_installs_from_the_lock(
    truewheel: Truewheel, index: Index, tmp_path: Path, uv: Path, python: Path
) -> None:
    """Its wheels: what needs no build."""
    truewheel("lock", "--isolated", "-i", index.file_url, "static-tool", "plain-dep")
    subprocess.run(
        [str(uv), "pip", "install", "--offline", "--no-config", "--python", str(python),
         "--target", str(tmp_path / "site"), "-r", MAIN],
        cwd=truewheel.world.cwd,
        env={**truewheel.world.environment(), "UV_CACHE_DIR": str(tmp_path / "uv-cache")},
        check=True,
    )
    assert (tmp_path / "site" / "plain_dep").is_dir()
    assert list((tmp_path / "site").glob("static_tool*"))


@pytest.mark.network
def test_real_packages(truewheel: Truewheel) -> None:
    """Pure and native, their build requirements from the index; all of it again from the lock."""
    where = index_access()
    wanted = ["--no-binary", "markupsafe,iniconfig", "markupsafe==3.0.2", "iniconfig==2.0.0"]
    cwd = truewheel.world.cwd
    first = truewheel(
        "wheel", "-w", cwd / "first", "--lock", MAIN, *wanted, env=where, wheels=cwd / "first"
    )
    assert len(first.hashes) == 2
    truewheel("download", "--locked", MAIN, "-d", "all", env=where)
    again = build(truewheel, "again", "--locked", MAIN, "--no-index", "--find-links", "all")
    assert again.hashes == first.hashes


def test_a_remembered_run_is_no_answer(truewheel: Truewheel, index: Index, tmp_path: Path) -> None:
    """The short way has no build environments to write down, and a lock may name other files."""
    env = {"TRUEWHEEL_NO_CACHE": None, "TRUEWHEEL_CACHE_DIR": str(tmp_path / "store")}
    arguments = ["wheel", "--isolated", "--no-index", "-f", index.root / "files", "asking"]
    truewheel(*arguments, env=env)
    assert "nothing has changed since" in truewheel(*arguments, env=env).err  # the control
    truewheel(*arguments, "--lock", MAIN, env=env)
    assert packages(truewheel.world.cwd / ASKING) == ["made-tool 1.5", "static-tool 1.0"]
    flip_a_byte(index.root / "files" / "asking-1.0.tar.gz")
    result = truewheel("wheel", "--isolated", "--locked", MAIN, code=1, env=env)
    assert "is not the locked file" in result.errors[0]
