"""
docs/bazel.md: its files and commands as written, with the Bazel of their time: 0.21.0 from npm for
rules that start `python`, Debian's 4.2 for the younger ones.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Dict, Iterator

import pytest

from fixtures.bazel import PIP_BZL, WHL_BZL, Bazel, Machine, bazel, test_bin
from fixtures.bazel import write_files, write_workspace
from fixtures.documents import read_blocks

assert bazel and test_bin  # fixtures

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bazel.md"
EXAMPLES = ["pip_import", "wheelhouse"]
TEST = "import psutil\nassert psutil.Process().name()\n"
BUILD = """
load("@deps//:requirements.bzl", "all_requirements")
py_test(name = "example_test", srcs = ["example_test.py"], deps = all_requirements)
"""

# Repositories that Bazel would fetch for every py_test: stubs, with just what it looks for.
NATIVE = {
    "cc": "binary import library proto_library test toolchain toolchain_suite",
    "java": "binary import library package_configuration plugin runtime test toolchain",
}


COVERAGE = {
    "WORKSPACE": "",
    "BUILD": "".join(
        f'filegroup(name = "{name}", visibility = ["//visibility:public"])\n'
        for name in ("coverage_report_generator", "lcov_merger")
    ),
}


def native_rules(kind: str) -> Dict[str, str]:
    names = [f"{kind}_{name}" for name in NATIVE[kind].split()]
    names += ["objc_library"] if kind == "cc" else []
    text = "".join(f"{name} = native.{name}\n" for name in names)
    return {"WORKSPACE": "", f"{kind}/BUILD": "", f"{kind}/defs.bzl": text}


# The rules at the end of their time: the interpreter is an attribute, py_library is loaded.
PYTHON_ATTRIBUTE = '        "python_interpreter": attr.string(default = "python3"),\n'

# What rules_python's piptool.par does with a wheelhouse, where the interpreter is no truewheel.
PIPTOOL = """
import os, subprocess, sys
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
subprocess.check_call(["{python}", "-m", "pip", "wheel", "-q", "-w", options["--directory"],
                       "-r", options["--input"]], env=dict(os.environ, PYTHONPATH="{pip}"))
open("none.txt", "w").close()
options["--input"] = "none.txt"
subprocess.check_call(["truewheel", "piptool"] + [x for pair in options.items() for x in pair])
"""
WHLTOOL = """
import subprocess, sys
subprocess.check_call(["truewheel", "whltool"] + sys.argv[1:])
"""


def with_interpreter(bzl: str) -> str:
    bzl = bzl.replace('"python", ctx', "ctx.attr.python_interpreter, ctx")
    return bzl.replace("    attrs = {\n", "    attrs = {\n" + PYTHON_ATTRIBUTE)


def rules(python: Path, pip: Path) -> Dict[str, str]:
    files = {
        "WORKSPACE": 'workspace(name = "rules_python")\n',
        "python/BUILD": "",
        "python/pip.bzl": with_interpreter(PIP_BZL),
        "python/whl.bzl": with_interpreter(WHL_BZL),
        "python/defs.bzl": "py_library = native.py_library\n",
        "tools/BUILD": 'exports_files(["piptool.par", "whltool.par"])\n',
        "tools/piptool.par": PIPTOOL.format(python=python, pip=pip),
        "tools/whltool.par": WHLTOOL,
    }
    return {f"third_party/rules_python/{name}": text for name, text in files.items()}


@pytest.fixture
def environment(
    program: Path, tmp_path: Path, test_bin: Path  # noqa: F811
) -> Iterator[Dict[str, str]]:
    """
    PATH has truewheel, and a bazel that keeps everything of its own below tmp_path. Its stub of a
    py_test starts `python`, which not every machine has, and a failing test shows its own log.
    """
    bazel = os.environ.get("TRUEWHEEL_TEST_BAZEL") or shutil.which("bazel")
    if not bazel:
        pytest.skip("no bazel (Debian: bazel-bootstrap)")
    tools = tmp_path / "on-path"
    tools.mkdir()
    (tools / "truewheel").symlink_to(program)
    startup = ["--bazelrc=/dev/null", "--max_idle_secs=60", f"--output_base={tmp_path}/output"]
    options = ["--symlink_prefix=/", "--color=no", f"--disk_cache={tmp_path}/cache"]
    options += ["--test_output=errors", f"--test_env=PATH={test_bin}:/usr/bin:/bin"]
    stubs = {f"rules_{kind}": native_rules(kind) for kind in NATIVE}
    for name, files in {**stubs, "remote_coverage_tools": COVERAGE}.items():
        write_files(tmp_path / name, files)
        options.append(f"--override_repository={name}={tmp_path / name}")
    script = tools / "bazel"
    script.write_text(
        "#!/bin/sh\nverb=$1\nshift\n"
        f'exec {bazel} {" ".join(startup)} "$verb" {" ".join(options)} "$@"\n'
    )
    script.chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    (tmp_path / "WORKSPACE").touch()
    yield env
    subprocess.run([bazel, *startup, "shutdown"], cwd=tmp_path, env=env)


def run(text: str, directory: Path, env: Dict[str, str]) -> str:
    done = subprocess.run(
        ["sh", "-e", "-c", text],
        cwd=directory,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_every_block_is_run() -> None:
    blocks = read_blocks(PAGE)
    assert [block for block in blocks if not block.kind] == []
    assert {block.example for block in blocks} == {"unchanged", *EXAMPLES}
    assert len(blocks) == PAGE.read_text().count("\n```") / 2


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_rules_that_start_python(
    bazel: Bazel,  # noqa: F811
    program: Path,
    python: Path,
    test_bin: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    """A workspace of early 2019 and the recipe's two lines."""
    machine = Machine(bazel, tmp_path / "machine", python, test_bin)
    env = machine.environment()
    tools, output = tmp_path / "on-path", tmp_path / "output"
    (block,) = [block for block in read_blocks(PAGE) if block.example == "unchanged"]
    workspace = write_workspace(
        tmp_path / "workspace", "--no-binary psutil\npsutil==5.9.8\n", "import psutil\n"
    )
    path = f"--test_env=PATH={test_bin}:/usr/bin:/bin"
    startup = [f"--output_base={output}", f"--install_base={bazel.install_base}"]
    startup += ["--max_idle_secs=60", "--bazelrc=/dev/null"]
    script = f'#!/bin/sh\nverb=$1\nshift\nexec {bazel.program} {" ".join(startup)} "$verb"'
    write_files(tools, {"bazel": f'{script} {" ".join([*bazel.flags(), path])} "$@"\n'})
    (tools / "bazel").chmod(0o755)
    (tools / "truewheel").symlink_to(program)
    env["PATH"] = f"{tools}:{env['PATH']}"
    try:
        assert "PASSED" in run(block.text, workspace, env)
        (wheel,) = output.glob("external/deps/*.whl")
        subprocess.run([str(program), "normalize", "--check", str(wheel)], check=True)
    finally:
        bazel.run(workspace, output, env, "shutdown")


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("example", EXAMPLES)
def test_example(
    environment: Dict[str, str], python: Path, same_pip: Path, tmp_path: Path, example: str
) -> None:
    directory = tmp_path / example
    write_files(directory, {**rules(python, same_pip), "example_test.py": TEST, "BUILD": BUILD})
    output = ""
    for block in read_blocks(PAGE):
        if block.example != example:
            continue
        if block.kind == "file":
            write_files(directory, {block.file: block.text})
        else:
            output += run(block.text, directory, environment)
    assert "PASSED" in output, output
    assert not re.search("FAILED", output), output
