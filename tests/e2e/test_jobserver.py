"""truewheel below make's jobserver, and make and ninja below truewheel's."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import zipfile
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence

import pytest

from fixtures import process, samples
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist, wheel_names, write_all

# Says when it begins and ends; one line is one write, so that their order is what happened.
FAKE_CC = """#!/bin/sh
case " $* " in *" -o "*) ;; *) exec {cc} "$@" ;; esac
echo + >>{log}
sleep 0.1
{cc} "$@"
status=$?
echo - >>{log}
exit $status
"""
LOST = re.compile(r"Exiting with (\d+) jobserver tokens available; should be (\d+)!")


class Compiler:
    """A `cc` that remembers how many of it ran at once."""

    def __init__(self, place: Path) -> None:
        self.place, self.log, self.path = place, place / "log", place / "cc"
        real = shutil.which("cc")
        if real is None:
            pytest.skip("no C compiler")
        self.path.write_text(FAKE_CC.format(log=self.log, cc=real))
        self.path.chmod(0o755)
        self.log.touch()
        self.log.chmod(0o666)

    @property
    def arguments(self) -> List[str]:
        return ["--bind", f"{self.place}:rw", "--env", f"CC={self.path}"]

    @property
    def calls(self) -> int:
        return self.log.read_text().count("+")

    @property
    def at_once(self) -> int:
        running = highest = 0
        for line in self.log.read_text().split():
            running += 1 if line == "+" else -1
            highest = max(highest, running)
        assert running == 0, "a compiler has not ended"
        return highest


@pytest.fixture
def place(open_tmp: Path) -> Path:
    path = open_tmp / "place"
    path.mkdir()
    path.chmod(0o777)
    return path


@pytest.fixture
def compiler(place: Path) -> Compiler:
    return Compiler(place)


class Make:
    """A make with one truewheel for each target, in a process group of its own."""

    def __init__(self, truewheel: Truewheel, marker: str) -> None:
        self.truewheel, self.marker = truewheel, marker
        self.file = truewheel.world.cwd / "Makefile"
        self.out = truewheel.world.cwd / "out"
        self.process: Optional["subprocess.Popen[str]"] = None

    def command(self, *arguments: object, target: str) -> str:
        world = self.truewheel.world
        found = [*arguments, "--env", f"{process.MARK_NAME}={world.mark}"]
        words = self.truewheel.wheel_arguments(found, self.out / target)
        return " ".join(str(word) for word in [self.truewheel.program, *words])

    def write(self, targets: Dict[str, Sequence[object]]) -> None:
        lines = [f"all: {' '.join(targets)}\n.PHONY: all {' '.join(targets)}\n"]
        for target, arguments in targets.items():
            lines.append(f"{target}:\n\t{self.marker}{self.command(*arguments, target=target)}\n")
        self.file.write_text("".join(lines))

    def start(self, jobs: int, *arguments: str) -> "subprocess.Popen[str]":
        self.process = subprocess.Popen(
            ["make", f"-j{jobs}", *arguments],
            cwd=self.file.parent,
            env=self.truewheel.world.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        return self.process

    def finish(self, seconds: float = 120) -> str:
        """All that make and its children said."""
        assert self.process is not None
        return self.process.communicate(timeout=seconds)[0]

    def run(self, jobs: int, *arguments: str, code: int = 0) -> str:
        self.start(jobs, *arguments)
        text = self.finish()
        assert self.process is not None and self.process.returncode == code, text
        return text

    def drivers(self) -> List[int]:
        """The truewheels themselves; engines and builds have other programs."""
        found = []
        for pid in process.marked(self.truewheel.world.mark):
            try:
                if os.path.samefile(f"/proc/{pid}/exe", self.truewheel.program):
                    found.append(pid)
            except OSError:
                continue
        return found

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        for pid in process.marked(self.truewheel.world.mark):
            with contextlib.suppress(ProcessLookupError):  # gone meanwhile
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def make(needs_make: None, truewheel: Truewheel) -> Iterator[Make]:
    made = Make(truewheel, "+")
    yield made
    made.close()


def assert_no_token_lost(text: str) -> None:
    assert not LOST.search(text), text


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


def meeting(name: str, place: Path, others: int) -> Sdist:
    """Its build ends only when `others` more have begun: they run at once, or never end."""
    body = (
        "import time\n"
        f"open(os.path.join({str(place)!r}, {name!r}), 'w').close()\n"
        "deadline = time.monotonic() + 60\n"
        f"while len(os.listdir({str(place)!r})) <= {others}:\n"
        "    assert time.monotonic() < deadline\n"
        "    time.sleep(0.01)"
    )
    return samples.hooked(name, "build_wheel", body)


def test_one_run_uses_all_of_make(make: Make, links: Path, place: Path) -> None:
    names = [f"meet-{number}" for number in range(3)]
    write_all(links, *(meeting(name, place, 2) for name in names))
    make.write({"house": [*names, "--bind", f"{place}:rw"]})
    assert_no_token_lost(make.run(3))
    assert len(wheel_names(make.out / "house")) == 3


# -------------------------------------------------------------------------------- tools in a build

TOOL_BACKEND = """
import tinybackend
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    subprocess.run(TOOL, check=True)
    return tinybackend.build_wheel(wheel_directory)
"""
UNITS = 6


def with_tool(name: str, command: Sequence[str]) -> Sdist:
    """Compiles six files by make or ninja, as told."""
    units = [f"unit{number}" for number in range(UNITS)]
    objects = " ".join(f"{unit}.o" for unit in units)
    makefile = f"all: {objects}\n%.o: %.c\n\t$(CC) -c -o $@ $<\n"
    ninja = "rule cc\n  command = $$CC -c -o $out $in\n"
    ninja += "".join(f"build {unit}.o: cc {unit}.c\n" for unit in units)
    files = {f"{unit}.c": f"int {unit};\n" for unit in units}
    files.update({"Makefile": makefile, "build.ninja": ninja})
    return Sdist(name, files=files, backend=f"TOOL = {list(command)!r}\n" + TOOL_BACKEND)


TOOLS = {"make": ["make", "-j8"], "ninja": ["ninja"], "ninja-j": ["ninja", "-j", "20"]}


@pytest.fixture(params=sorted(TOOLS))
def tool(request: pytest.FixtureRequest) -> List[str]:
    command = TOOLS[str(request.param)]
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]}")
    return command


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
    """Its compilers wait for each other: three at once, or never an end."""
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


def test_tools_below_make(make: Make, links: Path, compiler: Compiler, tool: List[str]) -> None:
    """make, two truewheels, two builds each, a tool in each: two compilers."""
    names = [f"tool-{number}" for number in range(4)]
    write_all(links, *(with_tool(name, tool) for name in names))
    make.write({f"house{n}": [*names[2 * n : 2 * n + 2], *compiler.arguments] for n in range(2)})
    assert_no_token_lost(make.run(2))
    assert compiler.calls == 4 * UNITS
    assert compiler.at_once <= 2


@pytest.mark.parametrize("command", [["make"], ["make", "-j1"]])
def test_serial_make_stays_serial(
    truewheel: Truewheel, links: Path, compiler: Compiler, command: List[str], needs_make: None
) -> None:
    """A Makefile that nobody runs in parallel may not stand it."""
    with_tool("tool-one", command).write(links)
    truewheel.wheel("-j", "4", "tool-one", *compiler.arguments)
    assert compiler.calls == UNITS
    assert compiler.at_once == 1


def test_builds_do_not_see_the_number(truewheel: Truewheel, links: Path, fifo: "Fifo") -> None:
    """Equal bytes with any -j and below make: a wheel that holds all that its build could see."""
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


# ------------------------------------------------------------------------------------ stopped, died


def test_sigterm_gives_every_token_back(make: Make, links: Path, place: Path) -> None:
    names = [f"meet-{number}" for number in range(3)]
    write_all(links, *(meeting(name, place, 99) for name in names))
    make.write({"house": [*names, "--bind", f"{place}:rw"]})
    make.start(3)
    process.wait_until(lambda: len(list(place.iterdir())) == 3, "three builds run", 60)
    (driver,) = make.drivers()
    os.kill(driver, signal.SIGTERM)
    text = make.finish()
    assert "stopped by signal 15" in text
    assert_no_token_lost(text)


def kill_while_building(make: Make, links: Path, place: Path, builds: int) -> str:
    names = [f"meet-{number}" for number in range(builds)]
    write_all(links, *(meeting(name, place, 99) for name in names))
    make.write({"house": [*names, "--bind", f"{place}:rw"]})
    make.start(4)
    process.wait_until(lambda: len(list(place.iterdir())) == builds, "the builds run", 60)
    (driver,) = make.drivers()
    os.kill(driver, signal.SIGKILL)
    return make.finish()


def test_sigkill_loses_what_was_in_use(make: Make, links: Path, place: Path) -> None:
    """Nobody can give back for a process that was killed so; it held two for three builds."""
    found = LOST.search(kill_while_building(make, links, place, 3))
    assert found is None or int(found.group(2)) - int(found.group(1)) == 2


def test_sigkill_loses_nothing_that_was_not(make: Make, links: Path, place: Path) -> None:
    assert_no_token_lost(kill_while_building(make, links, place, 1))


def test_failed_build_gives_back(make: Make, links: Path) -> None:
    write_all(links, samples.failing(), samples.pure())
    make.write({"house": ["-k", "failing-one", "pure-one"]})
    assert_no_token_lost(make.run(3, code=2))


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
    write_all(links, *(meeting(name, place, 2) for name in names))
    fifo.fill(b"ab")
    truewheel.wheel(*names, "--bind", f"{place}:rw", env=fifo.environment(3))
    assert fifo.content() == b"ab"


def test_sigterm_in_fifo_style(truewheel: Truewheel, links: Path, place: Path, fifo: Fifo) -> None:
    names = [f"meet-{number}" for number in range(3)]
    write_all(links, *(meeting(name, place, 99) for name in names))
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
    """Everything is in use elsewhere: one build after the other, in the recipe's own slot."""
    sdists = [samples.c_extension(f"native-{number}") for number in range(3)]
    write_all(links, *sdists)
    names = [sdist.name for sdist in sdists]
    truewheel.wheel(*names, *compiler.arguments, env=fifo.environment(3))
    assert compiler.at_once == 1


def test_jobs_win(truewheel: Truewheel, links: Path, place: Path, fifo: Fifo) -> None:
    names = [f"meet-{number}" for number in range(2)]
    write_all(links, *(meeting(name, place, 1) for name in names))
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


def test_recipe_without_plus(truewheel: Truewheel, links: Path, needs_make: None) -> None:
    samples.pure().write(links)
    make = Make(truewheel, "")
    try:
        make.write({"house": ["pure-one"]})
        text = make.run(2)
    finally:
        make.close()
    assert text.count("prefix the recipe with '+'") == 1
    assert_no_token_lost(text)


def test_without_jobserver_nothing_is_said(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("pure-one", env={"MAKEFLAGS": "w", "MAKELEVEL": "1"})
    assert "jobserver" not in result.err


# ---------------------------------------------------------------------------------- the example


EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "Makefile"


class Example:
    """examples/Makefile as it is, beside a requirements.txt of the test's."""

    def __init__(self, truewheel: Truewheel, lines: List[str]) -> None:
        self.truewheel, self.directory = truewheel, truewheel.world.cwd
        shutil.copy(EXAMPLE, self.directory / "Makefile")
        self.requirements = self.directory / "requirements.txt"
        self.requirements.write_text("".join(line + "\n" for line in lines))

    def make(self, *arguments: str) -> str:
        done = subprocess.run(
            ["make", *arguments],
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


def test_example(truewheel: Truewheel, links: Path, needs_make: None) -> None:
    write_all(links, samples.pure(), samples.c_extension())
    names = ["pure-one", "native-one"]
    example = Example(truewheel, ["--no-index", f"--find-links {links}", *names])
    text = example.make("-j2")
    assert "jobserver" not in text
    assert_no_token_lost(text)
    times = example.times()
    assert len(times) == 2
    assert "Nothing to be done for 'all'" in example.make("-j2")
    example.touch(example.requirements)
    assert "truewheel wheel" in example.make("-j2")
    assert example.times() == times
