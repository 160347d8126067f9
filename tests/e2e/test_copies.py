"""A copy of the program without its engines, as Bazel and people make it, finds an engine."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List, Optional

import pytest

from fixtures import launch, samples
from fixtures.runner import World

STRANGER = 65533  # a user that no test runs as
HOMES = ("TRUEWHEEL_INSTALL_PREFIX", "TRUEWHEEL_BUILD_DIR")
# Writes down that it was started; put where an engine would be.
FAKE_ENGINE = "#!/bin/sh\necho fake >{marker}\n"


@pytest.fixture
def engine(python: Path, build_directory: Path) -> str:
    """The name of the default engine."""
    facts = (build_directory / "generated" / "config.h").read_text()
    found = re.search('TRUEWHEEL_DEFAULT_PYTHON "(.+)"', facts)
    assert found
    return f"truewheel-engine-{found.group(1)}"


@pytest.fixture
def place(open_tmp: Path) -> Path:
    """Like /tmp: everybody can put something beside the directory of the copy."""
    open_tmp.chmod(0o1777)
    return open_tmp


def copy(program: Path, place: Path, name: str) -> Path:
    (place / "copies").mkdir(exist_ok=True)
    return Path(shutil.copy(program, place / "copies" / name))


def piptool(world: World, links: Path) -> List[str]:
    samples.pure().write(links)
    (world.cwd / "requirements.txt").write_text(f"--no-index\n--find-links {links}\npure-one\n")
    return "--name p --input requirements.txt --output out.bzl --directory wheels".split()


def run(
    command: List[object], world: World, env: Optional[Dict[str, str]] = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(word) for word in command],
        cwd=world.cwd,
        env={**world.environment(), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def assert_built(done: "subprocess.CompletedProcess[str]", world: World) -> None:
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "pure_one" in (world.cwd / "out.bzl").read_text()


def fake_engine(home: Path, layout: str, engine: str, marker: Path) -> Path:
    """Puts an engine that only writes down that it ran into a directory of root's."""
    path = home / layout / engine
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FAKE_ENGINE.format(marker=marker))
    path.chmod(0o755)
    (home / "share" / "truewheel").mkdir(parents=True)
    return path


def test_a_copy_named_piptool(program: Path, world: World, links: Path, place: Path) -> None:
    done = run([copy(program, place, "piptool.par"), *piptool(world, links)], world)
    assert_built(done, world)


def test_a_copy_named_python(program: Path, world: World, links: Path, place: Path) -> None:
    """It runs the rules' script, and is the real interpreter for everything else."""
    fake = copy(program, place, "python")
    script = "/nowhere/external/rules_python/tools/piptool.par"
    assert_built(run([fake, script, *piptool(world, links)], world), world)
    shown = world.cwd / "shown.py"
    shown.write_text("import sys; print(sys.argv[1:], sys.prefix == sys.base_prefix)")
    done = run([fake, shown, "a b", "-c"], world, {"PATH": f"{fake.parent}:{os.environ['PATH']}"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "['a b', '-c'] True\n", "")


@pytest.mark.parametrize("layout", ["", "libexec/truewheel"])
def test_truewheel_home(
    program: Path, world: World, links: Path, place: Path, engine: str, layout: str
) -> None:
    """When it is set, engines are looked for there and nowhere else."""
    words: List[object] = [copy(program, place, "piptool.par"), *piptool(world, links)]
    home, marker = world.base / "other", world.base / "ran"
    done = run(words, world, {"TRUEWHEEL_HOME": str(home)})
    assert done.returncode == 3
    assert f"in TRUEWHEEL_HOME={home}\n" in done.stderr
    fake_engine(home, layout, engine, marker)
    done = run(words, world, {"TRUEWHEEL_HOME": str(home)})
    assert done.returncode == 3 and marker.exists()
    assert_built(run(words, world, {"TRUEWHEEL_HOME": str(program.parent)}), world)


@pytest.mark.root
@pytest.mark.parametrize("layout", ["copies", "libexec/truewheel"])
def test_engines_that_others_put_beside_a_copy(
    needs_root: None,
    program: Path,
    world: World,
    links: Path,
    place: Path,
    engine: str,
    layout: str,
) -> None:
    """<place>/copies/truewheel-engine-X and <place>/libexec, where <place> is like /tmp."""
    words: List[object] = [copy(program, place, "piptool.par"), *piptool(world, links)]
    marker = place / "ran"
    if layout == "copies":
        path = fake_engine(place / "copies", "", engine, marker)
    else:
        path = fake_engine(place, layout, engine, marker)
    os.chown(path, STRANGER, STRANGER)
    assert_built(run(words, world), world)
    assert not marker.exists()


@pytest.mark.root
@pytest.mark.parametrize("owner", [0, STRANGER])
@pytest.mark.parametrize("home", HOMES)
def test_what_is_compiled_in_and_is_somebody_elses_now(
    needs_root: None,
    needs_namespaces: None,
    program: Path,
    build_directory: Path,
    world: World,
    links: Path,
    place: Path,
    engine: str,
    home: str,
    owner: int,
) -> None:
    """The build directory that is compiled in may be another user's by now: it is not used then."""
    facts = (build_directory / "generated" / "config.h").read_text()
    found = dict(re.findall(r'#define (\w+) "(.+)"', facts))
    layout = "libexec/truewheel" if home == "TRUEWHEEL_INSTALL_PREFIX" else ""
    fake, marker = place / "fake", place / "ran"
    fake_engine(fake, layout, engine, marker)
    os.chown(fake, owner, owner)
    words: List[object] = [copy(program, place, "piptool.par"), *piptool(world, links)]
    empty = place / "empty"
    empty.mkdir()
    covered = {found[name]: empty for name in HOMES}
    covered[found[home]] = fake
    mounts = [f"mount --bind {shlex.quote(str(v))} {shlex.quote(k)}" for k, v in covered.items()]
    done = run([*launch.needs_unshare("-m"), *launch.script(*mounts), *words], world)
    assert done.returncode == 3
    assert marker.exists() == (owner == 0)
    if owner:
        assert f"is not safe to run: '{found[home]}' belongs to another user\n" in done.stderr
        assert "hint: set TRUEWHEEL_HOME" in done.stderr


def test_an_engine_of_another_version(
    program: Path, build_directory: Path, world: World, links: Path, place: Path
) -> None:
    """A copy may be left behind when truewheel is updated. (Both versions have the same length.)"""
    facts = (build_directory / "generated" / "config.h").read_text()
    found = re.search('TRUEWHEEL_VERSION "(.+)"', facts)
    assert found
    version, other = found.group(1), "9" + found.group(1)[1:]
    old = copy(program, place, "piptool.par")
    data = old.read_bytes()
    assert b"\0" + version.encode() + b"\0" in data
    old.write_bytes(data.replace(version.encode() + b"\0", other.encode() + b"\0"))
    done = run([old, *piptool(world, links)], world)
    assert done.returncode == 3
    assert f"it is of truewheel {version}, the program is truewheel {other}" in done.stderr
