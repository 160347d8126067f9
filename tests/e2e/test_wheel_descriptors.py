"""Files that the caller names by a descriptor (/dev/stdin, <(…), /dev/fd/5) are read as named."""

import json
import zipfile
from pathlib import Path
from typing import Dict, List

import pytest

from fixtures import samples
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist, write_all, write_requirements
from fixtures.wheels import Wheel

FIRST, SECOND = "first_one-1.0-py3-none-any.whl", "second_one-1.0-py3-none-any.whl"


def shell(line: str) -> List[str]:
    """A prefix: bash runs `line`, in which "$@" is what follows."""
    return ["bash", "-c", line, "bash"]


def write_two(links: Path) -> None:
    write_all(links, Sdist("first-one"), Sdist("second-one"))


@pytest.mark.parametrize(
    "line",
    [
        'echo second-one | "$@" -r /dev/stdin',
        'echo second-one | "$@" -r /proc/self/fd/0',
        'echo second-one | "$@" -r file:///dev/stdin',
        '"$@" -r <(echo second-one)',
        '"$@" -r /dev/stdin <<< second-one',
        '"$@" -r /dev/fd/3 3< <(echo second-one)',
        '"$@" -r /dev/fd/4 4< second.txt',
        '"$@" -r /dev/fd/3 -r /dev/fd/4 3< /dev/null 4< second.txt',
        '"$@" -r nested.txt < second.txt',
        'echo second-one | "$@" -r linked.txt',
        'PIP_REQUIREMENT=/dev/stdin "$@" < second.txt',
        '"$@" --requirements-from-script <(cat script.py)',
        '"$@" --requirements-from-script /dev/stdin < script.py',
        '(sleep 0; echo second-one > pipe) & "$@" -r pipe',
    ],
)
def test_requirements(truewheel: Truewheel, links: Path, line: str) -> None:
    write_two(links)
    cwd = truewheel.world.cwd
    write_requirements(cwd / "second.txt", "second-one")
    write_requirements(cwd / "nested.txt", "-r /dev/stdin")
    (cwd / "linked.txt").symlink_to("/dev/stdin")
    (cwd / "script.py").write_text("# /// script\n# dependencies = ['second-one']\n# ///\n")
    assert truewheel.wheel("first-one", prefix=shell(f"mkfifo pipe; {line}")).names == [
        FIRST, SECOND,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        'echo base-dep==1.0 | "$@" -c /dev/stdin',
        '"$@" -c <(echo base-dep==1.0)',
        '"$@" -c limits.txt <<< base-dep==1.0',
        'PIP_CONFIG_FILE=<(printf "[wheel]\\nconstraint = limit.txt\\n") "$@"',
    ],
)
def test_constraints(truewheel: Truewheel, links: Path, line: str) -> None:
    """Without them it would be 1.5."""
    write_all(links, *samples.extras_and_markers())
    write_requirements(truewheel.world.cwd / "limits.txt", "-c /dev/stdin")
    write_requirements(truewheel.world.cwd / "limit.txt", "base-dep==1.0")
    assert truewheel.wheel("base-dep").names == ["base_dep-1.5-py3-none-any.whl"]
    out = truewheel.world.base / "constrained"
    result = truewheel.wheel("base-dep", prefix=shell(line), wheels=out)
    assert result.names == ["base_dep-1.0-py3-none-any.whl"]


def test_lock_file(truewheel: Truewheel, links: Path) -> None:
    """pip knows a lock file by its name, which may be that of a link."""
    write_two(links)
    cwd = truewheel.world.cwd
    digest = Sdist("second-one").sha256()
    (cwd / "lock").write_text(
        "lock-version = '1.0'\ncreated-by = 'me'\n[[packages]]\nname = 'second-one'\n"
        f"version = '1.0'\nsdist = {{path = '{links / 'second_one-1.0.tar.gz'}',"
        f" hashes = {{sha256 = '{digest}'}}}}\n"
    )
    (cwd / "pylock.toml").symlink_to("/dev/stdin")
    result = truewheel.wheel("-r", "pylock.toml", prefix=shell('"$@" < lock'))
    assert result.names == [SECOND]


# A build requirement says its version in the wheel that needed it.
ASKING = """
import tool_lib, tinybackend

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open(spec()["package"] + "/tool.json", "w") as file:
        json.dump(tool_lib.VERSION, file)
    return tinybackend.build_wheel(wheel_directory)
"""


def write_asking(links: Path) -> None:
    """Two sdists with different build requirements, so that two resolvers read the constraints."""
    for version in ("1.0", "2.0"):
        Wheel("tool-lib", version, files={"tool_lib.py": f"VERSION = '{version}'\n"}).write(links)
    Wheel("other-lib").write(links)
    write_all(
        links,
        Sdist("first-one", build_requires=["tool-lib"], backend=ASKING),
        Sdist("second-one", build_requires=["tool-lib", "other-lib"], backend=ASKING),
    )


def tools(wheels: Path) -> Dict[str, str]:
    found = {}
    for path in wheels.glob("*.whl"):
        with zipfile.ZipFile(path) as wheel:
            package = path.name.split("-")[0]
            found[package] = json.loads(wheel.read(f"{package}/tool.json"))
    return found


@pytest.mark.parametrize(
    "line",
    [
        'echo "tool-lib<2" | "$@" --build-constraint /dev/stdin',
        '"$@" --build-constraint <(echo "tool-lib<2")',
        '"$@" --build-constraint /dev/fd/3 3< limits.txt',
        'echo "tool-lib<2" | PIP_BUILD_CONSTRAINT=/dev/stdin "$@"',
        'echo "tool-lib<2" > pipe & "$@" --build-constraint pipe',
    ],
)
def test_build_constraints_count_in_every_environment(
    truewheel: Truewheel, links: Path, line: str
) -> None:
    write_asking(links)
    write_requirements(truewheel.world.cwd / "limits.txt", "tool-lib<2")
    result = truewheel.wheel("first-one", "second-one", prefix=shell(f"mkfifo pipe; {line}"))
    assert tools(result.wheels) == {"first_one": "1.0", "second_one": "1.0"}
    free = truewheel.wheel("first-one", "second-one", wheels=truewheel.world.base / "free")
    assert tools(free.wheels) == {"first_one": "2.0", "second_one": "2.0"}


def test_an_error_names_the_file_and_not_a_copy(truewheel: Truewheel, links: Path) -> None:
    write_asking(links)
    line = 'echo "tool lib" | "$@" --build-constraint /dev/stdin'
    result = truewheel.wheel("first-one", prefix=shell(line), code=2)
    assert "/dev/stdin:1: Invalid requirement" in result.errors[0], result.text
    line = 'echo "[wheel" | PIP_CONFIG_FILE=/dev/stdin "$@"'
    result = truewheel.wheel("first-one", prefix=shell(line), code=2)
    assert "/dev/stdin" in result.err and str(truewheel.world.tmp) not in result.text


def test_what_only_a_nested_file_names_is_refused_for_builds(
    truewheel: Truewheel, links: Path
) -> None:
    """As in pip, a file that build constraints name is read where they count. Nothing is there."""
    write_asking(links)
    write_requirements(truewheel.world.cwd / "limits.txt", "-c /dev/stdin")
    line = 'echo "tool-lib<2" | "$@" --build-constraint limits.txt'
    result = truewheel.wheel("first-one", prefix=shell(line), code=2)
    assert "'/dev/stdin' is another file for every process" in result.errors[0]


def test_configuration(truewheel: Truewheel, links: Path) -> None:
    """Read by the resolvers of build requirements too."""
    write_asking(links)
    out = truewheel.world.wheels
    config = f"[global]\\nno-index = true\\nfind-links = {links}\\n"
    for number, line in enumerate(
        [f'PIP_CONFIG_FILE=<(printf "{config}") "$@"',
         f'printf "{config}" | PIP_CONFIG_FILE=/dev/stdin "$@"']
    ):  # fmt: skip
        out = truewheel.world.base / str(number)
        arguments = ["wheel", "-w", out, "first-one", "second-one"]
        result = truewheel(*arguments, prefix=shell(line), wheels=out)
        assert result.names == [FIRST, SECOND]


LISTING = """
import tinybackend

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    for number in os.listdir("/proc/self/fd"):
        try:
            print("DESCRIPTOR", number, os.readlink("/proc/self/fd/" + number))
        except OSError:
            pass
    print("STDIN", repr(sys.stdin.read()))
    return tinybackend.build_wheel(wheel_directory)
"""


def test_no_build_gets_them(in_mode: Truewheel, links: Path) -> None:
    Sdist("first-one", build_requires=["tool-lib"], backend=LISTING).write(links)
    Wheel("tool-lib").write(links)
    secret = in_mode.world.base / "secret"
    secret.write_text("geheim")
    logs = in_mode.world.base / "logs"
    line = f'"$@" 3< {secret} 5< {secret} 7<> {secret} 77< {secret} < {secret}'
    in_mode.wheel("first-one", "--log-dir", logs, prefix=shell(line))
    (log,) = logs.glob("first*")
    text = log.read_text()
    assert "STDIN ''" in text and "DESCRIPTOR 0 /dev/null" in text
    assert "secret" not in text and "geheim" not in text


def test_more_than_can_be_passed_on(truewheel: Truewheel, links: Path) -> None:
    write_two(links)
    line = 'for n in {10..90}; do eval "exec $n< /dev/null"; done; exec "$@"'
    result = truewheel.wheel("first-one", prefix=shell(line))
    assert "was started with 82 open descriptors" in result.err and result.names == [FIRST]
