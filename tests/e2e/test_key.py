"""The key of a build: each input is a part of it, and nothing else is."""

import os
import shutil
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Set

import pytest

from fixtures import samples
from fixtures.runner import Environment, Truewheel, read_json
from fixtures.sdist import Sdist

Build = Callable[..., Dict[str, str]]


def parts(record: Path) -> Dict[str, str]:
    """The parts of the only wheel's key, and its digest."""
    found = read_json(record)
    (wheel,) = found["wheels"]
    return {**found["inputs"], **wheel["inputs"], "": wheel["key"]}


@pytest.fixture
def build(truewheel: Truewheel, links: Path) -> Build:
    samples.pure().write(links)

    def run(*arguments: object, env: "Environment | None" = None) -> Dict[str, str]:
        record = truewheel.world.cwd / "record.json"
        truewheel.wheel("pure-one", "--json", record, *arguments, env=env)
        return parts(record)

    return run


def differing(before: Dict[str, str], after: Dict[str, str]) -> Set[str]:
    """The names of parts that were added, taken away or changed."""
    assert (before[""] == after[""]) == (before == after), "the digest is not that of the parts"
    names = {*before, *after} - {""}
    return {name for name in names if before.get(name) != after.get(name)}


def test_the_same_inputs_have_one_key(build: Build, open_tmp: Path) -> None:
    """Whatever else the caller has in the environment, and wherever the wheels go."""
    first = build("--env", "A=1")
    assert differing(first, build("--env", "A=1", "-j", "3", env={"EDITOR": "ed"})) == set()


def test_who_runs_it_is_no_part(build: Build, open_tmp: Path) -> None:
    """Two users, or one with another home, umask and priority, share what was built."""
    env = {"HOME": str(open_tmp), "USER": "zed", "LOGNAME": "zed", "LANG": "C", "COLUMNS": "7"}
    assert differing(build(), build(env=env)) == set()


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["--env", "FLAVOUR=1"], {"variable FLAVOUR"}),
        (["-C", "key=value"], {"config settings"}),
        (["--allow-network", "pure-one"], {"network", "clock"}),
        (["--real-clock"], {"clock"}),
        (["--build-root", "ROOT"], {"root"}),
    ],
)
def test_what_is_asked_for(
    build: Build, open_tmp: Path, arguments: Sequence[str], expected: Set[str]
) -> None:
    given = [str(open_tmp / "R") if word == "ROOT" else word for word in arguments]
    assert differing(build(), build(*given)) == expected


def test_variables_that_get_through(build: Build) -> None:
    assert differing(build(), build(env={"CFLAGS": "-O1"})) == {"variable CFLAGS"}


def test_the_files_of_a_bind(build: Build, open_tmp: Path) -> None:
    header = open_tmp / "one.h"
    header.write_text("1\n")
    first = build("--bind", open_tmp)
    header.write_text("two\n")
    assert differing(first, build("--bind", open_tmp)) == {"files of bind"}


def test_the_files_that_variables_lead_to(build: Build, open_tmp: Path) -> None:
    header = open_tmp / "one.h"
    header.write_text("1\n")
    variables = {"CFLAGS": f"-O1 -I{open_tmp}"}
    first = build(env=variables)
    header.write_text("two\n")
    assert differing(first, build(env=variables)) == {"files of CFLAGS"}


def test_a_compiler_by_its_content(build: Build, open_tmp: Path) -> None:
    """Two compilers of one name that say the same of themselves."""
    compiler = open_tmp / "my-cc"

    def write(text: str) -> None:
        compiler.write_text(f"#!/bin/sh\necho one compiler\n# {text}\n")
        compiler.chmod(0o755)
        os.utime(compiler, (1, 1))

    arguments: List[object] = ["--env", f"PATH={open_tmp}:/usr/bin:/bin", "--env", "CC=my-cc"]
    write("a")
    first = build(*arguments)
    write("b")
    assert differing(first, build(*arguments)) == {"tool CC"}


def test_an_image_stands_for_what_is_installed(build: Build) -> None:
    looked, named = build(), build("--image", "sha256:0123")
    gone = differing(looked, named)
    assert named["image"] == "sha256:0123"
    assert {"packages", "local files", "image"} <= gone
    assert "python" in named and "tool CC" in named


def copy_home(build_directory: Path, home: Path) -> Path:
    """The engines and what they read."""
    shutil.copytree(build_directory / "share", home / "share", symlinks=False)
    for engine in build_directory.glob("truewheel-engine-*"):
        shutil.copy(engine, home)
    return home


def test_the_guest_library(
    build: Build, truewheel: Truewheel, build_directory: Path, open_tmp: Path
) -> None:
    """By its content; and there is no build without it, unless none is asked for."""
    home = copy_home(build_directory, open_tmp / "home")
    env = {"TRUEWHEEL_HOME": str(home)}
    first = build(env=env)
    library = home / "share/truewheel/libtruewheel-guest.so"
    library.write_bytes(library.read_bytes() + b"another version")
    assert differing(first, build(env=env)) == {"guest library"}
    library.unlink()
    failed = truewheel.wheel("pure-one", env=env, code=3)
    assert "libtruewheel-guest.so is missing" in failed.err
    build("--real-clock", env=env)


def test_what_is_ours_in_an_environment(
    build: Build, truewheel: Truewheel, build_directory: Path, open_tmp: Path
) -> None:
    """A store that did not know of it would serve old guest files after an upgrade."""
    home = copy_home(build_directory, open_tmp / "home")
    env = {"TRUEWHEEL_HOME": str(home)}
    first = build(env=env)
    guest = home / "share/truewheel/pyshim/guest/truewheel_determinism.py"
    guest.write_text(guest.read_text() + "\n# another version\n")
    assert differing(first, build(env=env)) == {"shim", "environment"}


def test_another_sdist_of_the_same_version(truewheel: Truewheel, links: Path) -> None:
    record = truewheel.world.cwd / "record.json"
    found = []
    for content in ("one\n", "two\n"):
        Sdist("pure-one", package={"data.txt": content}).write(links)
        truewheel.wheel("pure-one", "--json", record)
        found.append(parts(record))
    assert differing(*found) == {"source"}
