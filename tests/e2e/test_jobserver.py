"""
Jobservers: truewheel below one that the test plays, and make and ninja below truewheel's own.
test_jobserver_make.py has truewheel below a real make.
"""

import os
import zipfile
from pathlib import Path
from typing import Dict, Iterator, List, Optional

import pytest

from fixtures import process, samples
from fixtures.jobserver import UNITS, Compiler, compiler, tool, with_tool
from fixtures.runner import Truewheel
from fixtures.sdist import write_all

assert compiler and tool  # fixtures


# -------------------------------------------------------------------------------- tools in a build


def test_tools_share_the_slots(
    in_mode: Truewheel, links: Path, compiler: Compiler, tool: List[str]
) -> None:
    """Three builds with a tool each, that would like to run eight or twenty compilers."""
    names = [f"tool-{number}" for number in range(3)]
    write_all(links, *(with_tool(name, tool) for name in names))
    in_mode.wheel("-j", "3", *names, *compiler.arguments)
    assert compiler.calls == 3 * UNITS
    assert compiler.at_once <= 3


def test_lonely_build_gets_the_slots(
    in_mode: Truewheel, links: Path, place: Path, tool: List[str], open_tmp: Path
) -> None:
    """Three compilers wait for each other, so the build ends only when it gets three slots."""
    script = open_tmp / "cc"
    script.write_text(
        '#!/bin/sh\ncase " $* " in *" -o "*) ;; *) exec cc "$@" ;; esac\n'
        f": >{place}/$$\ni=0\n"
        f"while [ $(ls {place} | wc -l) -lt 3 ]; do sleep 0.05; i=$((i+1));"
        f' [ $i -lt 1000 ] || exit 1; done\nexec cc "$@"\n'
    )
    script.chmod(0o755)
    with_tool("tool-one", tool).write(links)
    in_mode.wheel(
        *("-j", "3", "tool-one", "--env", f"CC={script}"),
        *("--bind", f"{place}:rw", "--bind", str(script)),
    )


@pytest.mark.parametrize("command", [["make"], ["make", "-j1"]])
def test_serial_make_stays_serial(
    truewheel: Truewheel, links: Path, compiler: Compiler, command: List[str], needs_make: None
) -> None:
    """A Makefile that is never run in parallel may fail when it is."""
    with_tool("tool-one", command).write(links)
    truewheel.wheel("-j", "4", "tool-one", *compiler.arguments)
    assert compiler.calls == UNITS
    assert compiler.at_once == 1


def test_builds_do_not_see_the_number(truewheel: Truewheel, links: Path, fifo: "Fifo") -> None:
    """A wheel with everything that its build could see is the same for any -j, and below make."""
    samples.capture().write(links)
    base = truewheel.world.base
    found = [
        truewheel.wheel("capture-one", "-j", "1", wheels=base / "a").hashes,
        truewheel.wheel("capture-one", "-j", "7", wheels=base / "b").hashes,
        truewheel.wheel("capture-one", env=fifo.environment(3), wheels=base / "c").hashes,
    ]
    assert found[0] == found[1] == found[2]
    wheel = next((base / "a").iterdir())
    name = "capture_one/captured.json"
    assert b"MAKELEVEL" not in zipfile.ZipFile(wheel).read(name)


# ---------------------------------------------------------------------------- fifos, and no server


class Fifo:
    """What make 4.4 gives to its recipes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def environment(self, jobs: int) -> Dict[str, Optional[str]]:
        return {"MAKEFLAGS": f" -j{jobs} --jobserver-auth=fifo:{self.path}", "MAKELEVEL": "1"}

    def fill(self, tokens: bytes) -> None:
        os.write(self.fd, tokens)

    def content(self) -> bytes:
        try:
            return bytes(sorted(os.read(self.fd, 100)))
        except BlockingIOError:
            return b""


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Fifo]:
    made = Fifo(tmp_path / "GMfifo1")
    yield made
    os.close(made.fd)


def test_fifo_style(truewheel: Truewheel, links: Path, place: Path, fifo: Fifo) -> None:
    """Three builds at once with two tokens, and the very same ones are there afterwards."""
    names = [f"meet-{number}" for number in range(3)]
    write_all(links, *(samples.meeting(name, place, 2) for name in names))
    fifo.fill(b"ab")
    truewheel.wheel(*names, "--bind", f"{place}:rw", env=fifo.environment(3))
    assert fifo.content() == b"ab"


def test_sigterm_in_fifo_style(truewheel: Truewheel, links: Path, place: Path, fifo: Fifo) -> None:
    names = [f"meet-{number}" for number in range(3)]
    write_all(links, *(samples.meeting(name, place, 99) for name in names))
    fifo.fill(b"xyz")
    run = truewheel.start_wheel(*names, "--bind", f"{place}:rw", env=fifo.environment(4))
    process.wait_until(lambda: len(list(place.iterdir())) == 3, "three builds run", 60)
    assert len(fifo.content()) == 1  # and takes that one away
    run.process.terminate()
    assert run.finish().code == 128 + 15
    assert len(fifo.content()) == 2


def test_no_tokens_but_work(
    truewheel: Truewheel, links: Path, compiler: Compiler, fifo: Fifo
) -> None:
    """All tokens are in use elsewhere: builds run one by one, in the slot that every recipe has."""
    sdists = [samples.c_extension(f"native-{number}") for number in range(3)]
    write_all(links, *sdists)
    names = [sdist.name for sdist in sdists]
    truewheel.wheel(*names, *compiler.arguments, env=fifo.environment(3))
    assert compiler.at_once == 1


def test_jobs_win(truewheel: Truewheel, links: Path, place: Path, fifo: Fifo) -> None:
    names = [f"meet-{number}" for number in range(2)]
    write_all(links, *(samples.meeting(name, place, 1) for name in names))
    result = truewheel.wheel(*names, "-j", "2", "--bind", f"{place}:rw", env=fifo.environment(8))
    (line,) = [line for line in result.err.splitlines() if "jobserver" in line]
    assert line == "truewheel: warning: -j 2 wins over make's jobserver"


@pytest.mark.parametrize(
    "flags", [" -j4 --jobserver-auth=98,99", "--jobserver-auth=-2,-2", "--jobserver-auth=fifo:/no"]
)
def test_unreachable_server(
    truewheel: Truewheel, links: Path, compiler: Compiler, flags: str
) -> None:
    sdists = [samples.c_extension(f"native-{number}") for number in range(2)]
    write_all(links, *sdists)
    names = [sdist.name for sdist in sdists]
    result = truewheel.wheel(*names, *compiler.arguments, env={"MAKEFLAGS": flags})
    (line,) = [line for line in result.err.splitlines() if "jobserver" in line]
    assert line.endswith("one build at a time (prefix the recipe with '+')")
    assert compiler.at_once == 1


def test_without_jobserver_nothing_is_said(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("pure-one", env={"MAKEFLAGS": "w", "MAKELEVEL": "1"})
    assert "jobserver" not in result.err.replace(str(result.wheels), "")
