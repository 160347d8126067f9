"""A build that fills the job directory, which lies in memory: its own fault, and nobody else's."""

import re
import sys
from pathlib import Path
from typing import List

import pytest

from fixtures import launch, process, samples
from fixtures.runner import Result, Truewheel, read_json
from fixtures.runs import namespaces_work
from fixtures.sdist import Sdist

MIB = 1 << 20
# What the machine is made to say that it has: a little more than a job in memory needs.
AVAILABLE_MIB = 1600

# Takes all that there is, to the last byte: in large pieces first, then in small ones. Not the
# whole machine, though, should nothing stop it.
FILL = """
def fill():
    number, size, total = 0, 1 << 26, 0
    while size and total < 2 * AVAILABLE:
        try:
            descriptor = os.open("fill-%d" % number, os.O_CREAT | os.O_WRONLY)
            try:
                os.posix_fallocate(descriptor, 0, size)
            finally:
                os.close(descriptor)
            number, total = number + 1, total + size
        except OSError as exc:
            assert exc.errno == 28, exc
            size >>= 1
    print("all is full: %d MiB" % (total >> 20), flush=True)
""".replace("AVAILABLE", str(AVAILABLE_MIB * MIB))

# Wherever it runs it says how much memory its children had at most, in KiB, itself excepted.
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""


def filling(hook: str, after: str = "") -> Sdist:
    """Fills the job directory in `hook`, then goes on with `after`, which does not mention it."""
    sdist = samples.hooked("full-one", hook, f"fill()\n{after}")
    sdist.backend = "import os\n" + FILL + sdist.backend
    return sdist


@pytest.fixture
def small(tmp_path: Path) -> List[str]:
    """A prefix under which /proc says that there is little memory. That much there has to be."""
    text = Path("/proc/meminfo").read_text()
    found = re.search(r"^MemAvailable:\s+(\d+) kB$", text, re.M)
    if not found or int(found.group(1)) < 2 * AVAILABLE_MIB * 1024:
        pytest.skip("not enough memory to fill some")
    if not launch.can(*launch.unshare("-m")) or not namespaces_work():
        pytest.skip("namespaces are forbidden here")
    fake = tmp_path / "meminfo"
    fake.write_text(text.replace(found.group(0), f"MemAvailable: {AVAILABLE_MIB * 1024} kB"))
    measure = [sys.executable, "-c", MEASURE, str(tmp_path / "peak")]
    return [*launch.with_bind(fake, Path("/proc/meminfo")), *measure]


def judge(truewheel: Truewheel, result: Result, phase: str) -> None:
    """The cause, then package and phase, a hint, and nothing left anywhere."""
    assert result.code == 6 and not result.names, result.text
    assert len(result.errors) == 1
    assert re.search(
        rf"^  cannot build full-one 1.0: {phase}: .*No space left on device", result.err, re.M
    )
    assert "full-one 1.0: no space left" in result.errors[0]
    assert "truewheel: hint: the disk, or the memory that builds may use, is full" in result.err
    filled = re.search(r"all is full: (\d+) MiB", result.err)
    assert filled and 1000 < int(filled.group(1)) <= 1024, result.text
    assert not process.wait_all_gone(truewheel.world.mark, 20)
    assert not list(truewheel.world.tmp.iterdir())


def test_the_size_tells_little(truewheel: Truewheel, links: Path, small: List[str]) -> None:
    """A build sees the limit; it is not what the machine had free at that moment."""
    ask = "found = os.statvfs('.')\nprint('size:', found.f_blocks * found.f_frsize, flush=True)"
    sdist = samples.hooked("asking-one", "build_wheel", ask)
    sdist.backend = "import os\n" + sdist.backend
    sdist.write(links)
    logs = truewheel.world.base / "logs"
    arguments = ["-j", "1", "--log-dir", logs, "asking-one"]
    result = truewheel.start_wheel(*arguments, prefix=small).finish(120)
    assert result.code == 0, result.text
    assert f"size: {1024 * MIB}\n" in (logs / "asking-one-1.0.log").read_text()


@pytest.mark.parametrize("how", ["raised", "kept quiet"])
def test_the_build_hook(
    truewheel: Truewheel, links: Path, small: List[str], tmp_path: Path, how: str
) -> None:
    """Also when the backend does not say that the disk is full, and goes on."""
    after = "open('more', 'w').write('x' * 10000)" if how == "raised" else ""
    filling("build_wheel", after).write(links)
    result = truewheel.start_wheel("-j", "1", "full-one", prefix=small).finish(120)
    judge(truewheel, result, "wheel")
    peak = int((tmp_path / "peak").read_text()) * 1024
    assert peak < AVAILABLE_MIB * MIB // 3, "somebody has read what the build wrote"


def test_an_early_hook(truewheel: Truewheel, links: Path, small: List[str]) -> None:
    """After an early hook the next failure is in truewheel's own work in the job directory."""
    filling("get_requires_for_build_wheel").write(links)
    result = truewheel.start_wheel("-j", "1", "full-one", prefix=small).finish(120)
    judge(truewheel, result, "metadata")


def test_the_others_are_delivered(truewheel: Truewheel, links: Path, small: List[str]) -> None:
    filling("build_wheel").write(links)
    samples.pure().write(links)
    record = truewheel.world.cwd / "record.json"
    arguments = ["-j", "1", "--keep-going", "--json", record, "full-one", "pure-one"]
    result = truewheel.start_wheel(*arguments, prefix=small).finish(120)
    assert result.code == 6 and result.names == ["pure_one-1.0-py3-none-any.whl"], result.text
    assert read_json(record)["wheels"][0]["memory"] is True, "the test filled no memory"
