"""What takes longest begins first, where the store knows how long a project took."""

import json
from pathlib import Path
from typing import List

from fixtures import process, samples
from fixtures.runner import Truewheel
from fixtures.sdist import write_all


NAMES = ["one", "two", "three"]


def begun(truewheel: Truewheel, place: Path, *arguments: object) -> List[str]:
    """
    The builds in the order in which they began, in one slot. Each goes on only when all have been
    queued, so that there is a choice for all but the first, which is whoever came first.
    """
    trace, go = truewheel.world.base / "trace.json", place / "go"
    store = str(truewheel.world.base / "store")
    run = truewheel.start_wheel(
        "-vvv", "-j", 1, "--trace", trace, "--bind", f"{place}:rw", *arguments, *NAMES,
        env={"TRUEWHEEL_NO_CACHE": None, "TRUEWHEEL_CACHE_DIR": store},
    )  # fmt: skip
    process.wait_until(
        lambda: run.read(1).count(" queued, expected_ms=") == len(NAMES), "all wait", 60)
    go.touch()
    assert run.finish().code == 0
    go.unlink()
    events = json.loads(trace.read_text())["traceEvents"]
    builds = [event for event in events if event.get("cat") == "build"]
    return [event["name"].split()[0] for event in sorted(builds, key=lambda e: int(e["ts"]))]


def test_longest_first(truewheel: Truewheel, links: Path, place: Path) -> None:
    """Times that are the other way round, and with them the order, are the control."""
    body = f"while not os.path.exists({str(place / 'go')!r}):\n    time.sleep(0.01)"
    write_all(links, *(
        samples.hooked(name, "build_wheel", body, metadata_version="2.2") for name in NAMES))
    begun(truewheel, place)
    times = truewheel.world.base / "store" / "v1" / "times"
    assert sorted(path.name for path in times.iterdir()) == sorted(NAMES)
    for names in (NAMES, NAMES[::-1]):
        for number, name in enumerate(names):
            (times / name).write_text(str(9000 - number))
        waited = begun(truewheel, place, "--refresh", ":all:")[1:]
        assert waited == [name for name in names if name in waited]
