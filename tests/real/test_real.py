"""A few real projects of different backends: built twice, equal; plain pip as the control."""

import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any, Dict

import pytest
from fixtures import launch
from fixtures.plainpip import PlainPip
from fixtures.runner import Truewheel, index_access
from fixtures.runs import in_given_mode

pytestmark = [pytest.mark.network, pytest.mark.slow]

# Pinned, so that the day does not matter; a C extension of setuptools first: the original report's.
PSUTIL = "psutil==7.1.3"
PROJECTS = [PSUTIL, "markupsafe==3.0.3", "attrs==25.4.0", "iniconfig==2.3.0", "tomli==2.3.0"]


@pytest.fixture
def real(truewheel: Truewheel, mode: str, build_root: Path) -> Truewheel:
    return in_given_mode(truewheel, mode, build_root)


def build(truewheel: Truewheel, out: str, *requirements: str, **more: object) -> Dict[str, str]:
    wheels = truewheel.world.base / out
    arguments = ["wheel", "--from-source", "-w", wheels, "--build-root", truewheel.build_root]
    arguments += ["--mode", truewheel.mode, "--no-deps", *requirements]
    env = {**index_access(), **more.pop("env", {})}  # type: ignore[dict-item]
    options: Dict[str, Any] = {"env": env, "wheels": wheels, "seconds": 280, **more}
    return truewheel(*arguments, **options).hashes


def test_twice(real: Truewheel, tmp_path: Path) -> None:
    first = build(real, "first", *PROJECTS)
    assert len(first) == len(PROJECTS)
    env = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "HOME": str(tmp_path), "PYTHONHASHSEED": "5"}
    prefix = [*launch.with_umask("077"), "taskset", "-c", "0"]
    assert build(real, "second", *reversed(PROJECTS), env=env, prefix=prefix) == first


def test_psutil_has_debug_information_at_the_stable_path(real: Truewheel, tmp_path: Path) -> None:
    (name,) = build(real, "out", PSUTIL, "--env", "CFLAGS=-g")
    with zipfile.ZipFile(real.world.base / "out" / name) as archive:
        library = next(entry for entry in archive.namelist() if entry.endswith(".so"))
        archive.extract(library, tmp_path)
    dump = ["readelf", "--debug-dump=info", "--dwarf-depth=1", str(tmp_path / library)]
    text = subprocess.run(dump, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = set(re.findall(r"DW_AT_comp_dir.*: (\S+)", text))
    assert found == {f"{real.build_root}/psutil-7.1.3/src"}


def test_control_plain_pip_differs(plain_pip: PlainPip, tmp_path: Path) -> None:
    """If plain pip's wheels were equal too, the tests above would prove nothing."""
    env = {name: value for name, value in index_access().items() if value is not None}
    hashes = []
    for number in range(2):
        out = tmp_path / str(number)
        options = ["--no-binary", "psutil", "--no-deps", "--no-cache-dir", "-w", out]
        done = plain_pip.run("wheel", *options, PSUTIL, env={**env, "CFLAGS": "-g"})
        assert done.returncode == 0, done.stderr
        hashes.append([path.read_bytes() for path in out.glob("*.whl")])
    assert hashes[0] != hashes[1]


@pytest.mark.parametrize("older", ["23.0.1", "25.3", "26.2.1"])
def test_pips_agree(
    truewheel: Truewheel,
    pips: Dict[str, Path],
    build_root: Path,
    older: str,
    needs_namespaces: None,
) -> None:
    if older not in pips or "26.3" not in pips:
        pytest.skip("these pips cannot be fetched")
    chosen = in_given_mode(truewheel, "namespaces", build_root)
    first = build(chosen, "new", PSUTIL, "attrs==25.4.0", "--pip", str(pips["26.3"]))
    assert build(chosen, "old", PSUTIL, "attrs==25.4.0", "--pip", str(pips[older])) == first
