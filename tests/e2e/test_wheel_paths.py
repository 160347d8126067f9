"""Links out of a local project, and names of this machine that are neither plain nor UTF-8."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from fixtures import samples
from fixtures.repositories import commit, looking, seen, wheel_record
from fixtures.runner import Truewheel, read_json
from fixtures.sdist import Sdist

READ = "seen.update(text=read('link/file'), link=os.readlink('link'), cwd=os.getcwd())"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Neither above the home directory of the runs nor one that everybody may write to."""
    path = tmp_path / "around"
    path.mkdir()
    return path


# ------------------------------------------------------------------------------------------- links


def linked(place: Path, link: object, name: str = "linked") -> Path:
    """A project with a link, and a directory beside it."""
    tree = looking("link-one", READ).write_tree(place / "setup")
    (place / name).mkdir()
    (place / name / "file").write_text("linked\n")
    (place / "other").mkdir()
    (tree / "link").symlink_to(str(link))
    return tree


@pytest.mark.parametrize("repository", [False, True])
@pytest.mark.parametrize("absolute", [False, True])
def test_link_to_what_lies_beside_a_project(
    in_mode: Truewheel, place: Path, repository: bool, absolute: bool
) -> None:
    """What the link leads to is shown beside the project as well, and no path of this machine."""
    tree = linked(place, place / "linked" if absolute else "../linked")
    if repository:
        commit(place)
    found = seen(in_mode.wheel(tree))
    assert found["text"] == "linked\n" and found["link"] == "../linked"
    assert found["cwd"].endswith("/link-one-1.0/src/setup")


def test_only_what_links_lead_to_is_shown(in_mode: Truewheel, place: Path) -> None:
    """Through other links as well; a link back to the project is no circle."""
    tree = linked(place, "../second")
    (place / "second").symlink_to("linked")
    (place / "linked" / "back").symlink_to("../setup/look.py")
    (place / "linked" / "file-link").symlink_to("../alone")
    (place / "alone").write_text("alone\n")
    (tree / "self").symlink_to(".")
    (tree / "look.py").write_text(
        READ + "\nseen.update(there=os.listdir('..'), back=read('link/back')[:4],"
        " alone=read('link/file-link'), me=read('self/self/look.py')[:4])"
    )
    found = seen(in_mode.wheel(tree))
    assert found["text"] == "linked\n" and found["there"] == ["alone", "linked", "setup"]
    assert found["back"] == found["me"] == "seen" and found["alone"] == "alone\n"


def test_bytes_do_not_depend_on_the_place_of_linked_directories(
    in_mode: Truewheel, place: Path
) -> None:
    hashes = []
    for name in ("a", "b c"):
        tree = samples.c_extension().write_tree(place / name / "setup")
        shutil.move(str(tree / "native_one"), str(place / name / "linked"))
        target: Path = place / name / "linked"
        (tree / "native_one").symlink_to(target if name == "a" else Path("../linked"))
        hashes.append(in_mode.wheel(tree, wheels=in_mode.world.base / name).hashes)
    assert hashes[0] == hashes[1] and len(hashes[0]) == 1


def refused(truewheel: Truewheel, tree: Path, target: Path) -> None:
    result = truewheel.wheel(tree, code=1)
    (error,) = result.errors
    assert f"its link 'link' leads to '{target}', which builds do not see" in error
    assert f"--bind {target} shows it" in error


def test_link_out_of_a_repository(
    truewheel: Truewheel, place: Path, needs_namespaces: None
) -> None:
    """Otherwise a package of the wheel would be missing. Bound, it is seen at its own path."""
    tree = linked(place, "../linked")
    commit(tree)
    refused(truewheel, tree, place / "linked")
    found = seen(truewheel.wheel("--bind", place / "linked", tree))
    assert found["text"] == "linked\n" and found["link"] == str(place / "linked")


@pytest.mark.parametrize("name", ["to-home", "to-home-of-project", "to-parent", "to-shared"])
def test_link_to_what_is_not_the_projects(
    truewheel: Truewheel, place: Path, open_tmp: Path, needs_namespaces: None, name: str
) -> None:
    """Without a repository as well: the home directory's own files, and what everybody shares."""
    home = truewheel.world.home
    target = {"to-home": home / ".ssh", "to-home-of-project": home / "beside",
              "to-parent": place, "to-shared": open_tmp / "shared"}[name]
    target.mkdir(exist_ok=True)
    (target / "file").write_text("secret\n")
    parent = {"to-home-of-project": home, "to-shared": open_tmp}.get(name, place)
    if name == "to-shared":
        open_tmp.chmod(0o1777)
    tree = looking("link-one", READ).write_tree(parent / "setup")
    (tree / "link").symlink_to(target)
    refused(truewheel, tree, target)


def test_hidden_directory_of_the_home(
    truewheel: Truewheel, needs_namespaces: None
) -> None:
    """A tree that was unpacked below the home directory reaches for what lies beside it there."""
    src = truewheel.world.home / "src"
    tree = looking("link-one", READ).write_tree(src / "setup")
    (src / ".config").mkdir()
    (src / ".config" / "file").write_text("secret\n")
    (tree / "link").symlink_to("../.config")
    refused(truewheel, tree, src / ".config")


def test_link_to_what_builds_see_anyway(in_mode: Truewheel, place: Path) -> None:
    """A relative link is no longer relative in the job directory, which lies elsewhere."""
    code = "seen.update(one=os.path.exists('one'), two=os.path.exists('two'))"
    tree = looking("link-one", code).write_tree(place)
    (tree / "one").symlink_to("/usr/bin/env")
    (tree / "two").symlink_to(os.path.relpath("/usr/bin/env", tree))
    assert seen(in_mode.wheel(tree)) == {"one": True, "two": True}


def test_links_that_no_build_needs(truewheel: Truewheel, place: Path) -> None:
    """One that leads nowhere for pip either, a virtual environment, and what git ignores."""
    outside = truewheel.world.home / "python"
    outside.write_text("")
    tree = samples.pure().write_tree(place)
    (tree / "nowhere").symlink_to("../no/such/thing")
    (tree / "venv" / "bin").mkdir(parents=True)
    (tree / "venv" / "pyvenv.cfg").write_text("")
    (tree / "venv" / "bin" / "python").symlink_to(outside)
    assert truewheel.wheel(tree).names
    (tree / ".gitignore").write_text("bazel-*\n")
    commit(tree)
    (tree / "bazel-bin").symlink_to(outside)
    assert truewheel.wheel(tree).names


# ------------------------------------------------------------------------------------------- names


ODD = [b"n\nl", b"back\\slash", b"l1\xe9", b"\xf4\x8f\xbf\xa9", "é中".encode(), b"a b", b"p%20c"]


def test_files_with_odd_names(in_mode: Truewheel, place: Path) -> None:
    """In the tree, beside the project, and as what a link leads to: all of it crosses processes."""
    code = (
        "there = [os.fsencode(name).decode('latin-1') for name in os.listdir('..')]\n"
        "seen.update(there=sorted(there),"
        " texts=[read('link-%d/file' % number) for number in range(7)])"
    )
    tree = looking("odd-one", code).write_tree(place / "setup")
    for number, name in enumerate(ODD):
        odd = os.path.join(os.fsencode(place), name)
        os.mkdir(odd)
        with open(os.path.join(odd, b"file"), "w") as file:
            file.write(f"{number}\n")
        os.symlink(b"../" + name, os.path.join(os.fsencode(tree), b"link-%d" % number))
    names = [name.decode("latin-1") for name in ODD]
    found = seen(in_mode.wheel(tree))
    assert found["there"] == sorted([*names, "setup"])
    assert found["texts"] == [f"{number}\n" for number in range(7)]
    commit(place)
    found = seen(in_mode.wheel(tree, wheels=in_mode.world.base / "second"))
    assert found["there"] == sorted([*names, "setup", ".git"])
    assert found["texts"] == [f"{number}\n" for number in range(7)]


def test_directories_with_odd_names(truewheel: Truewheel, place: Path) -> None:
    """Project, output, record and logs; by relative and by absolute path, and an archive."""
    where = place / "n\nl back\\slash é中 p%20c"
    where.mkdir()
    tree = Sdist("odd-one").write_tree(where / "project")
    archive = Sdist("odd-one").write(where)
    truewheel.world.cwd = where
    for number, source in enumerate(["./project", tree, archive]):
        out, report = where / f"out-{number}", where / f"{number}.json"
        result = truewheel.wheel("--json", report, "--log-dir", where / "logs", source, wheels=out)
        assert result.names == ["odd_one-1.0-py3-none-any.whl"]
        assert wheel_record(report)["name"] == "odd-one"


def latin(place: Path) -> Path:
    where = Path(os.fsdecode(os.path.join(os.fsencode(place), b"l1\xe9")))
    where.mkdir()
    return where


def test_working_directory_that_is_not_utf8(truewheel: Truewheel, place: Path) -> None:
    """What does not depend on it works; what pip would make a URL of, it cannot name."""
    samples.pure().write(truewheel.links)
    truewheel.world.cwd = latin(place)
    report = place / "report.json"
    result = truewheel.wheel("--json", report, "pure-one", wheels=place / "out")
    assert result.names and wheel_record(report)["name"] == "pure-one"
    Sdist("odd-one").write_tree(truewheel.world.cwd / "project")
    result = truewheel.wheel("./project", code=2, wheels=place / "other")
    (error,) = result.errors
    assert "pip cannot name" in error and "not UTF-8" in error


def test_temporary_directory_with_an_odd_name(
    in_mode: Truewheel, place: Path, links: Path
) -> None:
    """
    Everything that the run makes for itself lies there, the job directory as well; it is in the
    repository, of which it is no part.
    """
    where = os.path.join(os.fsencode(place), b"n\nl l1\xe9 back\\slash")
    os.mkdir(where)
    tree = samples.c_extension().write_tree(place / "project")
    samples.header_lib().write(links)
    asking = samples.header_user().write(links)
    commit(place)
    changes = {"TMPDIR": os.fsdecode(where), "TRUEWHEEL_TEST_GUARDS_OFF": "tmpfs"}
    assert len(in_mode.wheel(tree, asking, env=changes).names) == 2
    assert os.listdir(where) == []


def test_compiler_whose_banner_is_not_utf8(truewheel: Truewheel, place: Path) -> None:
    """The record is whole, and says what can be said of it."""
    compiler = place / "cc"
    compiler.write_bytes(b"#!/bin/sh\nprintf 'c\\351dille 1.0\\n'\n")
    compiler.chmod(0o755)
    tree = samples.pure().write_tree(place / "project")
    report = place / "report.json"
    truewheel.wheel("--json", report, tree, env={"CC": str(compiler)})
    assert read_json(report)["compiler"] == "c\\xE9dille 1.0"


def test_path_with_a_semicolon(truewheel: Truewheel, place: Path) -> None:
    """pip takes what follows for a marker; from within its directory it works."""
    where = place / "c:d,e;f"
    tree = samples.pure().write_tree(where / "project")
    (error,) = truewheel.wheel(tree, code=1).errors
    assert f"pip cannot name '{tree}'" in error and "';'" in error
    truewheel.world.cwd = where
    assert truewheel.wheel("./project").names


# -------------------------------------------------------------------------------------- large, full


def test_large_sparse_file(in_mode: Truewheel, place: Path) -> None:
    """It is neither read nor copied, and a changed byte in it is another source."""
    tree = looking("sparse-one", "seen['size'] = os.path.getsize('disk')").write_tree(place)
    with open(tree / "disk", "wb") as file:
        file.truncate(3 << 30)
    first, second = place.parent / "1.json", place.parent / "2.json"
    assert seen(in_mode.wheel("--json", first, tree)) == {"size": 3 << 30}
    with open(tree / "disk", "r+b") as file:
        file.seek(2 << 30)
        file.write(b"x")
    in_mode.wheel("--json", second, tree, wheels=in_mode.world.base / "second")
    sources: List[Any] = [wheel_record(path)["source"] for path in (first, second)]
    assert sources[0]["sha256"] != sources[1]["sha256"]


@pytest.fixture
def full(needs_root: None, open_tmp: Path) -> Iterator[Path]:
    """A directory with room for next to nothing."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", open_tmp], check=True)
    yield open_tmp
    subprocess.run(["umount", open_tmp], check=True)


@pytest.mark.root
def test_temporary_directory_that_is_full(truewheel: Truewheel, links: Path, full: Path) -> None:
    """Said as what it is, whatever pip makes of it, and not as an index that does not answer."""
    big = Sdist("big-one", files={"data": os.urandom(1 << 20)})
    big.write(links)
    (error,) = truewheel.wheel("big-one", code=3, env={"TMPDIR": str(full)}).errors
    assert "No space left on device" in error and str(full) in error
    assert os.listdir(full) == []
