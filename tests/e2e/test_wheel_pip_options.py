"""`--timeout` and `--log` mean what they mean to pip; ours have names of their own."""

import socket
from contextlib import closing
from pathlib import Path

import pytest

from fixtures import samples
from fixtures.runner import Truewheel


def test_timeout_is_of_connections(truewheel: Truewheel) -> None:
    """An index that takes the connection and says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        options = ["-i", url, "--retries", "0", "--timeout", "0.5"]
        result = truewheel("wheel", *options, "pure-one", code=5, env={"NO_PROXY": "*"})
    assert "within 0.5 seconds" in result.errors[0]


def test_timeout_does_not_stop_builds(truewheel: Truewheel, links: Path) -> None:
    samples.hooked("slow-one", "build_wheel", "import time; time.sleep(1.5)").write(links)
    assert truewheel.wheel("--timeout", "0.5", "slow-one").names
    other = truewheel.world.base / "other"
    result = truewheel.wheel("--build-timeout", "0.5", "slow-one", code=6, wheels=other)
    assert "not done after 0.5 seconds" in result.err


@pytest.mark.parametrize("how", ["--log", "PIP_LOG"])
def test_log_is_pips(truewheel: Truewheel, links: Path, how: str) -> None:
    samples.pure().write(links)
    log = truewheel.world.cwd / "new" / "pip.log"
    log.parent.mkdir()
    log.write_text("what was there\n")
    if how == "--log":
        truewheel.wheel("--log", "new/pip.log", "pure-one")
    else:
        truewheel.wheel("pure-one", env={"PIP_LOG": str(log)})
    text = log.read_text()
    assert text.startswith("what was there\n") and "Processing " in text and "pure_one" in text


def test_log_is_written_although_the_answer_is_known(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    log = truewheel.world.cwd / "new" / "pip.log"
    store = {"TRUEWHEEL_NO_CACHE": None}
    truewheel.wheel("pure-one", env=store)
    truewheel.wheel("pure-one", "--log", log, env=store)
    assert "pure_one" in log.read_text()


def test_log_of_a_directory(truewheel: Truewheel) -> None:
    """Where --log-dir was meant."""
    (truewheel.world.cwd / "logs").mkdir()
    result = truewheel.wheel("--log", "logs", "pure-one", code=2)
    assert result.errors == ["truewheel: --log wants a file, and 'logs' is a directory"]
    assert "--log-dir logs" in result.err


def test_log_that_cannot_be_written(truewheel: Truewheel) -> None:
    result = truewheel.wheel("--log", "/proc/none/pip.log", "pure-one", code=3)
    assert len(result.errors) == 1 and "--log: " in result.errors[0]
