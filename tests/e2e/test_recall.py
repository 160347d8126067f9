"""The short way: an answer that still holds is given again without Python, and only then."""

import os
import shutil
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import pytest

from fixtures import samples
from fixtures.index import Index, Server
from fixtures.runner import Result, Truewheel, read_json
from fixtures.sdist import Sdist, write_all

SHORT = "nothing has changed since the run of"


class Remembering:
    """Runs with a store of the test's own."""

    def __init__(self, truewheel: Truewheel) -> None:
        self.truewheel = truewheel
        self.place = truewheel.world.base / "store"
        self.requirements = truewheel.world.base / "requirements.txt"
        self.env: Dict[str, Optional[str]] = {
            "TRUEWHEEL_NO_CACHE": None, "TRUEWHEEL_CACHE_DIR": str(self.place)}

    def require(self, *lines: str) -> None:
        self.requirements.write_text("".join(f"{line}\n" for line in lines))
        settle()

    def wheel(self, *arguments: object, **more: Any) -> Result:
        env = {**self.env, **more.pop("env", {})}
        return self.truewheel.wheel("-r", self.requirements, *arguments, env=env, **more)

    def is_short(self, *arguments: object, **more: Any) -> bool:
        self.result = self.wheel(*arguments, **more)
        return SHORT in self.result.err

    def stored(self) -> List[Path]:
        return sorted((self.place / "v1" / "wheels").glob("*/*/*.whl"))


def settle() -> None:
    """
    Until a change made now could not have the time of one made before: what was changed while a run
    went on, or within a tick of the clock before it, is not remembered.
    """
    now = time.time()
    while time.time() < now + 0.05:
        os.sched_yield()


@pytest.fixture
def remembering(truewheel: Truewheel, links: Path) -> Remembering:
    write_all(links, samples.pure(), Sdist("pure-two"))
    remembering = Remembering(truewheel)
    remembering.require("pure-one", "pure-two")
    return remembering


def test_what_has_not_changed_is_answered_without_python(remembering: Remembering) -> None:
    """The second run could not start an engine: there is no directory for it to work in."""
    nowhere = {"TMPDIR": "/nonexistent"}
    assert not remembering.is_short()
    first = remembering.result
    times = {path.name: path.stat().st_mtime_ns for path in first.wheels.iterdir()}
    assert remembering.is_short(env=nowhere)
    assert remembering.result.hashes == first.hashes
    assert {path.name: path.stat().st_mtime_ns for path in first.wheels.iterdir()} == times
    shutil.rmtree(first.wheels)
    assert remembering.is_short(env=nowhere)
    assert remembering.result.hashes == first.hashes
    assert remembering.wheel("--ask-again", env=nowhere, code=None).code != 0, "the control"


def test_both_ways_tell_the_same(remembering: Remembering) -> None:
    base = remembering.truewheel.world.base
    told = []
    for number, more in enumerate(([], [], ["--ask-again"])):
        record, report = base / f"record-{number}", base / f"report-{number}"
        result = remembering.wheel("--json", record, "--report", report, *more)
        told.append((read_json(record), read_json(report), result.out))
    assert told[1] == told[2], "the short way, and the long one through the store"
    assert told[0][1] == told[1][1]


def change_requirements(remembering: Remembering, links: Path) -> None:
    remembering.require("pure-one")


def change_nested(remembering: Remembering, links: Path) -> None:
    (remembering.requirements.parent / "nested.txt").write_text("pure-two==1.0\n")


def change_sdist(remembering: Remembering, links: Path) -> None:
    Sdist("pure-two", package={"data.txt": "other words\n"}).write(links)


def change_sdist_but_not_its_time(remembering: Remembering, links: Path) -> None:
    (path,) = links.glob("pure*two*.tar.gz")
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    data = bytearray(path.read_bytes())
    data[4] ^= 1  # gzip's time
    path.write_bytes(data)
    os.utime(path, ns=times)


def add_release(remembering: Remembering, links: Path) -> None:
    Sdist("pure-two", version="2.0").write(links)


def change_configuration(remembering: Remembering, links: Path) -> None:
    (remembering.requirements.parent / "pip.conf").write_text("[global]\nno-deps = true\n")


def add_configuration(remembering: Remembering, links: Path) -> None:
    place = remembering.truewheel.world.home / ".config" / "pip"
    place.mkdir(parents=True)
    (place / "pip.conf").write_text("[global]\nno-deps = true\n")


def damage_store(remembering: Remembering, links: Path) -> None:
    shutil.rmtree(remembering.result.wheels)
    wheel = remembering.stored()[0]
    wheel.chmod(0o644)
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"x")


def empty_store(remembering: Remembering, links: Path) -> None:
    shutil.rmtree(remembering.result.wheels)
    shutil.rmtree(remembering.stored()[0].parent)


CHANGES = [change_requirements, change_nested, change_sdist, change_sdist_but_not_its_time,
           add_release, change_configuration, add_configuration, damage_store, empty_store]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_noticed(remembering: Remembering, links: Path, change: Any) -> None:
    base = remembering.requirements.parent
    (base / "nested.txt").write_text("pure-two\n")
    (base / "pip.conf").write_text("[global]\n")
    remembering.require("pure-one", "-r nested.txt")
    named = str(base / "pip.conf") if change is change_configuration else None
    env = {"PIP_CONFIG_FILE": named, "XDG_CONFIG_HOME": None}
    assert not remembering.is_short(env=env)
    assert remembering.is_short(env=env)
    change(remembering, links)
    assert not remembering.is_short(env=env)
    expected = remembering.truewheel.wheel(
        "-r", remembering.requirements, "--no-cache", env={**remembering.env, **env},
        wheels=base / "expected")
    assert remembering.result.hashes.items() >= expected.hashes.items()


@pytest.mark.parametrize("more", [
    {"arguments": ["--no-deps"]}, {"arguments": ["--env", "A=1"]}, {"env": {"CFLAGS": "-O1"}},
    {"env": {"PIP_NO_DEPS": "1"}}, {"arguments": ["--from-source"]},
    {"arguments": ["--build-root", "/tmp/truewheel-other"]},
], ids=str)
def test_another_question_is_another_answer(
    remembering: Remembering, more: Dict[str, Any]
) -> None:
    assert not remembering.is_short()
    assert not remembering.is_short(*more.get("arguments", []), env=more.get("env", {}))
    assert remembering.is_short(*more.get("arguments", []), env=more.get("env", {}))


def test_slots_and_places_do_not_count(remembering: Remembering, tmp_path: Path) -> None:
    assert not remembering.is_short()
    assert remembering.is_short("-j", "1", wheels=tmp_path / "elsewhere")
    assert remembering.is_short("-v", "--no-color")


def test_a_changed_wheel_is_put_right(remembering: Remembering) -> None:
    assert not remembering.is_short()
    first = remembering.result.hashes
    for path in remembering.result.wheels.iterdir():
        path.write_bytes(b"not a wheel")
    assert remembering.is_short()
    assert remembering.result.hashes == first


def test_a_tree_is_looked_at_each_time(remembering: Remembering, tmp_path: Path) -> None:
    Sdist("pure-three").write_tree(tmp_path / "tree")
    remembering.require("pure-one", str(tmp_path / "tree"))
    assert not remembering.is_short()
    assert not remembering.is_short()


def test_variables_in_requirements(remembering: Remembering) -> None:
    remembering.require("pure-one${NOTHING_BUT_THIS}")
    assert not remembering.is_short(env={"NOTHING_BUT_THIS": "==1.0"})
    assert not remembering.is_short(env={"NOTHING_BUT_THIS": "==1.0"})


def test_a_file_that_is_read_once(remembering: Remembering) -> None:
    through_stdin = ("sh", "-c", f'exec "$@" <{remembering.requirements}', "sh")
    for _ in range(2):
        result = remembering.truewheel.wheel(
            "-r", "/dev/stdin", env=remembering.env, prefix=through_stdin)
        assert SHORT not in result.err


class Indexed:
    """The same from an index."""

    def __init__(self, remembering: Remembering, server: Server, sdists: List[Sdist]) -> None:
        self.remembering, self.server, self.sdists = remembering, server, sdists

    def is_short(self, *more: object, code: int = 0) -> bool:
        wheels = self.remembering.truewheel.world.wheels
        self.result = self.remembering.truewheel(
            "wheel", "-i", f"{self.server.url}simple/", "-r", self.remembering.requirements, "-w",
            wheels, *more, code=code, env=self.remembering.env)
        return SHORT in self.result.err


@pytest.fixture
def indexed(remembering: Remembering, tmp_path: Path) -> Iterator[Indexed]:
    there = Index(tmp_path / "served")
    sdists = [samples.pure(), Sdist("pure-two")]
    for sdist in sdists:
        there.add(sdist.write(tmp_path / "sdists"))
    with Server(there.root) as server:
        yield Indexed(remembering, server, sdists)


def test_an_index_is_asked_again(indexed: Indexed) -> None:
    assert not indexed.is_short()
    assert not indexed.is_short()


def test_what_is_pinned_by_hashes_is_not_asked_again(indexed: Indexed) -> None:
    indexed.remembering.require(
        *(f"{sdist.pin} --hash=sha256:{sdist.sha256()}" for sdist in indexed.sdists))
    assert not indexed.is_short()
    asked = len(indexed.server.seen)
    assert indexed.is_short()
    assert len(indexed.server.seen) == asked


def test_offline(indexed: Indexed) -> None:
    """The answer of the run before; and what is not there is said."""
    indexed.is_short("--offline", code=4)
    assert "--offline: no run is known that was asked the same" in indexed.result.err
    assert not indexed.is_short()
    asked = len(indexed.server.seen)
    assert indexed.is_short("--offline")
    assert len(indexed.server.seen) == asked
    shutil.rmtree(indexed.remembering.stored()[0].parent)
    shutil.rmtree(indexed.result.wheels)
    indexed.is_short("--offline", code=4)
    assert "is not in the store" in indexed.result.err
    assert not indexed.result.wheels.exists(), "nothing half"
