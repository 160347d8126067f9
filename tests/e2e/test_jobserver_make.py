"""truewheel below a real make with either style of jobserver: counts compilers and tokens."""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Dict, List

import pytest

from fixtures import process, samples
from fixtures.jobserver import LOST, UNITS, Compiler, Make, MakeProgram
from fixtures.jobserver import compiler, make, make_program, tool, with_tool
from fixtures.jobserver import YOUNG_MAKE, assert_no_token_lost
from fixtures.runner import Truewheel
from fixtures.sdist import wheel_names, write_all

assert compiler and make and make_program and tool  # fixtures


def test_the_young_make_has_a_fifo(request: pytest.FixtureRequest, make: Make) -> None:
    """Without one, running the tests with it as well would prove nothing."""
    if request.node.callspec.params["make_program"] == YOUNG_MAKE:
        assert make.program.style == "fifo"


# ------------------------------------------------------------------------------------- many at once


def test_ten_wheelhouses(make: Make, links: Path, compiler: Compiler) -> None:
    """Twenty builds in ten runs, and never more compilers than make has jobs."""
    sdists = [samples.c_extension(f"native-{number}") for number in range(4)]
    write_all(links, *sdists)
    names = [[sdists[number % 4].name, sdists[(number + 1) % 4].name] for number in range(10)]
    make.write({f"house{n}": [*names[n], *compiler.arguments] for n in range(10)})
    text = make.run(2)
    assert_no_token_lost(text)
    assert compiler.calls == 20
    assert compiler.at_once <= 2
    for number in range(10):
        assert len(wheel_names(make.out / f"house{number}")) == 2


def test_one_run_uses_all_of_make(make: Make, links: Path, place: Path) -> None:
    names = [f"meet-{number}" for number in range(3)]
    write_all(links, *(samples.meeting(name, place, 2) for name in names))
    make.write({"house": [*names, "--bind", f"{place}:rw"]})
    assert_no_token_lost(make.run(3))
    assert len(wheel_names(make.out / "house")) == 3


def houses(number: int, names: List[str], compiler: Compiler) -> Dict[str, List[object]]:
    """Each wants two of the packages."""
    return {
        f"house{n}": [names[n % 4], names[(n + 1) % 4], *compiler.arguments] for n in range(number)
    }


@pytest.mark.timeout(600)
def test_eight_jobs_and_ten_wheelhouses_that_run_make(
    make: Make, links: Path, compiler: Compiler
) -> None:
    """Each of the twenty builds runs make -j8 in itself."""
    names = [f"tool-{number}" for number in range(4)]
    write_all(links, *(with_tool(name, ["make", "-j8"]) for name in names))
    make.write(houses(10, names, compiler))
    assert_no_token_lost(make.run(8, seconds=400))
    assert compiler.calls == 20 * UNITS
    assert compiler.at_once <= 8


def test_without_the_jobserver_there_would_be_more(
    make: Make, links: Path, compiler: Compiler
) -> None:
    """The control: with `-j`, below a make -j2, at least three compilers run at once."""
    names = [f"tool-{number}" for number in range(4)]
    write_all(links, *(with_tool(name, ["make", "-j8"]) for name in names))
    compiler.wait_for(3)
    make.write({name: [*words, "-j", "3"] for name, words in houses(2, names, compiler).items()})
    assert_no_token_lost(make.run(2))
    assert compiler.at_once >= 3


def test_tools_below_make(make: Make, links: Path, compiler: Compiler, tool: List[str]) -> None:
    """Two truewheels with two builds each, which run make or ninja: two compilers at once."""
    names = [f"tool-{number}" for number in range(4)]
    write_all(links, *(with_tool(name, tool) for name in names))
    make.write({f"house{n}": [*names[2 * n : 2 * n + 2], *compiler.arguments] for n in range(2)})
    assert_no_token_lost(make.run(2))
    assert compiler.calls == 4 * UNITS
    assert compiler.at_once <= 2


def test_make_in_a_build(
    truewheel: Truewheel, links: Path, compiler: Compiler, make_program: MakeProgram
) -> None:
    """Every version of make in a build takes its slots from truewheel."""
    names = ["tool-1", "tool-2"]
    write_all(links, *(with_tool(name, ["make", "-j8"]) for name in names))
    directory = make_program.path.parent
    path = ["--env", f"PATH={directory}:/usr/bin:/bin", "--bind", str(directory)]
    compiler.wait_for(3)
    truewheel.wheel("-j", "3", *names, *compiler.arguments, *path)
    assert compiler.calls == 2 * UNITS
    assert compiler.at_once == 3


# ------------------------------------------------------------------------------------ stopped, died

POLITE = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]


def end_while_building(make: Make, links: Path, place: Path, builds: int, how: int) -> str:
    """Ends make's only truewheel while `builds` builds are at work; returns what make says."""
    names = [f"meet-{number}" for number in range(builds)]
    write_all(links, *(samples.meeting(name, place, 99) for name in names))
    make.write({"house": [*names, "--bind", f"{place}:rw"]})
    make.start(4)
    process.wait_until(lambda: len(list(place.iterdir())) == builds, "the builds run", 60)
    return end_driver(make, how)


def end_driver(make: Make, how: int) -> str:
    (driver,) = make.drivers()
    os.kill(driver, how)
    text = make.finish()
    assert process.wait_all_gone(make.truewheel.world.mark, 30) == []
    return text


def lost(text: str) -> int:
    found = LOST.search(text)
    return int(found.group(2)) - int(found.group(1)) if found else 0


@pytest.mark.parametrize("how", POLITE)
def test_signals_give_every_token_back(make: Make, links: Path, place: Path, how: int) -> None:
    text = end_while_building(make, links, place, 3, how)
    assert f"stopped by signal {int(how)}" in text
    assert_no_token_lost(text)


def test_a_crash_gives_every_token_back(make: Make, links: Path, place: Path) -> None:
    assert_no_token_lost(end_while_building(make, links, place, 3, signal.SIGSEGV))


@pytest.mark.parametrize("builds", [1, 3])
def test_sigkill_loses_what_was_in_use(make: Make, links: Path, place: Path, builds: int) -> None:
    """Tokens of a killed truewheel are lost: one for each build but the first, which needs none."""
    assert lost(end_while_building(make, links, place, builds, signal.SIGKILL)) == builds - 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGSEGV, signal.SIGKILL])
def test_tokens_that_a_build_has(make: Make, links: Path, compiler: Compiler, how: int) -> None:
    """One build, whose own make was lent three tokens and runs four compilers with them."""
    with_tool("tool-one", ["make", "-j8"]).write(links)
    compiler.hang()
    make.write({"house": ["tool-one", *compiler.arguments]})
    make.start(4)
    process.wait_until(lambda: compiler.calls == 4, "four compilers run", 60)
    text = end_driver(make, how)
    assert compiler.calls == 4
    assert lost(text) == (3 if how == signal.SIGKILL else 0), text


def test_make_goes_on_with_fewer(make: Make, links: Path, place: Path) -> None:
    """All tokens are lost; the next truewheel has the slot that every recipe has."""
    write_all(links, samples.pure())
    make.marker = "-+"
    names = [f"meet-{number}" for number in range(4)]
    write_all(links, *(samples.meeting(name, place, 99) for name in names))
    make.write({"house": [*names, "--bind", f"{place}:rw"], "after": ["pure-one"]})
    with make.file.open("a") as file:
        file.write("after: house\n")
    make.start(4)
    process.wait_until(lambda: len(list(place.iterdir())) == 4, "four builds run", 60)
    assert lost(end_driver(make, signal.SIGKILL)) == 3
    assert wheel_names(make.out / "after") == ["pure_one-1.0-py3-none-any.whl"]


def test_failed_build_gives_back(make: Make, links: Path) -> None:
    write_all(links, samples.failing(), samples.pure())
    make.write({"house": ["-k", "failing-one", "pure-one"]})
    assert_no_token_lost(make.run(3, code=2))


# ----------------------------------------------------------------------------------- other recipes


def test_recipe_without_plus(make: Make, links: Path) -> None:
    """It has no pipe, and is told so in one line; a fifo it can open."""
    pipes = ["--jobserver-style=pipe"] if make.program.style == "fifo" else []
    samples.pure().write(links)
    make.marker = ""
    make.write({"house": ["pure-one"]})
    text = make.run(2, *pipes)
    assert text.count("prefix the recipe with '+'") == 1
    assert_no_token_lost(text)
    if pipes:
        assert "prefix the recipe with '+'" not in make.run(2)


# ---------------------------------------------------------------------------------- the example


EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "Makefile"


class Example:
    """examples/Makefile as it is, beside a requirements.txt of the test's."""

    def __init__(self, truewheel: Truewheel, program: MakeProgram, lines: List[str]) -> None:
        self.truewheel, self.directory = truewheel, truewheel.world.cwd
        self.program = program
        shutil.copy(EXAMPLE, self.directory / "Makefile")
        self.requirements = self.directory / "requirements.txt"
        self.requirements.write_text("".join(line + "\n" for line in lines))

    def make(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.program.path), *arguments],
            cwd=self.directory,
            env=self.truewheel.world.environment({"TRUEWHEEL": str(self.truewheel.program)}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def times(self) -> Dict[str, int]:
        wheels = self.directory / "wheelhouse"
        return {path.name: path.stat().st_mtime_ns for path in wheels.glob("*.whl")}

    def touch(self, path: Path) -> None:
        """Newer than everything that is there."""
        newest = max(found.stat().st_mtime_ns for found in self.directory.rglob("*"))
        os.utime(path, ns=(newest + 10**9, newest + 10**9))


def test_example(truewheel: Truewheel, links: Path, make_program: MakeProgram) -> None:
    write_all(links, samples.pure(), samples.c_extension())
    names = ["pure-one", "native-one"]
    example = Example(truewheel, make_program, ["--no-index", f"--find-links {links}", *names])
    text = example.make("-j8")
    assert "jobserver" not in text
    assert_no_token_lost(text)
    times = example.times()
    assert len(times) == 2
    assert "Nothing to be done for 'all'" in example.make("-j8")
    example.touch(example.requirements)
    assert "truewheel wheel" in example.make("-j8")
    assert example.times() == times
