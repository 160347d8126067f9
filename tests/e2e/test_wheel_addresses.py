"""Address-space randomisation is off in builds; where that is forbidden, truewheel says so."""

import subprocess
import zipfile
from pathlib import Path
from typing import List, Sequence, Tuple

import pytest

from fixtures import launch, samples
from fixtures.runner import Truewheel, read_json

NO_RANDOMIZE = 0x0040000
BODY = """
with open("/proc/self/personality") as file, open("personal_one/found", "w") as out:
    out.write(file.read())
"""


@pytest.fixture
def deny(build_directory: Path) -> List[str]:
    """A prefix under which personality() is forbidden, as in many containers."""
    command = [str(build_directory / "truewheel-test-tool"), "deny-personality"]
    if subprocess.run([*command, "true"], stderr=subprocess.PIPE).returncode != 0:
        pytest.skip("no seccomp filter can be set here")
    return command


def build(truewheel: Truewheel, prefix: Sequence[str] = ()) -> Tuple[str, bool, str]:
    """What the record says, what a program of the build has, and what is said with -v."""
    samples.hooked("personal-one", "build_wheel", BODY).write(truewheel.links)
    record = truewheel.world.cwd / "r.json"
    result = truewheel.wheel("-v", "--json", record, "personal-one", prefix=prefix)
    with zipfile.ZipFile(result.wheels / result.names[0]) as archive:
        found = int(archive.read("personal_one/found"), 16)
    return read_json(record)["addresses"], bool(found & NO_RANDOMIZE), result.err


def test_fixed(in_mode: Truewheel) -> None:
    if not launch.can("setarch", "-R"):
        pytest.skip("it cannot be switched off here")
    recorded, fixed, said = build(in_mode)
    assert recorded == "fixed" and fixed
    assert "randomisation" not in said


def test_forbidden(in_mode: Truewheel, deny: List[str]) -> None:
    recorded, fixed, said = build(in_mode, deny)
    assert recorded == "random" and not fixed
    assert "address-space randomisation stays on in builds" in said


def test_forbidden_and_off_already(truewheel: Truewheel, deny: List[str]) -> None:
    """When the caller has switched it off, it is off, and no permission is needed."""
    if not launch.can("setarch", "-R"):
        pytest.skip("it cannot be switched off here")
    recorded, fixed, said = build(truewheel, ["setarch", "-R", *deny])
    assert recorded == "fixed" and fixed
    assert "randomisation" not in said
