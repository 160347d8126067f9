"""What takes longest begins first, where the store knows how long a project took."""

import json
from pathlib import Path
from typing import List

from fixtures import process, samples
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist, write_all


def begun(truewheel: Truewheel, place: Path, *arguments: object) -> List[str]:
    """
    The builds in the order in which they began, in one slot. The first one goes on until the others
    have been queued, so that there is a choice.
    """
    trace, go = truewheel.world.base / "trace.json", place / "go"
    store = str(truewheel.world.base / "store")
    run = truewheel.start_wheel(
        "-vvv", "-j", 1, "--trace", trace, "--bind", f"{place}:rw", *arguments,
        "--no-ahead", "first-one",
        env={"TRUEWHEEL_NO_CACHE": None, "TRUEWHEEL_CACHE_DIR": store},
    )  # fmt: skip
    process.wait_until(lambda: run.read(1).count(" queued, expected_ms=") == 3, "all wait", 60)
    go.touch()
    assert run.finish().code == 0
    go.unlink()
    events = json.loads(trace.read_text())["traceEvents"]
    builds = [event for event in events if event.get("cat") == "build"]
    return [event["name"].split()[0] for event in sorted(builds, key=lambda e: int(e["ts"]))]


def test_longest_first(truewheel: Truewheel, links: Path, place: Path) -> None:
    """Without a known time in the order in which the resolver asks: that is the control."""
    body = f"while not os.path.exists({str(place / 'go')!r}):\n    time.sleep(0.01)"
    first = samples.hooked(
        "first-one", "build_wheel", body, metadata_version="2.2",
        requires=["short-one", "long-one"])
    write_all(
        links, first, *(Sdist(name, metadata_version="2.2") for name in ("short-one", "long-one"))
    )
    assert begun(truewheel, place) == ["first-one", "short-one", "long-one"]
    times = truewheel.world.base / "store" / "v1" / "times"
    assert sorted(path.name for path in times.iterdir()) == ["first-one", "long-one", "short-one"]
    for name, ms in (("first-one", 9000), ("short-one", 100), ("long-one", 5000)):
        (times / name).write_text(str(ms))
    again = begun(truewheel, place, "--refresh", ":all:")
    assert again == ["first-one", "long-one", "short-one"]
