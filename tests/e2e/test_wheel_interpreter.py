"""The interpreter that the engine was built for has changed since: said at once, in one line."""

import subprocess
from pathlib import Path
from typing import List

import pytest

from fixtures import launch, samples
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

    def write(self, *lines: str) -> List[str]:
        self.script.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
        self.script.chmod(0o755)
        return launch.with_bind(self.script, self.python)

    def saying(self, change: str) -> List[str]:
        """The real one, which takes itself for something else."""
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
    """The control: the fake alone is no reason, and its prefix may have another name."""
    samples.write_wheel(links, "ready-one")
    assert truewheel.wheel("ready-one", prefix=fake.saying('sys.prefix += "/."')).names


@pytest.mark.parametrize("line", ["exit 7", "true", "kill -9 $$"])
def test_broken(truewheel: Truewheel, links: Path, fake: Fake, line: str) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("pure-one", prefix=fake.write(line), code=3)
    assert len(result.errors) == 1 and str(fake.python) in result.errors[0], result.text
