"""Where the logs of builds are, and for how long."""

import os
import time
from pathlib import Path
from typing import List

import pytest

from fixtures import launch, samples
from fixtures.runner import Result, Truewheel
from fixtures.sdist import write_all

DAY = 24 * 3600


def kept_in(directory: Path) -> List[Path]:
    return sorted(directory.glob("*")) if directory.is_dir() else []


def state(truewheel: Truewheel) -> Path:
    return truewheel.world.home / ".local" / "state" / "truewheel" / "log"


def fail(truewheel: Truewheel, **more: str) -> Result:
    samples.failing().write(truewheel.links)
    return truewheel.wheel("failing-one", code=1, env=more)


def test_each_attempt_has_a_log(truewheel: Truewheel, links: Path) -> None:
    """The first one ends when the backend asks for more requirements."""
    sdist = samples.dynamic()
    sdist.backend = "print('imported by', os.getpid())\n" + sdist.backend
    write_all(links, sdist, samples.header_lib())
    logs = truewheel.world.base / "logs"
    truewheel.wheel("--log-dir", logs, "dynamic-one")
    names = ["dynamic-one-1.0-2.log", "dynamic-one-1.0.log", "header-lib-1.0.log"]
    assert [path.name for path in kept_in(logs)] == names
    for name in names[:2]:
        assert "imported by" in (logs / name).read_text()


def test_each_build_of_one_sdist_has_a_log(truewheel: Truewheel, links: Path) -> None:
    """Once with settings, because the user wants it, once without, as a build requirement."""
    lib = samples.hooked("header-lib", "build_wheel", "print('settings:', config_settings)")
    lib.package = samples.header_lib().package
    write_all(links, lib, samples.header_user())
    logs = truewheel.world.base / "logs"
    truewheel.wheel("--log-dir", logs, "-C", "a=b", "header-lib", "header-user")
    found = [(logs / name).read_text() for name in ("header-lib-1.0.log", "header-lib-1.0-2.log")]
    assert sorted("settings: {'a': 'b'}" in text for text in found) == [False, True]


def test_a_failures_log_is_kept_in_one_place(truewheel: Truewheel) -> None:
    fail(truewheel)
    result = fail(truewheel)
    first, second = kept_in(state(truewheel))
    assert f"(log: {first})" in result.err or f"(log: {second})" in result.err
    assert first.name.startswith("failing-one-1.0-") and "about to fail" in first.read_text()
    assert {path.stat().st_mode & 0o777 for path in (first, second)} == {0o600}
    assert state(truewheel).stat().st_mode & 0o077 == 0
    assert not list(truewheel.world.tmp.iterdir()), "nothing of ours stays in TMPDIR"


def test_the_place_can_be_named(truewheel: Truewheel, tmp_path: Path) -> None:
    fail(truewheel, XDG_STATE_HOME=str(tmp_path / "state"))
    assert len(kept_in(tmp_path / "state" / "truewheel" / "log")) == 1
    fail(truewheel, XDG_STATE_HOME="relative")
    assert len(kept_in(state(truewheel))) == 1, "the specification wants it ignored"


def plant(directory: Path, name: str, days: float, size: int = 10) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    with open(path, "w") as file:
        file.truncate(size)
    when = time.time() - days * DAY
    os.utime(path, (when, when))
    return path


def test_old_logs_go(truewheel: Truewheel) -> None:
    old, young = (plant(state(truewheel), f"{days}.log", days) for days in (31, 29))
    other = plant(state(truewheel), "notes.txt", 400)
    fail(truewheel)
    assert not old.exists() and young.exists() and other.exists()
    assert len(kept_in(state(truewheel))) == 3


def test_no_more_than_a_hundred(truewheel: Truewheel) -> None:
    planted = [plant(state(truewheel), f"{n}.log", n / 100) for n in range(1, 151)]
    fail(truewheel)
    assert [path.exists() for path in planted] == [True] * 99 + [False] * 51


def test_no_more_than_so_many_bytes(truewheel: Truewheel) -> None:
    planted = [plant(state(truewheel), f"{n}.log", n, 50 << 20) for n in (1, 2, 3)]
    fail(truewheel)
    assert [path.exists() for path in planted] == [True, True, False]


@pytest.mark.parametrize("why", ["no directory", "open to others", "read-only"])
def test_a_log_that_cannot_be_kept(truewheel: Truewheel, why: str) -> None:
    """That is said; the last lines are shown as ever."""
    prefix: List[str] = []
    if why == "no directory":
        (truewheel.world.home / ".local").write_text("a file")
    else:
        state(truewheel).mkdir(parents=True)
    if why == "open to others":
        state(truewheel).chmod(0o777)
    if why == "read-only":
        prefix = launch.with_tmpfs(state(truewheel), "ro")
    samples.failing().write(truewheel.links)
    result = truewheel.wheel("failing-one", code=1, prefix=prefix)
    assert "warning: the log of failing-one 1.0 is not kept (--log-dir names a place): " in (
        result.err)
    assert "(log: " not in result.err and "about to fail" in result.err
    assert not list(truewheel.world.tmp.iterdir())
