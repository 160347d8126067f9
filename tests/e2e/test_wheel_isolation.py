"""Without build isolation: what the interpreter offers is recorded and, when asked, checked."""

from pathlib import Path
from typing import Any, List

import pytest

from fixtures.runner import Truewheel, read_json
from fixtures.sdist import Sdist


@pytest.fixture
def offered(tmp_path: Path) -> Path:
    """A directory with two installed distributions, for an interpreter that looks there."""
    site = tmp_path / "site"
    for name, version in (("Tool_Lib", "1.5"), ("other-lib", "2.0rc1")):
        info = site / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
    broken = site / "broken-1.0.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_bytes(b"\xff\xfe\n")
    return site


def options(offered: Path) -> List[object]:
    return ["--no-build-isolation", "--bind", offered, "--env", f"PYTHONPATH={offered}"]


def needing(*requires: str, dynamic: "tuple[str, ...]" = (), static: bool = False) -> Sdist:
    return Sdist(
        "needy-one",
        build_requires=requires,
        dynamic_requires=dynamic,
        metadata_version="2.2" if static else "2.1",
    )


CHECK = "--check-build-dependencies"


def test_satisfied(in_mode: Truewheel, links: Path, offered: Path) -> None:
    """Spelling, markers and pre-releases as pip sees them."""
    absent = "not-there-at-all; python_version < '3'"
    needing("tool.lib>=1", "other-lib", absent, dynamic=("tool-lib<2",)).write(links)
    assert in_mode.wheel(*options(offered), CHECK, "needy-one").names


REFUSED = {
    "missing": (needing("tool-lib", "absent-lib>=3"), "absent-lib>=3 is missing"),
    "conflicting": (needing("tool-lib>=2"), "Tool_Lib==1.5 is incompatible with tool-lib>=2"),
    "missing for the hook": (needing(dynamic=("absent-lib",)), "absent-lib is missing"),
    "conflicting for the hook": (
        needing(dynamic=("other-lib<2",)),
        "other-lib==2.0rc1 is incompatible with other-lib<2",
    ),
    "found by the build alone": (needing("absent-lib", static=True), "absent-lib is missing"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_refused(truewheel: Truewheel, links: Path, offered: Path, python: Path, how: str) -> None:
    """The error names package, requirement, and what to do. Without the option there is none."""
    sdist, said = REFUSED[how]
    sdist.write(links)
    result = truewheel.wheel(*options(offered), CHECK, "needy-one", code=1)
    assert len(result.errors) == 1 and not result.names, result.text
    assert "needy-one 1.0" in result.errors[0] and said in result.errors[0]
    hint = [line for line in result.err.splitlines() if line.startswith("truewheel: hint: ")]
    assert len(hint) == 1 and "install them for /" in hint[0], result.text
    assert truewheel.wheel(*options(offered), "needy-one").names


def test_refused_before_the_backend_runs(
    truewheel: Truewheel, links: Path, offered: Path
) -> None:
    """As with pip: the error names what is missing, not what the import of the backend says."""
    sdist = needing("absent-lib")
    sdist.backend = "raise ImportError('no absent_lib')\n"
    sdist.write(links)
    result = truewheel.wheel(*options(offered), CHECK, "needy-one", code=1)
    assert "absent-lib is missing" in result.errors[0] and "ImportError" not in result.err


def test_both_are_named(truewheel: Truewheel, links: Path, offered: Path) -> None:
    needing("absent-lib", "tool-lib>=2", "more-lib").write(links)
    result = truewheel.wheel(*options(offered), CHECK, "needy-one", code=1)
    for name in ("absent-lib", "tool-lib>=2", "more-lib"):
        assert name in result.errors[0]


def test_configured(truewheel: Truewheel, links: Path, offered: Path) -> None:
    needing("absent-lib").write(links)
    result = truewheel.wheel(
        *options(offered), "needy-one", env={"PIP_CHECK_BUILD_DEPENDENCIES": "1"}, code=1
    )
    assert "absent-lib is missing" in result.err


def test_with_isolation_the_check_says_nothing(truewheel: Truewheel, links: Path) -> None:
    Sdist("tool-lib").write(links)
    needing("tool-lib", dynamic=("tool-lib>=1",)).write(links)
    assert truewheel.wheel(CHECK, "needy-one").names


def environment(truewheel: Truewheel, *arguments: object) -> Any:
    record = truewheel.world.cwd / "record.json"
    truewheel.wheel("--json", record, *arguments)
    return read_json(record)["wheels"][0]["environment"]


def test_recorded(in_mode: Truewheel, links: Path, offered: Path) -> None:
    needing("tool-lib").write(links)
    found = environment(in_mode, *options(offered), "needy-one")
    assert found["isolated"] is False and found["requires"] == []
    assert {"name": "Tool_Lib", "version": "1.5"} in found["installed"]
    assert {"name": "other-lib", "version": "2.0rc1"} in found["installed"]
    names = [item["name"].lower().replace("_", "-") for item in found["installed"]]
    assert names == sorted(names) and "broken" not in names


def test_with_isolation_nothing_is_offered(truewheel: Truewheel, links: Path) -> None:
    needing().write(links)
    assert "installed" not in environment(truewheel, "needy-one")
