"""piptool as Bazel's rules call it: builds, flags, failures, many at once."""

import hashlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, List, Optional

import pytest

from fixtures import launch
from fixtures.runner import Truewheel
from fixtures.samples import c_extension, pure
from fixtures.sdist import Sdist
from fixtures.wheels import Wheel


def arguments(directory: Path, requirements: Path, links: Path) -> List[str]:
    """As rules_python passes them, literal quotes included."""
    return [
        "--name=pip",
        f"--input={requirements}",
        f"--output={directory / 'requirements.bzl'}",
        f"--directory={directory}",
        "--extra_pip_args",
        f'"--no-index --find-links {links}"',
    ]


@pytest.fixture
def requirements(truewheel: Truewheel) -> Path:
    """Two sdists that need each other's extra, as a requirements file."""
    pure("pure-one").write(truewheel.links)
    Sdist("top", requires=["pure-one"], extras={"fast": ["native-one"]}).write(truewheel.links)
    c_extension("native-one").write(truewheel.links)
    path = truewheel.world.cwd / "requirements.txt"
    path.write_text("top[fast]\n")
    return path


def digests(directory: Path) -> Dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.iterdir()
        if path.is_file()
    }


def test_builds_and_writes_quietly(truewheel: Truewheel, requirements: Path) -> None:
    directory = truewheel.world.cwd / "external"
    done = truewheel("piptool", *arguments(directory, requirements, truewheel.links))
    assert (done.out, done.err) == ("", "")
    names = sorted(name for name in digests(directory) if name.endswith(".whl"))
    assert [name.split("-")[0] for name in names] == ["native_one", "pure_one", "top"]
    text = (directory / "requirements.bzl").read_text()
    assert '"top[fast]": "@pip_pypi__top_1_0//:fast"' in text


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def test_another_python_behind_truewheel_on_path(
    program: Path, python: Path, truewheel: Truewheel
) -> None:
    """
    Where truewheel is the first `python3`, the real one is its own or TRUEWHEEL_PYTHON, for piptool
    as for whltool, and not the second of that name.
    """
    base = truewheel.world.base
    first, second = base / "first", write_program(base / "second" / "python3", "exit 9\n")
    first.mkdir()
    (first / "python3").symlink_to(program)
    env: Dict[str, Optional[str]] = {"PATH": f"{first}:{second.parent}:{os.environ['PATH']}"}
    requires = ["six; platform_machine == 'strange'"]
    requires += ["seven; platform_machine == 'strange' and extra == 'x'"]
    path = Wheel("top", requires=requires, provides=["x"]).write(truewheel.links)
    requirements = truewheel.world.cwd / "requirements.txt"
    requirements.write_text("top\n")
    command = ["piptool", "--python_interpreter", "python3"]
    command += arguments(truewheel.world.cwd / "external", requirements, truewheel.links)
    truewheel(*command, env=env)
    output = truewheel.world.cwd / "external" / "requirements.bzl"
    assert '"top[x]"' in output.read_text()

    asks = "import platform; platform.machine = lambda: 'strange'; exec(__import__('sys').argv[1])"
    env["TRUEWHEEL_PYTHON"] = str(
        write_program(base / "other", f'exec {python} -I -c "{asks}" "$3"\n')
    )
    truewheel(*command, env=env)
    assert '"top"' in output.read_text() and '"top[x]"' not in output.read_text()
    label = ["--requirements", "@pip//:requirements.bzl"]
    truewheel("whltool", "--whl", path, *label, "--directory", "unpacked", env=env)
    assert 'requirement("six")' in (truewheel.world.cwd / "unpacked" / "BUILD").read_text()


def test_unchanged_output_keeps_its_time(truewheel: Truewheel, requirements: Path) -> None:
    directory = truewheel.world.cwd / "external"
    truewheel("piptool", *arguments(directory, requirements, truewheel.links))
    before = {path: path.stat().st_mtime_ns for path in directory.iterdir()}
    truewheel("piptool", *arguments(directory, requirements, truewheel.links))
    assert {path: path.stat().st_mtime_ns for path in directory.iterdir()} == before


@pytest.mark.parametrize(
    "text", ["no-such-thing==1.0\n", "broken ===\n", "./nowhere\n", "failing-one\n"]
)
def test_failure_is_told_and_leaves_the_old_output(
    truewheel: Truewheel, requirements: Path, text: str
) -> None:
    failing = 'def build_wheel(*_):\n    raise SystemExit("out of luck")\n'
    Sdist("failing-one", backend=failing).write(truewheel.links)
    directory = truewheel.world.cwd / "external"
    directory.mkdir()
    (directory / "requirements.bzl").write_text("old")
    requirements.write_text(text)
    done = truewheel("piptool", *arguments(directory, requirements, truewheel.links), code=None)
    assert done.code in (1, 2)
    assert done.errors
    assert (directory / "requirements.bzl").read_text() == "old"


@pytest.mark.parametrize(
    "change",
    [["--nonsense"], ["--directory"], ["--in"], ["extra"], ["--name", 'a"b'], ["--name="]],
)
def test_bad_flags_are_exit_2(
    truewheel: Truewheel, requirements: Path, change: List[str]
) -> None:
    directory = truewheel.world.cwd / "external"
    command = [*arguments(directory, requirements, truewheel.links), *change]
    assert "truewheel piptool --help" in truewheel("piptool", *command, code=2).text
    assert not directory.exists()


@pytest.mark.parametrize("output", ["external", "read-only/requirements.bzl"])
def test_output_that_cannot_be_written_is_told_before_the_build(
    truewheel: Truewheel, requirements: Path, output: str
) -> None:
    directory, closed = truewheel.world.cwd / "external", truewheel.world.cwd / "read-only"
    directory.mkdir()
    closed.mkdir()
    command = [*arguments(directory, requirements, truewheel.links), "--output", output]
    done = truewheel("piptool", *command, prefix=launch.with_tmpfs(closed, "ro"), code=3)
    (line,) = done.errors
    assert f"cannot write '{output}'" in line
    assert not list(directory.iterdir())


def test_output_through_a_link(truewheel: Truewheel, requirements: Path) -> None:
    directory, cwd = truewheel.world.cwd / "external", truewheel.world.cwd
    (cwd / "stdout").symlink_to("/proc/self/fd/1")
    (cwd / "link.bzl").symlink_to("there.bzl")
    command = arguments(directory, requirements, truewheel.links)
    done = truewheel("piptool", *command, "--output", "stdout")
    truewheel("piptool", *command, "--output", "link.bzl")
    assert (cwd / "stdout").is_symlink() and (cwd / "link.bzl").is_symlink()
    assert done.out == (cwd / "there.bzl").read_text() and "def pip_install" in done.out


def test_prefixes_of_flags(truewheel: Truewheel, requirements: Path) -> None:
    directory = truewheel.world.cwd / "external"
    command = ["--na", "x", "--inp", requirements, "--ou", directory / "out.bzl"]
    command += ["--dir", directory, f"--extra=--no-index -f {truewheel.links}"]
    truewheel("piptool", *command)
    assert "@x_pypi__top_1_0//:pkg" in (directory / "out.bzl").read_text()


@pytest.mark.parametrize("isolated", ["", "flag", "variable"])
def test_pips_configuration_counts_unless_isolated(
    truewheel: Truewheel, requirements: Path, isolated: str
) -> None:
    directory = truewheel.world.cwd / "external"
    command = arguments(directory, requirements, truewheel.links)[:-2]
    env: Dict[str, Optional[str]] = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(truewheel.links)}
    if isolated:
        command.append("--extra_pip_args=--no-index")
    if isolated == "flag":
        command.append("--isolated")
    if isolated == "variable":
        env["TRUEWHEEL_ISOLATED"] = "1"
    done = truewheel("piptool", *command, env=env, code=None)
    assert (done.code == 0) == (not isolated), done.text


def test_options_inside_the_requirements_file(truewheel: Truewheel, requirements: Path) -> None:
    directory = truewheel.world.cwd / "external"
    requirements.write_text(f"--no-index\n--find-links {truewheel.links}\npure-one\n")
    truewheel("piptool", *arguments(directory, requirements, truewheel.links)[:-2])
    assert "pure_one-1.0-py3-none-any.whl" in digests(directory)


def test_wheels_that_were_there_are_kept(truewheel: Truewheel, requirements: Path) -> None:
    directory = truewheel.world.cwd / "external"
    Wheel("before").write(directory)
    truewheel("piptool", *arguments(directory, requirements, truewheel.links))
    assert '"before": ' in (directory / "requirements.bzl").read_text()


@pytest.mark.parametrize("place", ["same", "different"])
def test_sixteen_at_once(
    truewheel: Truewheel, requirements: Path, program: Path, place: str
) -> None:
    """Bazel runs repository rules side by side, and other Bazels run on the same machine."""
    world = truewheel.world
    places = [world.cwd / ("same" if place == "same" else str(i)) for i in range(16)]

    def one(directory: Path) -> "subprocess.CompletedProcess[str]":
        command = [str(program), "piptool", *arguments(directory, requirements, truewheel.links)]
        return subprocess.run(command, env=world.environment(), capture_output=True, text=True)

    with ThreadPoolExecutor(16) as pool:
        done = list(pool.map(one, places))
    assert [(run.returncode, run.stderr) for run in done] == [(0, "")] * 16
    found = digests(places[0])
    assert len(found) == 4
    assert all(digests(directory) == found for directory in places)
