"""The store: nothing is built twice, nothing wrong comes out of it, whatever happens to it."""

import contextlib
import fcntl
import os
import random
import re
import shutil
import stat
import struct
import subprocess
from pathlib import Path
from typing import Any, Dict, List

import pytest

from fixtures import process, samples
from fixtures.runner import Running, Truewheel, World, read_json
from fixtures.sdist import Sdist, write_all

F_OFD_SETLK = 37  # fcntl has it since 3.9


class Stored:
    """Runs with a store of the test's own."""

    def __init__(self, truewheel: Truewheel, place: Path) -> None:
        self.truewheel, self.place = truewheel, place
        self.env = {"TRUEWHEEL_NO_CACHE": None, "TRUEWHEEL_CACHE_DIR": str(place)}
        self.count = 0

    def wheel(self, *arguments: object, **more: Any) -> Dict[str, str]:
        """Builds; where each wheel came from. Resolves anew, which test_recall.py does not."""
        self.count += 1
        record = self.truewheel.world.base / f"record-{self.count}.json"
        env = {**self.env, **more.pop("env", {})}
        self.result = self.truewheel.wheel(
            *arguments, "--ask-again", "--json", record, env=env, **more)
        if not record.exists():
            return {}
        self.record = read_json(record)
        return {item["name"]: item["from"] for item in self.record["wheels"]}

    def start(self, *arguments: object, world: World) -> Running:
        """Without the mark of start_wheel, which is a variable and so a part of the key."""
        found = self.truewheel.wheel_arguments(arguments, world.wheels)
        return self.truewheel.start(*found, env=self.env, world=world, wheels=world.wheels)

    def cache(self, *arguments: object, code: int = 0) -> str:
        return self.truewheel("cache", *arguments, code=code, env=self.env).out

    def entries(self, kind: str) -> List[Path]:
        return sorted((self.place / "v1" / kind).glob("*/*"))


@pytest.fixture
def stored(truewheel: Truewheel, links: Path) -> Stored:
    samples.pure().write(links)
    return Stored(truewheel, truewheel.world.base / "store")


def test_the_second_run_builds_nothing(stored: Stored) -> None:
    assert stored.wheel("pure-one") == {"pure-one": "built"}
    first = stored.result.hashes
    (wheel,) = stored.result.wheels.iterdir()
    times = wheel.stat().st_mtime_ns
    assert stored.wheel("pure-one") == {"pure-one": "store"}
    assert stored.result.hashes == first
    assert wheel.stat().st_mtime_ns == times, "an unchanged wheel keeps its time"
    assert re.search(r"^pure-one 1.0 from the store, built before in \d", stored.result.err, re.M)
    assert stored.wheel("pure-one", "--no-cache") == {"pure-one": "built"}
    assert stored.result.hashes == first


def test_the_record_of_a_stored_wheel_is_that_of_its_build(stored: Stored) -> None:
    def without_times(record: Any) -> Any:
        (wheel,) = record["wheels"]
        return {**wheel, "seconds": 0, "cpu_seconds": 0, "from": ""}

    stored.wheel("pure-one")
    first = without_times(stored.record)
    stored.wheel("pure-one")
    assert without_times(stored.record) == first


def test_another_input_is_another_wheel(stored: Stored, links: Path) -> None:
    stored.wheel("pure-one", "--env", "A=1")
    assert stored.wheel("pure-one", "--env", "A=2") == {"pure-one": "built"}
    assert stored.wheel("pure-one", "--env", "A=1") == {"pure-one": "store"}
    Sdist("pure-one", package={"data.txt": "other words\n"}).write(links)
    assert stored.wheel("pure-one", "--env", "A=1") == {"pure-one": "built"}


def test_what_a_backend_asks_for_is_remembered(
    stored: Stored, links: Path, truewheel: Truewheel
) -> None:
    """get_requires_for_build_wheel is not asked again: it is a function of the key as well."""
    write_all(links, Sdist("tool-one"), Sdist("asking-one", dynamic_requires=["tool-one"]))
    assert stored.wheel("asking-one") == {"asking-one": "built"}
    assert stored.wheel("asking-one") == {"asking-one": "store"}
    log = truewheel.world.base / "logs"
    shutil.rmtree(truewheel.world.wheels)
    stored.wheel("asking-one", "--log-dir", log)
    assert not list(log.glob("*asking*")), "no build child was started"


def test_environments_are_kept(stored: Stored, links: Path) -> None:
    write_all(links, Sdist("tool-one"), *(Sdist(f"with-{n}", build_requires=["tool-one"])
                                          for n in range(3)))
    stored.wheel("with-0")
    made = stored.entries("envs")
    stored.wheel("with-1", "with-2")
    assert stored.entries("envs") == made


def test_refresh(stored: Stored, links: Path) -> None:
    write_all(links, Sdist("pure-two"))
    stored.wheel("pure-one", "pure-two")
    assert stored.wheel("pure-one", "pure-two", "--refresh", "Pure_Two") == {
        "pure-one": "store", "pure-two": "built"}
    assert stored.wheel("pure-one", "pure-two", "--refresh", ":all:") == {
        "pure-one": "built", "pure-two": "built"}
    assert stored.wheel("pure-one", "pure-two") == {"pure-one": "store", "pure-two": "store"}


@pytest.mark.parametrize("part", ["wheel", "about.json", "key", "gone"])
def test_damage_costs_a_build_and_nothing_else(stored: Stored, part: str) -> None:
    stored.wheel("pure-one")
    first = stored.result.hashes
    (entry,) = stored.entries("wheels")
    if part == "gone":
        shutil.rmtree(entry)
    else:
        name = next(entry.glob("*.whl")).name if part == "wheel" else part
        (entry / name).chmod(0o644)
        (entry / name).write_bytes((entry / name).read_bytes()[:-7] + b"garbage")
        assert "pure_one" in stored.cache("verify", code=1) or part != "wheel"
    assert stored.wheel("pure-one") == {"pure-one": "built"}
    assert stored.result.hashes == first
    assert ("is damaged" in stored.result.err) == (part != "gone")
    assert stored.wheel("pure-one") == {"pure-one": "store"}
    assert "all whole" in stored.cache("verify")


def test_a_damaged_environment_is_made_again_after_another_boot(stored: Stored) -> None:
    stored.wheel("pure-one")
    first = stored.result.hashes
    (entry,) = stored.entries("envs")
    (hooks,) = entry.glob("tree/truewheel/truewheel_hooks.py")
    hooks.write_text(hooks.read_text() + "\nraise SystemExit('damaged')\n")
    about = entry / "about.json"
    text = about.read_text()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    about.write_text(text.replace(boot, "another-boot"))
    assert stored.wheel("pure-one", "--refresh", "pure-one") == {"pure-one": "built"}
    assert "build environment" in stored.result.err and "is damaged" in stored.result.err
    assert stored.result.hashes == first


def test_without_isolation_nothing_is_stored(stored: Stored) -> None:
    """What the interpreter has installed may change in place: no key says it."""
    stored.wheel("pure-one", "--no-build-isolation")
    assert stored.wheel("pure-one", "--no-build-isolation") == {"pure-one": "built"}


def test_with_a_network_nothing_is_stored(stored: Stored) -> None:
    arguments = ("pure-one", "--allow-network", "pure-one")
    stored.wheel(*arguments)
    assert stored.wheel(*arguments) == {"pure-one": "built"}


def test_without_a_sandbox_nothing_is_stored_for_those_who_have_one(
    stored: Stored, open_tmp: Path, needs_namespaces: None
) -> None:
    root = ["--build-root", open_tmp / "R"]
    stored.wheel("pure-one", "--mode", "locked", *root)
    first = stored.result.hashes
    assert stored.wheel("pure-one", "--mode", "locked", *root) == {"pure-one": "store"}
    assert stored.wheel("pure-one", "--mode", "namespaces", *root) == {"pure-one": "built"}
    assert stored.wheel("pure-one", "--mode", "locked", *root) == {"pure-one": "store"}
    assert stored.result.hashes == first


def test_mapped_mode_does_not_use_it(stored: Stored, open_tmp: Path) -> None:
    arguments = ("pure-one", "--mode", "mapped", "--build-root", open_tmp / "R")
    stored.wheel(*arguments)
    assert stored.wheel(*arguments) == {"pure-one": "built"}
    assert not stored.entries("wheels")


# Places that are no good


def test_a_store_that_cannot_be_written(stored: Stored, truewheel: Truewheel) -> None:
    blocked = truewheel.world.base / "file"
    blocked.write_text("")
    env = {"TRUEWHEEL_CACHE_DIR": str(blocked / "store")}
    assert stored.wheel("pure-one", env=env) == {"pure-one": "built"}
    warnings = [line for line in stored.result.err.splitlines() if "warning: " in line]
    assert len(warnings) == 1 and "nothing is kept for later runs" in warnings[0]


def test_a_store_that_others_can_write_to(stored: Stored) -> None:
    stored.wheel("pure-one")
    stored.place.chmod(0o777)
    assert stored.wheel("pure-one") == {"pure-one": "built"}
    assert "other users can write to it" in stored.result.err


@pytest.mark.root
def test_a_full_disk(
    stored: Stored, links: Path, tmp_path: Path, needs_mounts: None
) -> None:
    Sdist("pure-one", package={"noise.bin": random.Random(1).randbytes(1 << 20)}).write(links)
    place = tmp_path / "small"
    place.mkdir()
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "none", place])
    try:
        env = {"TRUEWHEEL_CACHE_DIR": str(place)}
        for _ in range(2):
            assert stored.wheel("pure-one", env=env) == {"pure-one": "built"}
            assert "not stored" in stored.result.err
            assert "all whole" in stored.truewheel("cache", "verify", env={**stored.env, **env}).out
    finally:
        subprocess.check_call(["umount", place])


@pytest.mark.root
def test_a_read_only_store_is_read(stored: Stored, tmp_path: Path, needs_mounts: None) -> None:
    stored.wheel("pure-one")
    place = tmp_path / "frozen"
    place.mkdir()
    subprocess.check_call(["mount", "--bind", stored.place, place])
    try:
        subprocess.check_call(["mount", "-o", "remount,bind,ro", place])
        env = {"TRUEWHEEL_CACHE_DIR": str(place)}
        assert stored.wheel("pure-one", env=env) == {"pure-one": "store"}
        assert stored.wheel("pure-one", "--env", "A=1", env=env) == {"pure-one": "built"}
    finally:
        subprocess.check_call(["umount", place])


# Several at once


def test_two_runs_build_a_thing_once(stored: Stored, links: Path) -> None:
    """The second builds something else first, then finds what the first one has built."""
    names = [f"counted-{n}" for n in range(4)]
    write_all(links, *(Sdist(name) for name in names))
    worlds = [World(stored.truewheel.world.base / f"world-{n}") for n in range(2)]
    running = [stored.start(*names, "-j", "2", world=world) for world in worlds]
    results = [run.finish(120) for run in running]
    assert [result.code for result in results] == [0, 0], [result.text for result in results]
    assert results[0].hashes == results[1].hashes and len(results[0].hashes) == 4
    said = [line for result in results for line in result.err.splitlines()]
    built = [line for line in said if line.startswith("built ")]
    assert sorted(line.split()[1] for line in built) == names, built


def test_many_runs_on_a_cold_store(stored: Stored, links: Path) -> None:
    names = [f"many-{n}" for n in range(3)]
    write_all(links, *(Sdist(name) for name in names))
    worlds = [World(stored.truewheel.world.base / f"world-{n}") for n in range(16)]
    running = [stored.start(*names, world=world) for world in worlds]
    results = [run.finish(240) for run in running]
    assert {result.code for result in results} == {0}, [r.text for r in results if r.code]
    assert len({str(result.hashes) for result in results}) == 1
    assert "all whole" in stored.cache("verify")


def test_nothing_goes_under_a_run(stored: Stored, links: Path, open_tmp: Path) -> None:
    go = open_tmp / "go"
    body = (f"open({str(open_tmp)!r} + '/started', 'w').close()\n"
            f"while not os.path.exists({str(go)!r}):\n    time.sleep(0.01)")
    samples.hooked("held-one", "build_wheel", body).write(links)
    open_tmp.chmod(0o777)
    run = stored.start("held-one", "--bind", f"{open_tmp}:rw", world=stored.truewheel.world)
    process.wait_until((open_tmp / "started").exists, "the build has started", 60)
    result = stored.truewheel("cache", "clear", "--no-wait", code=3, env=stored.env)
    assert "is in use" in result.err
    go.touch()
    assert run.finish(60).code == 0
    assert "removed" in stored.cache("clear")


def test_a_run_waits_for_a_cleaner(stored: Stored) -> None:
    """No timing: the run goes on when the lock is free, however long that takes."""
    stored.wheel("pure-one")
    with open(stored.place / "v1" / "lock", "r+") as lock:
        exclusive = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        fcntl.fcntl(lock, F_OFD_SETLK, exclusive)
        run = stored.start("pure-one", world=stored.truewheel.world)
        process.wait_until(lambda: "waiting for the store" in run.read(1), "the run waits", 60)
    assert run.finish(60).code == 0


def test_killed_at_any_moment(stored: Stored, links: Path) -> None:
    """SIGKILL while things are published: the next run has a store that is whole."""
    names = [f"killed-{n}" for n in range(3)]
    write_all(links, *(Sdist(name) for name in names))
    rounds = int(os.environ.get("TRUEWHEEL_TEST_KILLS", "10"))
    for number in range(rounds):
        world = World(stored.truewheel.world.base / f"world-{number}")
        run = stored.start(*names, "--env", f"N={number}", world=world)
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.process.wait(0.3 + 0.9 * number / rounds)  # where it is by then is chance
        run.process.kill()
        run.process.wait()
    assert "all whole" in stored.cache("verify")
    assert set(stored.wheel(*names, "--env", "N=0").values()) <= {"built", "store"}
    staging = [path for path in (stored.place / "v1" / "tmp").iterdir()]
    assert not staging, "what killed runs left is removed by the next one"


# The command


def test_cache_dir_and_info(stored: Stored) -> None:
    assert stored.cache("dir").strip() == str(stored.place)
    stored.wheel("pure-one")
    text = stored.cache("info")
    assert "1 wheels" in text and "1 envs" in text and "bounds:" in text
    listed = stored.cache("list")
    assert "pure-one 1.0" in listed.replace("_", "-") and "environment (" in listed


def test_gc_keeps_what_was_used_last(stored: Stored, links: Path) -> None:
    write_all(links, Sdist("old-one"), Sdist("new-one"))
    stored.wheel("old-one")
    stored.wheel("new-one")
    for entry in stored.entries("wheels"):
        if next(entry.glob("*.whl")).name.startswith("old"):
            os.utime(entry, (1000, 1000))
    assert "removed 1," in stored.cache("gc", "--max-age", "1")
    assert stored.wheel("new-one", "old-one") == {"new-one": "store", "old-one": "built"}


def test_the_store_is_private(stored: Stored) -> None:
    stored.wheel("pure-one")
    assert stat.S_IMODE(stored.place.stat().st_mode) == 0o700


@pytest.mark.parametrize("arguments", [[], ["purge"], ["gc", "--max-size", "much"],
                                       ["gc", "--max-age", "-1"]])
def test_usage(stored: Stored, arguments: List[str]) -> None:
    result = stored.truewheel("cache", *arguments, code=2, env=stored.env)
    assert len(result.errors) == 1
