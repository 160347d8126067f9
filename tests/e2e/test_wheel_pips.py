"""The pips that truewheel must work with: the same wheels, whichever of them resolves."""

from pathlib import Path
from typing import Dict, List

import pytest

from fixtures import samples
from fixtures.pips import some_pip
from fixtures.plainpip import PlainPip
from fixtures.runner import Truewheel, read_json
from fixtures.sdist import Sdist, write_all, write_requirements

assert some_pip  # fixture

NAMES = [sdist.name for sdist in samples.all_determinism()]


@pytest.fixture
def world_of_sdists(links: Path) -> Path:
    write_all(links, *samples.all_determinism(), *samples.extras_and_markers())
    write_all(links, Sdist("static-one", requires=["base-dep"], metadata_version="2.2"))
    samples.write_wheel(links, "from-index", requires=("base-dep<1.2",))
    return links


def test_builds_with(truewheel: Truewheel, some_pip: Path, world_of_sdists: Path) -> None:
    report = truewheel.world.cwd / "r.json"
    arguments = ["--pip", some_pip, "--json", report, *NAMES, "top-one[more]", "static-one"]
    result = truewheel.wheel(*arguments)
    assert len(result.names) == len(NAMES) + 6
    assert read_json(report)["interpreter"]["pip"] == some_pip.name


def test_same_bytes_with(
    truewheel: Truewheel, some_pip: Path, world_of_sdists: Path, known: Dict[str, str]
) -> None:
    result = truewheel.wheel("--pip", some_pip, *NAMES)
    known.update({} if known else result.hashes)
    assert result.hashes == known


@pytest.fixture(scope="module")
def known() -> Dict[str, str]:
    """The hashes that the first pip of the matrix gave."""
    return {}


CASES: Dict[str, List[str]] = {
    "extras": ["top-one[more,other]", "from-index"],
    "constraints": ["-c", "c.txt", "top-one"],
    "no deps": ["--no-deps", "top-one[more]", "--pre", "base-dep"],
    "no binary": ["--no-binary", ":all:", "static-one"],
}


@pytest.mark.parametrize("case", CASES)
def test_same_set_as(
    truewheel: Truewheel,
    some_pip: Path,
    world_of_sdists: Path,
    python: Path,
    tmp_path: Path,
    case: str,
) -> None:
    write_requirements(truewheel.world.cwd / "c.txt", "base-dep==1.0")
    plain = PlainPip(python, some_pip, tmp_path / "plain")
    plain.scratch = truewheel.world.cwd
    expected = plain.names(tmp_path / "expected", world_of_sdists, *CASES[case])
    assert truewheel.wheel("--pip", some_pip, *CASES[case]).names == expected


def test_failures_with(truewheel: Truewheel, some_pip: Path, links: Path) -> None:
    write_all(links, samples.failing(), samples.pure())
    result = truewheel.wheel("--pip", some_pip, "failing-one", code=1)
    assert len(result.errors) == 1 and "the reason is this" in result.err
    result = truewheel.wheel("--pip", some_pip, "never-heard-of", code=4)
    assert len(result.errors) == 1 and "never-heard-of" in result.errors[0]
    line = "pure-one==1.0 --hash=sha256:" + "0" * 64
    file = write_requirements(truewheel.world.cwd / "r.txt", line)
    result = truewheel.wheel("--pip", some_pip, "-r", file, code=4)
    assert len(result.errors) == 1 and "pure-one" in result.errors[0]


def test_pip_as_a_wheel(
    truewheel: Truewheel, cache: Path, pips: Dict[str, Path], links: Path
) -> None:
    """--pip takes the file as it was downloaded."""
    samples.pure().write(links)
    wheels = [*cache.glob("pip-*.whl"), *Path("/usr/share/python-wheels").glob("pip-*.whl")]
    if not wheels:
        pytest.skip("no wheel of pip here")
    assert truewheel.wheel("--pip", wheels[0], "pure-one").names


def test_no_pip_there(truewheel: Truewheel, links: Path, tmp_path: Path) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("--pip", tmp_path, "pure-one", code=3)
    assert len(result.errors) == 1 and str(tmp_path) in result.errors[0]
