"""truewheel under other names: the tools, and a stand-in for the interpreter."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import pytest

from fixtures import samples
from fixtures.runner import Truewheel, World
from fixtures.wheels import Wheel

SCRIPT = """
import json, os, sys
print(json.dumps([sys.argv, sys.executable, sys.prefix, dict(os.environ), sys.flags.isolated]))
"""


def link(program: Path, directory: Path, name: str) -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.symlink_to(program)
    return path


def run(
    command: Sequence[object],
    world: World,
    env: Optional[Dict[str, str]] = None,
    stdin: str = "",
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(part) for part in command],
        cwd=world.cwd,
        env={**world.environment(), **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("name", ["piptool", "piptool.par", "piptool.py", "whltool.par", "whltool"])
def test_program_name_chooses_the_tool(program: Path, world: World, name: str) -> None:
    done = run([link(program, world.base / "bin", name), "--help"], world)
    assert done.returncode == 0
    assert f"usage: truewheel {name.partition('.')[0]} " in done.stdout


def test_a_copy_works_like_a_link(program: Path, world: World, tmp_path: Path) -> None:
    copy = tmp_path / "whltool.par"
    shutil.copy(program, copy)
    wheel = Wheel("six").write(tmp_path)
    done = run([copy, "--whl", wheel, "--directory", tmp_path / "out"], world)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "six" / "__init__.py").exists()


@pytest.mark.parametrize("name", ["python", "python3", "python{version}", "truewheel-python"])
@pytest.mark.parametrize("options", [[], ["-B"], ["-IS", "-X", "utf8"], ["-W", "error", "--"]])
def test_an_interpreter_that_is_given_the_script(
    program: Path, world: World, tmp_path: Path, name: str, options: List[str], python: Path
) -> None:
    """The script need not exist; the repository of its rules is in its path."""
    name = name.format(version=version_of([python], world))
    script = "/nowhere/external/io_bazel_rules_python/tools/whltool.par"
    wheel = Wheel("six").write(tmp_path)
    command = [link(program, world.base / "bin", name), *options, script, "--whl", wheel]
    done = run([*command, "--requirements", "@p//:requirements.bzl"], world)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    text = (world.cwd / "BUILD").read_text()
    assert text.startswith('load("@p//:requirements.bzl", "requirement")\n')


TODAYS_MODULE = "python.private.pypi.whl_installer.wheel_installer"
OLD_MODULE = "python.pip_install.tools.wheel_installer.wheel_installer"


@pytest.mark.parametrize("module", [TODAYS_MODULE, "rules.whl_installer.wheel_installer"])
@pytest.mark.parametrize("form", [["-m", "{}"], ["-m{}"], ["-Im", "{}"], ["-B", "-m", "{}"]])
def test_an_interpreter_that_is_given_the_module(
    program: Path, world: World, module: str, form: List[str]
) -> None:
    options = [part.format(module) for part in form]
    done = run([link(program, world.base / "bin", "python3"), *options, "--help"], world)
    assert done.returncode == 0
    assert "usage: truewheel wheel_installer " in done.stdout


@pytest.mark.parametrize(
    "arguments_py, is_ours",
    [('"--requirement", "--whl-file"', True), ('"--requirement", "--repo"', False), (None, False)],
)
def test_the_module_of_older_rules(
    program: Path, world: World, arguments_py: Optional[str], is_ours: bool
) -> None:
    """Until 0.26 it took other options; with those the real interpreter runs it."""
    package = world.base / "rules" / "python" / "pip_install" / "tools" / "wheel_installer"
    package.mkdir(parents=True)
    (package / "wheel_installer.py").write_text("import sys; print('theirs', *sys.argv[1:])\n")
    if arguments_py is not None:
        (package / "arguments.py").write_text(f"OPTIONS = [{arguments_py}]\n")
    fake = link(program, world.base / "bin", "python3")
    env = {"PYTHONPATH": f"/nowhere:{world.base / 'rules'}"}
    done = run([fake, "-m", OLD_MODULE, "--help"], world, env)
    assert done.returncode == 0, done.stderr
    if is_ours:
        assert "usage: truewheel wheel_installer " in done.stdout
    else:
        assert done.stdout == "theirs --help\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["{script}", "a b", "", "--flag", "-c", "piptool.par"],
        ["-I", "{script}", "x"],
        ["-c", SCRIPT, "piptool.par", "--name"],
        ["-I", "-c", SCRIPT],
        ["-m", "shown", "-m", "whl_installer"],
        ["-"],
        [],
    ],
)
def test_everything_else_reaches_the_real_interpreter(
    program: Path, python: Path, world: World, arguments: List[str]
) -> None:
    script = world.cwd / "shown.py"
    script.write_text(SCRIPT)
    words = [word.format(script=script) if "{script}" in word else word for word in arguments]
    fake = link(program, world.base / "bin", "python3")
    env = {"SPECIAL": "a\nb", "PATH": f"{fake.parent}:{os.environ['PATH']}"}
    real = run([python, *words], world, env, stdin=SCRIPT)
    ours = run(["python3", *words], world, env, stdin=SCRIPT)
    assert real.returncode == ours.returncode == 0
    assert json.loads(ours.stdout) == json.loads(real.stdout)


@pytest.mark.parametrize(
    "arguments",
    [["-B", "-I", "-c", SCRIPT], ["-BIc", SCRIPT], ["-Sm", "shown"], ["-W", "error", "-"]],
)
def test_the_link_was_resolved(
    program: Path, python: Path, world: World, arguments: List[str]
) -> None:
    """Today's rules run what their python_interpreter points to, by its own name."""
    (world.cwd / "shown.py").write_text(SCRIPT)
    resolved = link(program, world.base / "bin", "python").resolve()
    assert "python" not in resolved.name
    real = run([python, *arguments], world, stdin=SCRIPT)
    ours = run([resolved, *arguments], world, stdin=SCRIPT)
    assert real.returncode == ours.returncode == 0, ours.stderr
    assert json.loads(ours.stdout) == json.loads(real.stdout)


def test_the_module_where_the_link_was_resolved(program: Path, world: World) -> None:
    done = run([program.resolve(), "-B", "-m", TODAYS_MODULE, "--help"], world)
    assert done.returncode == 0
    assert "usage: truewheel wheel_installer " in done.stdout


@pytest.mark.parametrize("argument", ["-h", "--help", "--version", "-v", "-q", "-", "--nonsense"])
def test_truewheels_own_options_stay_its_own(program: Path, world: World, argument: str) -> None:
    done = run([program.resolve(), argument], world)
    known = argument in ("-h", "--help", "--version")
    assert (done.returncode, "truewheel" in done.stdout) == (0 if known else 2, known)


def test_exit_status_and_signal_are_the_interpreters(program: Path, world: World) -> None:
    fake = link(program, world.base / "bin", "python")
    assert run([fake, "-c", "import sys; sys.exit(77)"], world).returncode == 77
    kill = "import os; os.kill(os.getpid(), 9)"
    assert run([fake, "-c", kill], world).returncode == -signal.SIGKILL
    assert run([fake, "--no-such-option"], world).returncode == 2


def test_descriptors_and_signals_pass_through(program: Path, world: World) -> None:
    """Bazel's process wrapper and make hand descriptors down; SIGPIPE stays as it was."""
    fake = link(program, world.base / "bin", "python")
    read_end, write_end = os.pipe()
    code = f"import os; os.write({write_end}, open('/proc/self/status', 'rb').read())"
    subprocess.run([str(fake), "-c", code], pass_fds=[write_end], check=True)
    os.close(write_end)
    status = os.read(read_end, 1 << 16).decode()
    os.close(read_end)
    direct = subprocess.run(
        ["cat", "/proc/self/status"], stdout=subprocess.PIPE, text=True
    ).stdout
    for line in status.splitlines():
        if line.startswith(("SigBlk", "ShdPnd")):
            assert line in direct


def version_of(
    command: Sequence[object], world: World, env: Optional[Dict[str, str]] = None
) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = run([*command, "-c", code], world, env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def engines(build_directory: Path) -> List[str]:
    stem = "truewheel-engine-"
    return [path.name[len(stem):] for path in build_directory.glob(f"{stem}*")]


def test_the_version_in_its_name(
    build_directory: Path, truewheel: Truewheel, tmp_path: Path
) -> None:
    """A link called python3.14 is 3.14: for probes and for wheels, by whichever path."""
    world = truewheel.world
    samples.c_extension().write(truewheel.links)
    assert engines(build_directory)
    for version in engines(build_directory):
        fake = link(truewheel.program, tmp_path / version, f"python{version}")
        assert version_of([fake], world) == version
        by_name = {"PATH": f"{fake.parent}:{os.environ['PATH']}"}
        assert version_of([fake.name], world, by_name) == version
        arguments = json.dumps({"arg": ["--no-index", "-f", str(truewheel.links)]})
        command = ["-m", TODAYS_MODULE, "--requirement", "native-one"]
        done = run([fake, *command, "--extra_pip_args", arguments], world)
        assert done.returncode == 0, done.stderr
        tag = "cp" + version.replace(".", "")
        assert f"-{tag}-{tag}-" in json.loads((world.cwd / "whl_file.json").read_text())["whl_file"]


def test_a_version_without_an_engine(program: Path, world: World) -> None:
    """An error that says how to get it, and not another version's answers."""
    fake = link(program, world.base / "bin", "python3.99")
    script = ["/nowhere/tools/piptool.par", "--name", "x", "--input", "r", "--output", "o"]
    for arguments in (["-c", "pass"], [*script, "--directory", "d"]):
        done = run([fake, *arguments], world)
        assert done.returncode == 3 and not done.stdout
        error, hint = done.stderr.splitlines()
        assert error.startswith("truewheel: there is no engine for Python 3.99")
        assert "make PYTHON=python3.99" in hint and "TRUEWHEEL_PYTHON" in hint
    other = world.base / "other"
    other.write_text('#!/bin/sh\necho other "$@"\n')
    other.chmod(0o755)
    done = run([fake, "-c", "x"], world, {"TRUEWHEEL_PYTHON": str(other)})
    assert done.stdout == "other -c x\n"


def test_truewheel_python_names_the_interpreter(program: Path, world: World) -> None:
    fake = link(program, world.base / "bin", "python")
    other = world.base / "other"
    other.write_text('#!/bin/sh\necho other "$@"\n')
    other.chmod(0o755)
    done = run([fake, "-c", "x"], world, {"TRUEWHEEL_PYTHON": str(other)})
    assert done.stdout == "other -c x\n"


def write_shim(world: World, text: str) -> Path:
    shim = world.base / "shim"
    shim.write_text("#!/bin/sh\n" + text)
    shim.chmod(0o755)
    return shim


def test_a_shim_that_leads_back(program: Path, world: World, tmp_path: Path) -> None:
    """One that looks for python3 on PATH finds truewheel, as interpreter and for markers."""
    fake = link(program, world.base / "bin", "python3")
    env = {"PATH": f"{fake.parent}:{os.environ['PATH']}"}
    env["TRUEWHEEL_PYTHON"] = str(write_shim(world, 'exec python3 "$@"\n'))
    done = run([fake, "-c", "x"], world, env)
    assert done.returncode == 3
    assert done.stderr.startswith("truewheel: TRUEWHEEL_PYTHON leads back to truewheel: ")
    assert len(done.stderr.splitlines()) == 2
    wheel = Wheel("six").write(tmp_path)
    done = run([fake, "/external/r/tools/whltool.par", "--whl", wheel], world, env)
    assert done.returncode == 3 and "leads back to truewheel" in done.stderr


def test_a_shim_that_does_not(program: Path, python: Path, world: World) -> None:
    """Its Python may start another one by the same name; and below it nothing of ours stays."""
    fake = link(program, world.base / "bin", "python3")
    env = {"PATH": f"{fake.parent}:{os.environ['PATH']}"}
    env["TRUEWHEEL_PYTHON"] = str(write_shim(world, f'exec {python} "$@"\n'))
    code = "import os, subprocess as s; s.check_call(['python3', '-c', 'print(6 * 7)'])"
    done = run([fake, "-c", code], world, env)
    assert (done.returncode, done.stdout) == (0, "42\n"), done.stderr
    code = "import os; os.environ.pop('TRUEWHEEL_PYTHON'); os.execlp(*['python3'] * 2, '-c', '{}')"
    shown = "print(__import__(\"os\").environ.get(\"TRUEWHEEL_PYTHON_START\"))"
    done = run([fake, "-c", code.format(shown)], world, env)
    assert (done.returncode, done.stdout) == (0, "None\n"), done.stderr


@pytest.mark.parametrize("kind", ["link", "copy", "name"])
def test_truewheel_is_never_its_own_interpreter(program: Path, world: World, kind: str) -> None:
    fake = link(program, world.base / "bin", "python")
    if kind == "copy":
        fake.unlink()
        shutil.copy(program, fake)
    named = "python" if kind == "name" else str(fake)
    done = run([fake, "-c", "x"], world, {"TRUEWHEEL_PYTHON": named, "PATH": str(fake.parent)})
    assert done.returncode == 3
    assert done.stderr.startswith("truewheel: TRUEWHEEL_PYTHON: ")


def test_a_name_is_searched_for_beyond_truewheel(program: Path, world: World) -> None:
    fake = link(program, world.base / "bin", "python3")
    env = {"TRUEWHEEL_PYTHON": "python3", "PATH": f"{fake.parent}:{Path(sys.executable).parent}"}
    done = run([fake, "-c", "print(6 * 7)"], world, env)
    assert (done.returncode, done.stdout) == (0, "42\n")
