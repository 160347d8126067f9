"""
The interpreter: one line says when it is no longer the one that the engine was built for, and a
slow start can be stopped.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import List, Optional

import pytest

from fixtures import launch, process, samples
from fixtures.runner import Truewheel


class Fake:
    """A program that can be put in the place of the interpreter, by a mount that one run sees."""

    def __init__(self, python: Path, where: Path) -> None:
        self.python, self.script = python, where / "fake-python"
        self.real = where / "real-python"
        self.real.write_bytes(python.read_bytes())
        self.real.chmod(0o755)
        code = "import sys; print(sys.base_prefix)"
        self.prefix = subprocess.run(
            [str(python), "-I", "-c", code], stdout=subprocess.PIPE, text=True, check=True
        ).stdout.strip()

    def write(self, *lines: str, over: Optional[Path] = None) -> List[str]:
        self.script.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
        self.script.chmod(0o755)
        return launch.with_bind(self.script, over or self.python)

    def saying(self, change: str) -> List[str]:
        """The real interpreter, but it says something else about itself."""
        return self.write(
            f"export PYTHONHOME='{self.prefix}'",
            "for code; do :; done",
            f"exec '{self.real}' -S -c 'import sys; {change}; exec(sys.argv[1])' \"$code\"",
        )


@pytest.fixture
def fake(python: Path, tmp_path: Path) -> Fake:
    if not launch.can(*launch.unshare("-m")):
        pytest.skip("mount namespaces are forbidden here")
    return Fake(python.resolve(), tmp_path)


CHANGES = {
    "version": ('sys.version = "3.99.98 (main)"', "Python", "3.99.98"),
    "base prefix": ('sys.base_prefix = "/somewhere/else"', "sys.base_prefix", "/somewhere/else"),
    "prefix": ('sys.prefix = "/somewhere/else"', "sys.prefix", "/somewhere/else"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_changed(truewheel: Truewheel, links: Path, fake: Fake, what: str) -> None:
    samples.pure().write(links)
    change, fact, said = CHANGES[what]
    result = truewheel.wheel("pure-one", prefix=fake.saying(change), code=3)
    assert len(result.errors) == 1, result.text
    for text in (fact + " ", said, str(fake.python), f"make PYTHON={fake.python}"):
        assert text in result.errors[0]


def test_unchanged(truewheel: Truewheel, links: Path, fake: Fake) -> None:
    """The control: a fake interpreter that answers like the real one is no error."""
    samples.write_wheel(links, "ready-one")
    assert truewheel.wheel("ready-one", prefix=fake.saying('sys.prefix += "/."')).names


@pytest.mark.parametrize("line", ["exit 7", "true", "kill -9 $$"])
def test_broken(truewheel: Truewheel, links: Path, fake: Fake, line: str) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("pure-one", prefix=fake.write(line), code=3)
    assert len(result.errors) == 1 and str(fake.python) in result.errors[0], result.text


END = 20.0
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]


def check_end(truewheel: Truewheel, number: signal.Signals, code: int, said: str) -> None:
    if number == signal.SIGKILL:
        assert code == -number
    else:
        assert code == 128 + number and f"truewheel: stopped by signal {int(number)} " in said
        assert not list(truewheel.world.tmp.iterdir())
    left = process.wait_all_gone(truewheel.world.mark, END)
    assert not left, process.command_lines(left)


@pytest.mark.parametrize("number", SIGNALS)
def test_stopped_while_the_engine_starts(
    truewheel: Truewheel, links: Path, fake: Fake, tmp_path: Path, number: signal.Signals
) -> None:
    """The interpreter that the engine asks does not answer; nobody else can end it."""
    samples.pure().write(links)
    begun = tmp_path / "begun"
    prefix = fake.write(f": >'{begun}'", "exec tail -f /dev/null")
    run = truewheel.start_wheel("pure-one", prefix=prefix)
    process.wait_until(begun.exists, "the interpreter has been asked")
    run.process.send_signal(number)
    result = run.finish(END)
    check_end(truewheel, number, result.code, result.err)


STUCK = """
import os, signal, subprocess
subprocess.Popen(["tail", "-f", "/dev/null"])
open(os.environ["BEGUN"], "w").close()
while True:
    signal.pause()
"""


@pytest.mark.parametrize("number", SIGNALS)
def test_stopped_while_pip_is_imported(
    truewheel: Truewheel, links: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """The engine itself is stuck, and has started something."""
    samples.pure().write(links)
    package = tmp_path / "slow" / "pip"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(STUCK)
    begun = tmp_path / "begun"
    run = truewheel.start_wheel(
        "--pip", package.parent, "pure-one", env={"BEGUN": str(begun)}
    )
    process.wait_until(begun.exists, "pip is being imported")
    run.process.send_signal(number)
    result = run.finish(END)
    check_end(truewheel, number, result.code, result.err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_the_compiler_is_asked(
    truewheel: Truewheel, links: Path, fake: Fake, tmp_path: Path, number: signal.Signals
) -> None:
    samples.pure().write(links)
    compiler = shutil.which("cc", path="/usr/local/bin:/usr/bin:/bin")
    if not compiler:
        pytest.skip("no compiler")
    begun = tmp_path / "begun"
    prefix = fake.write(f": >'{begun}'", "tail -f /dev/null", over=Path(compiler).resolve())
    run = truewheel.start_wheel("pure-one", prefix=prefix)
    process.wait_until(begun.exists, "the compiler has been asked")
    run.process.send_signal(number)
    result = run.finish(END)
    check_end(truewheel, number, result.code, result.err)


@pytest.mark.parametrize("number", SIGNALS)
def test_stopped_while_requirements_are_read(
    truewheel: Truewheel, number: signal.Signals, tmp_path: Path
) -> None:
    """A file without end: the resolver is in the middle of a read."""
    fifo = tmp_path / "requirements.txt"
    os.mkfifo(fifo)
    run = truewheel.start_wheel("-r", fifo)

    def is_being_read() -> bool:
        try:
            descriptors.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    descriptors: List[int] = []
    process.wait_until(is_being_read, "the requirements are being read", 60)
    run.process.send_signal(number)
    result = run.finish(END)
    os.close(descriptors[0])
    check_end(truewheel, number, result.code, result.err)
