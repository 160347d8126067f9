"""Several builds in one run, several runs on one machine."""

import json
import os
import re
import zipfile
from pathlib import Path
from typing import List

import pytest

from fixtures import process, samples
from fixtures.runner import Running, Truewheel, World, read_json
from fixtures.runs import in_given_mode
from fixtures.sdist import Sdist, write_all


def test_builds_run_at_once(in_mode: Truewheel, links: Path, place: Path) -> None:
    write_all(links, *(samples.meeting(f"meet-{number}", place, 2) for number in range(3)))
    result = in_mode.wheel("-j", "3", "--bind", f"{place}:rw", "meet-0", "meet-1", "meet-2")
    assert len(result.names) == 3


COUNT_BACKEND = """
import tinybackend
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    mine = os.path.join(PLACE, str(time.monotonic_ns()) + "-" + spec()["name"])
    open(mine, "w").close()
    highest = len(os.listdir(PLACE))
    for _ in range(20):
        time.sleep(0.01)
        highest = max(highest, len(os.listdir(PLACE)))
    os.unlink(mine)
    assert highest <= LIMIT, highest
    return tinybackend.build_wheel(wheel_directory)
"""


def test_jobs_is_a_limit(in_mode: Truewheel, links: Path, place: Path) -> None:
    header = f"import time\nPLACE = {str(place)!r}\nLIMIT = 2\n"
    names = [f"count-{number}" for number in range(6)]
    write_all(links, *(Sdist(name, backend=header + COUNT_BACKEND) for name in names))
    assert len(in_mode.wheel("-j", "2", "--bind", f"{place}:rw", *names).names) == 6


def test_many_small_ones(in_mode: Truewheel, links: Path) -> None:
    names = [f"many-{number}" for number in range(25)]
    write_all(links, *(samples.pure(name) for name in names))
    first = in_mode.wheel("-j", "4", *names)
    assert len(first.names) == 25
    again = in_mode.wheel("-j", "1", *reversed(names), wheels=in_mode.world.base / "again")
    assert again.hashes == first.hashes


def test_build_requirements_are_installed_once(
    in_mode: Truewheel, links: Path, place: Path
) -> None:
    """header-lib is built once for three that need it, and they share one environment."""
    body = f"open(os.path.join({str(place)!r}, str(time.monotonic_ns())), 'w').close()"
    lib = samples.hooked("header-lib", "build_wheel", body)
    lib.package = samples.header_lib().package
    users = [samples.header_user(f"user-{number}") for number in range(3)]
    write_all(links, lib, *users)
    report = in_mode.world.cwd / "r.json"
    names = [user.name for user in users]
    in_mode.wheel("--json", report, "-j", "3", "--bind", f"{place}:rw", *names)
    assert len(list(place.iterdir())) == 1
    found = read_json(report)["wheels"]
    assert len({item["environment"]["hash"] for item in found}) == 1


def test_environment_is_read_only(in_mode: Truewheel, links: Path, mode: str) -> None:
    """
    One build cannot change what the next one imports: in locked mode only its permissions keep it
    from that, and root, whom they do not keep, is told of the change.
    """
    body = (
        "import header_lib\n"
        "try:\n"
        "    open(header_lib.__file__, 'a').write('x = 1')\n"
        "except OSError:\n"
        "    pass\n"
        "else:\n"
        "    assert os.getuid() == 0, 'written to'"
    )
    one = samples.hooked("writer-one", "build_wheel", body, build_requires=["header-lib"])
    write_all(links, samples.header_lib(), one)
    result = in_mode.wheel("writer-one", code=None)
    if os.getuid() == 0 and mode == "locked":
        assert result.code == 1 and "was changed while builds used it" in result.text
    else:
        assert result.code == 0 and result.names


def test_two_runs_at_once_in_namespaces(
    truewheel: Truewheel,
    links: Path,
    place: Path,
    build_root: Path,
    needs_namespaces: None,
    tmp_path: Path,
) -> None:
    """Both build the same requirement at the same path at the same moment, side by side."""
    sdist = samples.meeting("meet-one", place, 1)
    sdist.backend = sdist.backend.replace("'meet-one'", "str(time.monotonic_ns())")
    sdist.write(links)
    chosen = in_given_mode(truewheel, "namespaces", build_root)
    runs = start_two(chosen, tmp_path, "--bind", f"{place}:rw", "meet-one")
    results = [run.finish(60) for run in runs]
    assert [result.code for result in results] == [0, 0], results
    assert results[0].hashes == results[1].hashes and len(results[0].hashes) == 1


def start_two(truewheel: Truewheel, tmp_path: Path, *arguments: object) -> List[Running]:
    worlds = [World(tmp_path / f"world-{number}") for number in range(2)]
    return [truewheel.start_wheel(*arguments, world=world) for world in worlds]


def test_two_runs_at_once_in_locked_mode(
    truewheel: Truewheel, links: Path, place: Path, build_root: Path, tmp_path: Path
) -> None:
    """The second waits for the first, and says once who holds the lock."""
    body = (
        f"place = {str(place)!r}\n"
        "open(os.path.join(place, 'started-%d' % time.monotonic_ns()), 'w').close()\n"
        "deadline = time.monotonic() + 50\n"
        "while not os.path.exists(os.path.join(place, 'go')):\n"
        "    assert time.monotonic() < deadline\n"
        "    time.sleep(0.01)"
    )
    samples.hooked("held-one", "build_wheel", body).write(links)
    chosen = in_given_mode(truewheel, "locked", build_root)
    first, second = start_two(chosen, tmp_path, "held-one")
    process.wait_until(lambda: len(list(place.iterdir())) == 1, "one build has started", 60)

    def waiting() -> List[str]:
        text = first.read(1) + second.read(1)
        """About the job's directory; for a moment one may wait for the environment's as well."""
        return [line for line in text.splitlines() if re.search(r"wait.*held-one-1\.0", line)]

    process.wait_until(lambda: bool(waiting()), "the other run says that it waits", 60)
    assert len(list(place.iterdir())) == 1, "the second has not started"
    (place / "go").touch()
    results = [run.finish(60) for run in (first, second)]
    assert [result.code for result in results] == [0, 0], [result.text for result in results]
    assert results[0].hashes == results[1].hashes
    lines = waiting()
    assert len(lines) == 1, lines
    assert str(first.pid) in lines[0] or str(second.pid) in lines[0], lines


def test_waiting_for_a_lock_can_be_interrupted(
    truewheel: Truewheel, links: Path, build_root: Path, tmp_path: Path
) -> None:
    samples.hanging().write(links)
    chosen = in_given_mode(truewheel, "locked", build_root)
    first, second = start_two(chosen, tmp_path, "hanging-one")
    word = re.compile(r"wait|holds|held by")
    process.wait_until(
        lambda: bool(word.search(first.read(1) + second.read(1))), "one of them waits", 60
    )
    for run in (second, first):
        run.process.terminate()
        assert run.finish(20).code == 128 + 15
    for run in (first, second):
        assert not process.wait_all_gone(run.world.mark, 20)


def test_waiting_has_a_deadline(
    truewheel: Truewheel, links: Path, build_root: Path, tmp_path: Path
) -> None:
    """--build-timeout counts for a package that waits for its lock too."""
    samples.hanging().write(links)
    chosen = in_given_mode(truewheel, "locked", build_root)
    runs = start_two(chosen, tmp_path, "--build-timeout", "4", "hanging-one")
    for run in runs:
        assert run.finish(60).code == 6


@pytest.mark.parametrize("runs", [4])
def test_many_runs_one_output(in_mode: Truewheel, links: Path, runs: int, tmp_path: Path) -> None:
    """Four truewheels, the same requirements, the same output directory."""
    write_all(links, samples.pure(), samples.header_lib(), samples.header_user(), samples.capture())
    names = ["pure-one", "header-user", "capture-one"]
    out = tmp_path / "shared-out"
    worlds = [World(tmp_path / f"world-{number}") for number in range(runs)]
    started = [in_mode.start_wheel(*names, wheels=out, world=world) for world in worlds]
    for run in started:
        assert run.finish(120).code == 0, run.read(1)
    assert len(list(out.iterdir())) == 3
    for path in out.iterdir():
        assert zipfile.ZipFile(path).testzip() is None


def test_one_broken_neighbour(truewheel: Truewheel, links: Path) -> None:
    """A build that is killed or fails changes nothing in the others' wheels."""
    write_all(links, samples.capture(), samples.failing(), samples.hash_order())
    alone = truewheel.wheel("capture-one", "hashed-one").hashes
    beside = truewheel.wheel(
        "-k", "failing-one", "capture-one", "hashed-one", code=1, wheels=truewheel.world.base / "b"
    )
    assert beside.hashes == alone


def test_default_jobs_follow_the_affinity(truewheel: Truewheel, links: Path, place: Path) -> None:
    """Allowed to use one processor: one build at a time."""
    header = f"import time\nPLACE = {str(place)!r}\nLIMIT = 1\n"
    names = [f"count-{number}" for number in range(3)]
    write_all(links, *(Sdist(name, backend=header + COUNT_BACKEND) for name in names))
    first = str(min(os.sched_getaffinity(0)))
    result = truewheel.wheel("--bind", f"{place}:rw", *names, prefix=["taskset", "-c", first])
    assert len(result.names) == 3


def test_json_of_a_parallel_run_is_in_order(truewheel: Truewheel, links: Path) -> None:
    write_all(links, *(samples.pure(f"pure-{number}") for number in range(5)))
    names = [f"pure-{number}" for number in range(5)]
    orders = []
    for jobs in ("1", "5"):
        report = truewheel.world.cwd / f"{jobs}.json"
        truewheel.wheel("-j", jobs, "--json", report, *names)
        orders.append([item["name"] for item in json.loads(report.read_text())["wheels"]])
    assert orders[0] == orders[1]
