"""Records follow docs/record.schema.json; those beside wheels are stable."""

from pathlib import Path
from typing import Any, Dict, List

import pytest

from fixtures import samples
from fixtures.runner import Truewheel, read_json
from fixtures.schema import problems
from fixtures.sdist import Sdist, write_all


def run(truewheel: Truewheel, *arguments: object, code: int = 0, **more: Any) -> Any:
    path = truewheel.world.cwd / "record.json"
    path.unlink(missing_ok=True)
    truewheel.wheel("--json", path, *arguments, code=code, **more)
    return read_json(path)


@pytest.fixture
def sources(links: Path) -> Path:
    write_all(links, samples.pure(), Sdist("asking-one", build_requires=["some-tool"]))
    samples.write_wheel(links, "some-tool")
    samples.write_wheel(links, "some-wheel")
    return links


def test_records_follow_the_schema(truewheel: Truewheel, sources: Path, tmp_path: Path) -> None:
    wanted = ["pure-one", "asking-one", "some-wheel", "-C", "key=value"]
    env = {"TRUEWHEEL_NO_CACHE": None, "TRUEWHEEL_CACHE_DIR": str(tmp_path / "store")}
    for origin in ("built", "store"):
        record = run(truewheel, *wanted, "--ask-again", env=env)
        assert problems(record, "run") == []
        assert {wheel["from"] for wheel in record["wheels"]} == {origin, "index"}
    assert problems(run(truewheel, "pure-one", "--no-build-isolation"), "run") == []
    assert problems(run(truewheel, "pure-one", "--mode", "mapped"), "run") == []


def test_extras_and_yanks_are_of_the_run(truewheel: Truewheel, sources: Path) -> None:
    """Another run may ask for other extras of the same wheel, and not know that it was yanked."""
    write_all(sources, *samples.extras_and_markers())
    page, kept = sources.parent / "page.html", sources.parent / "kept"
    yanked = samples.write_wheel(kept, "yanked-one")
    page.write_text(f'<a href="{yanked.as_uri()}" data-yanked="why">{yanked.name}</a>')
    wanted = ["top-one[more]", "yanked-one==1.0", "--find-links", page, "--record-beside"]
    record = run(truewheel, *wanted)
    assert problems(record, "run") == []
    found = {wheel["name"]: wheel for wheel in record["wheels"]}
    assert {name: wheel["extras"] for name, wheel in found.items() if "extras" in wheel} == {
        "top-one": ["more"], "extra-dep": ["deep"]}
    assert {name: wheel["yanked"] for name, wheel in found.items() if "yanked" in wheel} == {
        "yanked-one": "why"}
    for path in truewheel.world.wheels.glob("*.build.json"):
        assert problems(read_json(path), "beside") == []
    beside = read_json(truewheel.world.wheels / f"{yanked.name}.build.json")
    assert beside["run"] == {"from": "index", "yanked": "why"}


@pytest.mark.parametrize(
    "where, needed",
    [
        ((), "wheels"),
        (("wheels", 0), "source"),
        (("wheels", 0, "environment"), "hash"),
        (("paths",), "mode"),
    ],
)
def test_the_schema_refuses(
    truewheel: Truewheel, sources: Path, where: List[Any], needed: str
) -> None:
    """The control: a field more, a field less, at each level."""
    for change in ("more", "less"):
        record = run(truewheel, "asking-one")
        part: Dict[str, Any] = record
        for step in where:
            part = part[step]
        if change == "more":
            part["unknown"] = 1
        else:
            del part[needed]
        assert problems(record, "run"), change


def test_failures_say_how_they_ended(truewheel: Truewheel, links: Path) -> None:
    write_all(
        links,
        samples.failing(),
        samples.hanging(),
        Sdist("hopeless-one", build_requires=["no-such-tool"]),
    )
    names = ["failing-one", "hanging-one", "hopeless-one"]
    record = run(truewheel, "-k", "--build-timeout", "5", *names, code=1)
    assert problems(record, "run") == []
    found = {failure["name"]: failure for failure in record["failures"]}
    assert sorted(found) == names
    failing = found["failing-one"]
    assert (failing["version"], failing["phase"], failing["kind"]) == ("1.0", "wheel", "build")
    assert failing["ended"] == "status 1" and Path(failing["log"]).is_file()
    assert found["hanging-one"]["kind"] == "timeout"
    assert found["hopeless-one"]["kind"] == "not-found" and "ended" not in found["hopeless-one"]


def test_records_beside_wheels_are_stable(truewheel: Truewheel, sources: Path) -> None:
    seen = []
    for number in range(2):
        wheels = truewheel.world.cwd / f"wheels-{number}"
        result = truewheel.wheel("asking-one", "some-wheel", "--record-beside", wheels=wheels)
        records = {path.name: read_json(path) for path in wheels.glob("*.build.json")}
        assert sorted(records) == [f"{name}.build.json" for name in result.names]
        for name, record in records.items():
            assert problems(record, "beside") == []
            assert record["wheel"]["sha256"] == result.hashes[name[: -len(".build.json")]]
            assert record.pop("run")["from"] in ("built", "index")
        seen.append(records)
    assert seen[0] == seen[1]


def test_no_record_lies_beside_a_wheel_unasked(truewheel: Truewheel, sources: Path) -> None:
    truewheel.wheel("pure-one")
    assert [path.name for path in truewheel.world.wheels.iterdir()] == truewheel.wheel(
        "pure-one").names
