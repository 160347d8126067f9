"""--trace: a timeline that a viewer can read, of runs that end well, fail or are stopped."""

import json
import os
import signal
from pathlib import Path
from typing import Any, Dict, List

import pytest

from fixtures import process, samples
from fixtures.runner import Truewheel
from fixtures.sdist import write_all

Event = Dict[str, Any]


class Trace:
    def __init__(self, path: Path) -> None:
        self.events: List[Event] = json.loads(path.read_text())["traceEvents"]
        self.complete = [event for event in self.events if event["ph"] == "X"]
        self.rows = {
            event["tid"]: event["args"]["name"]
            for event in self.events
            if event["name"] == "thread_name"
        }

    def of(self, category: str) -> List[Event]:
        return [event for event in self.complete if event["cat"] == category]

    def job(self, category: str, name: str) -> Event:
        found = [event for event in self.of(category) if event["name"] == name]
        assert len(found) == 1, (category, name, found)
        return found[0]

    def phases(self, job: Event) -> List[Event]:
        """Those of one job, in their order."""
        inside = [p for p in self.of("phase") if p["tid"] == job["tid"] and is_within(p, job)]
        return sorted(inside, key=end)

    def check(self) -> None:
        """Complete events nest on each row, and a job's phases fill it without gap or overlap."""
        for row in {event["tid"] for event in self.complete}:
            assert row in self.rows
            events = [event for event in self.complete if event["tid"] == row]
            jobs = sorted((e for e in events if e["cat"] != "phase"), key=lambda e: int(e["ts"]))
            assert all(end(a) <= b["ts"] for a, b in zip(jobs, jobs[1:])), jobs
            for phase in (e for e in events if e["cat"] == "phase"):
                assert any(is_within(phase, job) for job in jobs), phase
        jobs = [e for e in self.complete if e["cat"] != "phase" and e["dur"]]
        for job in jobs:
            phases = [p for p in self.phases(job) if p["dur"]]
            assert sum(p["dur"] for p in phases) == job["dur"], (job, phases)
            assert all(end(a) == b["ts"] for a, b in zip(phases, phases[1:])), phases


def end(event: Event) -> int:
    return int(event["ts"]) + int(event["dur"])


def is_within(inner: Event, outer: Event) -> bool:
    return bool(outer["ts"] <= inner["ts"] and end(inner) <= end(outer))


def test_every_phase_of_every_build(truewheel: Truewheel, links: Path) -> None:
    """And a build's time in the record is within that of its phases after the slot."""
    write_all(links, samples.pure(), samples.header_lib(), samples.header_user())
    store = {"TRUEWHEEL_NO_CACHE": None, "TRUEWHEEL_CACHE_DIR": str(truewheel.world.base / "store")}
    path, record = truewheel.world.base / "trace.json", truewheel.world.base / "record.json"
    result = truewheel.wheel(
        "--trace", path, "--json", record, "-j", 2, "pure-one", "header-user", env=store
    )
    assert len(result.names) == 2
    trace = Trace(path)
    trace.check()
    wanted = ["unpack", "interpreter", "requires", "metadata", "wheel", "ending", "normal form"]
    for label in ("pure-one 1.0", "header-user 1.0", "header-lib 1.0"):
        build = trace.job("build", label)
        assert trace.rows[build["tid"]] in ("slot 1", "slot 2")
        names = [phase["name"] for phase in trace.phases(build)]
        assert [name for name in names if name in wanted] == wanted
        assert names.index("waiting for a slot") < names.index("sandbox") < names.index("unpack")
        assert "storing" in names
        looked = [event for event in trace.of("store") if event["name"] == label]
        assert looked  # twice where it was not there: again when nobody else is at it
    assert {event["name"] for event in trace.of("delivery")} == set(result.names)
    assert trace.job("resolver", "requirements") and trace.job("run", "set-up")
    assert trace.of("environment") and trace.job("engine", "engine")
    assert "compiling" in {p["name"] for p in trace.phases(trace.of("environment")[0])}
    for item in json.loads(record.read_text())["wheels"]:
        build = trace.job("build", f"{item['name']} {item['version']}")
        slot = next(p for p in trace.phases(build) if p["name"] == "waiting for a slot")
        assert item["seconds"] * 1e6 <= end(build) - end(slot) + 1000  # whole ms


def test_failed_run(truewheel: Truewheel, links: Path) -> None:
    samples.failing().write(links)
    path = truewheel.world.base / "trace.json"
    truewheel.wheel("--trace", path, "failing-one", code=1)
    trace = Trace(path)
    trace.check()
    assert trace.job("build", "failing-one 1.0")


def test_stopped_run(truewheel: Truewheel, links: Path, place: Path) -> None:
    """In the middle of a hook, by a signal."""
    mark = place / "begun"
    samples.hooked(
        "hanging-one", "build_wheel", f"open({str(mark)!r}, 'w').close(); time.sleep(600)"
    ).write(links)
    path = truewheel.world.base / "trace.json"
    run = truewheel.start_wheel("--trace", path, "--bind", f"{place}:rw", "hanging-one")
    process.wait_until(mark.exists, "the hook has begun", 60)
    os.kill(run.pid, signal.SIGTERM)
    result = run.finish()
    assert result.code == 128 + signal.SIGTERM
    trace = Trace(path)
    trace.check()
    names = [p["name"] for p in trace.phases(trace.job("build", "hanging-one 1.0"))]
    assert "wheel" in names


@pytest.mark.parametrize("name", ["file/trace.json", "missing/trace.json", "directory"])
def test_unwritable_file_costs_no_builds(truewheel: Truewheel, links: Path, name: str) -> None:
    samples.pure().write(links)
    base = truewheel.world.base
    (base / "file").write_text("no directory")
    (base / "directory").mkdir()
    path = base / name
    result = truewheel.wheel("-v", "--trace", path, "pure-one", code=None)
    assert result.code != 0 and not result.names
    assert len(result.errors) == 1 and "--trace" in result.errors[0] and str(path) in result.text
    assert "starting" not in result.err and "resolving" not in result.err


def test_to_stdout(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("--trace", "-", "pure-one")
    assert json.loads(result.out)["traceEvents"]
