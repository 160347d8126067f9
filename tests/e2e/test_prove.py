"""`wheel --prove`: what is delivered was built twice to the same bytes, or it is said."""

import json
import signal
from pathlib import Path
from typing import Any, Dict

from fixtures import process, samples
from fixtures.runner import Truewheel
from fixtures.schema import problems
from fixtures.verifying import capturing, gone, verify

STORE = {"TRUEWHEEL_NO_CACHE": None}


def proofs(record: Path) -> Dict[str, Any]:
    wheels = json.loads(record.read_text())["wheels"]
    return {wheel["name"]: wheel.get("proof") for wheel in wheels}


def test_proven_right_after_building(truewheel: Truewheel, links: Path) -> None:
    """Once: the store remembers. What is from an index has no proof."""
    samples.pure("planted-one").write(links)
    samples.write_wheel(links, "some-wheel", "1.0")
    record = truewheel.world.cwd / "run.json"
    for word in ("built", "store"):
        result = truewheel.wheel("planted-one", "some-wheel", "--prove", "--json", record,
                                 "--record-beside", env=STORE)
        row = next(line for line in result.out.splitlines() if line.startswith("planted-one"))
        assert row.split()[3:5] == [word, "proven"], result.text
        assert result.err.count("built planted-one") == (2 if word == "built" else 0), result.text
        found = proofs(record)
        assert found["some-wheel"] is None and found["planted-one"]["verdict"] == "proven"
        assert "umask" in found["planted-one"]["axes"]
        assert problems(json.loads(record.read_text()), "run") == []
        for path in result.wheels.glob("*.build.json"):
            assert problems(json.loads(path.read_text()), "beside") == []
        assert len(result.names) == 2 and not gone(truewheel)


def test_a_wheel_that_differs_is_delivered_and_said_to(truewheel: Truewheel, links: Path) -> None:
    capturing("time.strftime('%Y-%m-%d %H:%M:%S')").write(links)
    record = truewheel.world.cwd / "run.json"
    for _ in range(2):  # no proof of it is remembered
        result = truewheel.wheel("planted-one", "--prove", "--real-clock", "--json", record,
                                 code=1, env=STORE)
        assert result.names == ["planted_one-1.0-py3-none-any.whl"]
        assert "planted_one-1.0-py3-none-any.whl  differs: build-date" in result.out, result.text
        proof = proofs(record)["planted-one"]
        assert proof["verdict"] == "differs" and "build-date" in proof["causes"]


def test_nothing_is_delivered_before_it_is_proven(truewheel: Truewheel, links: Path,
                                                  tmp_path: Path) -> None:
    """The second build looks where the first one's wheel would be."""
    place = tmp_path / "place"
    place.mkdir()
    body = f"open('planted_one/seen.txt', 'w').write(str(os.listdir({str(place)!r})))"
    samples.hooked("planted-one", "build_wheel", body).write(links)
    arguments = ["planted-one==1.0", "--bind", place]
    assert truewheel.wheel(*arguments, "--prove", wheels=place).names
    (only_one,) = place.glob("*.whl")
    only_one.unlink()
    truewheel.wheel(*arguments, "--record-beside", wheels=place)
    verify(truewheel, place, code=1)  # the control: there it is seen


def test_a_proof_that_is_interrupted(truewheel: Truewheel, links: Path, tmp_path: Path) -> None:
    """A signal while it is built once more: nothing is delivered, nothing is left."""
    shown = tmp_path / "shown"
    shown.mkdir()
    shown.chmod(0o777)
    mark = shown / "again"
    body = f"if os.path.exists({str(mark)!r}):\n    open({str(shown)!r} + '/begun', 'w').close()\n"
    body += "    signal.pause()\n"
    samples.hooked("planted-one", "build_wheel", body).write(links)
    run = truewheel.start_wheel("planted-one", "--prove", "--bind", f"{shown}:rw")
    err = Path(run.files[1].name)
    process.wait_until(lambda: "built planted-one" in err.read_text(), "the first build", 60)
    mark.write_text("")
    process.wait_until((shown / "begun").exists, "the second one", 60)
    run.process.send_signal(signal.SIGTERM)
    result = run.finish(60)
    assert result.code == 128 + signal.SIGTERM and not result.names, result.text
    assert not gone(truewheel)


def test_prove_and_offline(truewheel: Truewheel, links: Path) -> None:
    result = truewheel.wheel("planted-one", "--prove", "--offline", code=2)
    assert "--prove builds" in result.errors[0]
