"""
Bazel's cache: py_test over pip_import, two machines, one --disk_cache.

The rules call the tools as those of January 2019 did; with truewheel as `python` the second machine
finds its test result in the cache, with plain pip in piptool's place it does not.
"""

from pathlib import Path

import pytest

from fixtures.bazel import Bazel, Machine, bazel, test_bin, write_workspace
from fixtures.samples import c_extension, pure
from fixtures.sdist import Sdist

assert bazel and test_bin  # fixtures

REPORT = "psutil==5.9.8\npytest==8.3.5\n"
FROM_SOURCE = "--no-binary psutil,pytest,pluggy,iniconfig,packaging\n"
IMPORTS = "import os, psutil, pytest\nassert psutil.pid_exists(os.getpid()), pytest.__version__\n"
HIT = "1 remote cache hit"

# Plain pip, then truewheel for the files that Bazel reads: only the wheels differ from the test.
CONTROL_PIPTOOL = """
import subprocess, sys
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
subprocess.check_call([{python!r}, "-m", "pip", "wheel", "-q", "--no-cache-dir",
                       "-w", options["--directory"], "-r", options["--input"]],
                      env=dict(__import__("os").environ, PYTHONPATH={pip!r}))
open("none.txt", "w").close()
options["--input"] = "none.txt"
words = [word for pair in options.items() for word in pair]
subprocess.check_call([{program!r}, "piptool", *words,
                       "--rules_python_repo=io_bazel_rules_python"])
"""
CONTROL_WHLTOOL = """
import subprocess, sys
subprocess.check_call([{program!r}, "whltool", *sys.argv[1:],
                       "--rules_python_repo=io_bazel_rules_python"])
"""


def passed(output: str) -> bool:
    return "//:it_test" in output and "PASSED" in output


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_report(
    bazel: Bazel, program: Path, test_bin: Path, tmp_path: Path  # noqa: F811
) -> None:
    outputs = []
    for name in ("one", "two"):
        machine = Machine(bazel, tmp_path / name, program, test_bin)
        workspace = write_workspace(machine.base / f"src-{name}", FROM_SOURCE + REPORT, IMPORTS)
        outputs.append(machine.test(workspace, tmp_path / "cache"))
    assert passed(outputs[0]) and HIT not in outputs[0], outputs[0]
    assert "(cached) PASSED" in outputs[1] and HIT in outputs[1], outputs[1]


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_control_with_plain_pip(
    bazel: Bazel,  # noqa: F811
    program: Path,
    python: Path,
    same_pip: Path,
    test_bin: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    """If pip's wheels were equal too, the test above would prove nothing."""
    names = {"program": str(program), "python": str(python), "pip": str(same_pip)}
    tools = {
        "piptool.par": CONTROL_PIPTOOL.format(**names),
        "whltool.par": CONTROL_WHLTOOL.format(**names),
    }
    requirements = "--no-binary psutil\n" + REPORT
    outputs = []
    for name in ("one", "two"):
        machine = Machine(bazel, tmp_path / name, python, test_bin)
        workspace = write_workspace(machine.base / "src", requirements, IMPORTS, tools)
        outputs.append(machine.test(workspace, tmp_path / "cache"))
    for output in outputs:
        assert passed(output) and HIT not in output, output


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_own_sdists_without_an_index(
    bazel: Bazel, program: Path, test_bin: Path, tmp_path: Path  # noqa: F811
) -> None:
    """A compiled extension that holds its build directory, extras across wheels, a namespace."""
    links = tmp_path / "links"
    links.mkdir()
    c_extension("native-one").write(links)
    pure("pure.one").write(links)
    Sdist("top", requires=["pure.one"], extras={"fast": ["native-one"]}).write(links)
    requirements = f"--no-index\n--find-links {links}\ntop[fast]\n"
    code = (
        "import os, native_one, pure_one, top\n"
        "assert any(name.endswith('.so') for name in os.listdir(native_one.__path__[0]))\n"
    )
    outputs = []
    for name in ("one", "two"):
        machine = Machine(bazel, tmp_path / name, program, test_bin)
        workspace = write_workspace(machine.base / "src", requirements, code)
        outputs.append(machine.test(workspace, tmp_path / "cache"))
    assert passed(outputs[0]) and HIT not in outputs[0], outputs[0]
    assert "(cached) PASSED" in outputs[1] and HIT in outputs[1], outputs[1]
