"""Which of the caller's variables a build sees, and what a build that missed one is told."""

import json
import re
import zipfile
from pathlib import Path
from typing import Dict, List

import pytest

from fixtures import samples
from fixtures.programs import SOURCE
from fixtures.runner import Truewheel, read_json
from fixtures.sdist import Sdist

INPUTS = {
    "CMAKE_POLICY_VERSION_MINIMUM": "3.5",
    "SETUPTOOLS_SCM_PRETEND_VERSION": "5.6",
    "SKBUILD_CMAKE_ARGS": "-DA=1;-DB=2",
    "VCS_VERSIONING_PRETEND_VERSION": "5.6",
}
OTHERS = {
    "CMAKE_BUILD_PARALLEL_LEVEL": "7",
    "CMAKE_C_COMPILER_LAUNCHER": "ccache",
    "MATURIN_PYPI_TOKEN": "pypi-1234",
    "SOME_PROJECT_OPTION": "1",
    "SKBUILD_EMPTY": "",
}


def seen(wheels: Path) -> Dict[str, str]:
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        found: Dict[str, str] = json.loads(archive.read("capture_one/captured.json"))["environ"]
    return found


def test_families_get_in(in_mode: Truewheel, links: Path) -> None:
    """And nothing else; all of them stand in the record."""
    samples.capture().write(links)
    record = in_mode.world.cwd / "r.json"
    in_mode.wheel("--json", record, "capture-one", env={**INPUTS, **OTHERS})
    found = seen(in_mode.world.wheels)
    assert {name: found.get(name) for name in INPUTS} == INPUTS
    assert not set(OTHERS) & set(found)
    assert read_json(record)["variables"] == INPUTS


def test_by_name_everything_gets_in(truewheel: Truewheel, links: Path) -> None:
    samples.capture().write(links)
    options = [f"--env={name}={value}" for name, value in OTHERS.items()]
    truewheel.wheel(*options, "capture-one")
    assert {name: seen(truewheel.world.wheels).get(name) for name in OTHERS} == OTHERS


LISTING = """
import tinybackend
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open(spec()["package"] + "/order.py", "w") as file:
        file.write("ORDER = %r\\n" % list(os.environ))
    return tinybackend.build_wheel(wheel_directory)
"""


def test_their_order_is_not_the_callers(truewheel: Truewheel, links: Path) -> None:
    """A build that lists its variables is the same bytes."""
    Sdist("listing-one", backend=LISTING).write(links)
    found = []
    for number, names in enumerate((list(INPUTS), list(reversed(INPUTS)))):
        out = truewheel.world.base / str(number)
        settings = [f"{name}={INPUTS[name]}" for name in names]
        shell = ["env", "-i", *(f"{k}={v}" for k, v in truewheel.world.environment().items())]
        found.append(
            truewheel.wheel("--no-cache", "listing-one", wheels=out, prefix=[*shell, *settings])
        )
    assert found[0].hashes == found[1].hashes


# ---------------------------------------------------------------------------------------- failures


def hints(truewheel: Truewheel, sdist: Sdist, *options: str, **env: str) -> List[str]:
    sdist.write(truewheel.links)
    result = truewheel.wheel(*options, sdist.name, code=None, env=env)
    assert result.code in (1, 6), result.text
    start = "truewheel: hint: "
    return [line[len(start):] for line in result.err.splitlines() if line.startswith(start)]


def wanting(name: str, project: str = "wanting-one") -> Sdist:
    """Says what it wants, and fails without it."""
    body = f"if {name!r} not in os.environ:\n    raise RuntimeError('set {name} to go on')"
    return samples.hooked(project, "build_wheel", body)


def test_a_name_in_the_output(in_mode: Truewheel, links: Path) -> None:
    (hint,) = hints(in_mode, wanting("WITH_SNAPPY"), WITH_SNAPPY="1", OTHER_THING="2")
    assert hint == (
        "the build did not get WITH_SNAPPY of your environment: --env WITH_SNAPPY=1"
    )
    assert in_mode.wheel("wanting-one", "--env", "WITH_SNAPPY=1").names, "and that helps"


def test_no_hint_without_reason(truewheel: Truewheel, links: Path) -> None:
    """Not held, got by --env, empty, part of a longer word, in every shell."""
    assert not hints(truewheel, wanting("WITH_SNAPPY"))
    failing = wanting("WITH_SNAPPY_AND_MORE")
    assert not hints(truewheel, failing, WITH_SNAPPY="1", WITH_SNAPPY_AND_MORE="")
    given = samples.failing(body="raise RuntimeError('WITH_SNAPPY is wrong')")
    assert not hints(truewheel, given, "--env", "WITH_SNAPPY=2", WITH_SNAPPY="1")
    body = "raise RuntimeError('PWD, HOME, PATH, TMPDIR, SHLVL, HOSTNAME, TERM, USER')"
    everywhere = {"PWD": "/", "SHLVL": "1", "HOSTNAME": "h", "TERM": "xterm", "USER": "me"}
    assert not hints(truewheel, samples.failing(body=body), **everywhere)


@pytest.mark.parametrize(
    "value, shown",
    [
        ("/opt/a b", "--env 'WITH_IT=/opt/a b'"),
        ("it's", "--env 'WITH_IT=it'\\''s'"),
        ("$(reboot)", "--env 'WITH_IT=$(reboot)'"),
        ("https://me:word@host/", '--env WITH_IT="$WITH_IT"'),
        ("x" * 300, '--env WITH_IT="$WITH_IT"'),
        ("a\x1b[2Jb", '--env WITH_IT="$WITH_IT"'),
    ],
)
def test_values_as_a_shell_takes_them(truewheel: Truewheel, value: str, shown: str) -> None:
    (hint,) = hints(truewheel, wanting("WITH_IT"), WITH_IT=value)
    assert hint.endswith(f": {shown}")


def test_secrets_are_not_shown(truewheel: Truewheel) -> None:
    sdist = wanting("SOME_API_TOKEN")
    sdist.write(truewheel.links)
    result = truewheel.wheel(sdist.name, code=1, env={"SOME_API_TOKEN": "pypi-1234"})
    assert '--env SOME_API_TOKEN="$SOME_API_TOKEN"' in result.err
    assert "pypi-1234" not in result.text


def test_variables_of_the_project_and_of_its_backend(truewheel: Truewheel) -> None:
    """Their names need not be said; secrets of that kind are left alone."""
    env = {"WANTING_ONE_STATIC": "1", "WANTING_ONE_TOKEN": "2", "WANTING": "3"}
    (hint,) = hints(truewheel, samples.failing("wanting-one"), **env)
    assert hint.endswith(": --env WANTING_ONE_STATIC=1")
    old = Sdist("old-one", files={"setup.py": "raise SystemExit('no')\n"}, tiny=False)
    (hint,) = hints(truewheel, old, "--no-build-isolation", SETUPTOOLS_BUILD_JOBS="1")
    assert hint.endswith(": --env SETUPTOOLS_BUILD_JOBS=1")


def test_many_of_them(truewheel: Truewheel) -> None:
    env = {f"WANTING_ONE_{letter}": letter for letter in "ABCDE"}
    (hint,) = hints(truewheel, samples.failing("wanting-one"), **env)
    assert hint == (
        "the build did not get WANTING_ONE_A, WANTING_ONE_B, WANTING_ONE_C and 2 more of your"
        " environment: --env WANTING_ONE_A=A --env WANTING_ONE_B=B --env WANTING_ONE_C=C"
    )


def test_beside_another_hint(truewheel: Truewheel) -> None:
    body = "raise RuntimeError('WITH_IT: No space left on device')"
    (hint,) = hints(truewheel, samples.failing(body=body), WITH_IT="1")
    assert hint.startswith("the disk, ") and "; and the build did not get WITH_IT" in hint


# ------------------------------------------------------------------------------------ the page


def test_the_page_has_the_table() -> None:
    """docs/variables.md names every family and its tool, as driver/inputs/variables.c has them."""
    code = (SOURCE / "driver" / "inputs" / "variables.c").read_text()
    table = code[code.index("families[] = {") :]
    rows = []
    for found in re.finditer(r'\{((?:"[^"]*"\s*)+),\s*"([^"]*)"\}', table[: table.index("};")]):
        patterns = "".join(re.findall(r'"([^"]*)"', found[1])).split()
        rows.append((", ".join(f"`{pattern}`" for pattern in patterns), found[2]))
    page = (SOURCE / "docs" / "variables.md").read_text()
    assert rows == re.findall(r"^\| (`.*) \| (.*) \|$", page, re.MULTILINE)
