"""What the builds of a run may use together, and what is said when it is too much."""

import re
from pathlib import Path

import pytest

from fixtures import process, samples
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist, write_all

GUARDS = {"TRUEWHEEL_TEST_GUARDS_OFF": "memory"}


def hungry(name: str, mebibytes: int, after: str = "") -> Sdist:
    """Takes memory in pieces, and goes on with `after`."""
    body = (
        "pieces = []\n"
        f"for _ in range({mebibytes // 8}):\n"
        "    pieces.append(bytearray(b'x') * (8 << 20))\n"
        "    time.sleep(0.01)\n"
        f"{after or 'pass'}"
    )
    return samples.hooked(name, "build_wheel", body)


def waiting(place: Path, other: str) -> str:
    """Says that it is there, and waits for the other one."""
    return (
        f"open({str(place)!r} + '/' + os.getcwd().split('/')[-2], 'w').close()\n"
        "deadline = time.monotonic() + 60\n"
        f"while not os.path.exists({str(place / other)!r}):\n"
        "    assert time.monotonic() < deadline\n"
        "    time.sleep(0.02)"
    )


def test_one_build_too_hungry(in_mode: Truewheel, links: Path) -> None:
    hungry("hungry-one", 512).write(links)
    arguments = ["--memory", "192M", "hungry-one"]
    result = in_mode.start_wheel(*arguments).finish()
    assert result.code == 6 and not result.names, result.text
    assert len(result.errors) == 1
    expected = "hungry-one 1.0: wheel: out of memory: the build used more than 192 MiB (--memory)"
    assert expected in result.errors[0], result.text
    assert "hint: --memory SIZE" in result.err
    assert not process.wait_all_gone(in_mode.world.mark, 20)
    assert in_mode.start_wheel(*arguments, env=GUARDS).finish().names  # the control


def test_children_count_as_well(in_mode: Truewheel, links: Path) -> None:
    body = (
        "for _ in range(8):\n"
        "    if os.fork() == 0:\n"
        "        memory = bytearray(b'x') * (64 << 20)\n"
        "        time.sleep(60)\n"
        "        os._exit(0)\n"
        "time.sleep(60)"
    )
    sdist = samples.hooked("hungry-one", "build_wheel", body)
    sdist.backend = "import os\n" + sdist.backend
    sdist.write(links)
    result = in_mode.start_wheel("--memory", "256M", "hungry-one").finish(50)
    assert result.code == 6 and "used more than 256 MiB" in result.err, result.text
    assert not process.wait_all_gone(in_mode.world.mark, 20)


def test_two_at_once(in_mode: Truewheel, links: Path, place: Path) -> None:
    """Each alone fits: the one that uses most ends, the other one is delivered."""
    small = hungry("small-one", 96, waiting(place, "done"))
    large = hungry("large-one", 192)
    for sdist in (small, large):
        sdist.backend = "import os\n" + sdist.backend
    large.backend = large.backend.replace("pieces = []", waiting(place, "small-one-1.0").replace(
        "\n", "\n    ") + "\n    pieces = []")
    write_all(links, small, large)
    running = in_mode.start_wheel(
        "-k", "-j", "2", "--memory", "240M", "--bind", f"{place}:rw", "small-one", "large-one")
    process.wait_until(lambda: "failed large-one" in running.read(1), "the large one ends", 60)
    (place / "done").write_text("")
    result = running.finish()
    assert result.code == 6 and result.names == ["small_one-1.0-py3-none-any.whl"], result.text
    expected = "large-one 1.0: wheel: out of memory: 2 builds at once used more than 240 MiB"
    assert expected in result.err


def test_files_in_memory_count(truewheel: Truewheel, links: Path, needs_namespaces: None) -> None:
    """/tmp lies in memory also when the job directory does not."""
    body = (
        "with open('/tmp/file', 'wb') as file:\n"
        "    for _ in range(128):\n"
        "        file.write(b'x' * (8 << 20))\n"
        "        file.flush()\n"
        "        time.sleep(0.01)"
    )
    samples.hooked("full-one", "build_wheel", body).write(links)
    result = truewheel.start_wheel("--memory", "128M", "full-one").finish()
    assert result.code == 6, result.text
    assert "out of memory" in result.err or "No space left on device" in result.err


def test_too_many_processes(truewheel: Truewheel, links: Path, needs_namespaces: None) -> None:
    """The limit is the build's own: nobody else has fewer for it."""
    body = (
        "import resource\n"
        "soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)\n"
        "print('processes:', soft, hard, flush=True)"
    )
    samples.hooked("asking-one", "build_wheel", body).write(links)
    logs = truewheel.world.base / "logs"
    truewheel.wheel("--log-dir", logs, "asking-one")
    found = re.search(r"processes: (\d+) (\d+)", (logs / "asking-one-1.0.log").read_text())
    assert found and int(found.group(1)) <= 8192 and int(found.group(2)) <= 8192


@pytest.mark.parametrize("size", ["", "x", "-1", "63M", "1Q"])
def test_sizes_that_are_none(truewheel: Truewheel, links: Path, size: str) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("--memory", size, "pure-one", code=2)
    assert len(result.errors) == 1 and "--memory wants a size" in result.errors[0]


def test_a_size_does_not_reach_the_wheel(truewheel: Truewheel, links: Path) -> None:
    samples.capture().write(links)
    first = truewheel.wheel("--memory", "2G", "capture-one").hashes
    second = truewheel.wheel("--memory", "4G", "--no-cache", "capture-one").hashes
    assert first == second
