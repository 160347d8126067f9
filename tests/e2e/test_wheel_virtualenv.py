"""The Python that a run is for: a version, an interpreter or a virtual environment."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from fixtures import samples
from fixtures.index import Index
from fixtures.plainpip import PlainPip
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist
from fixtures.wheels import Wheel

Environ = Dict[str, Optional[str]]


@pytest.fixture
def venv(truewheel: Truewheel, python: Path) -> Path:
    """Below the home, where most are."""
    return make_venv(python, truewheel.world.home / "venv")


def make_venv(python: Path, place: Path, *options: str) -> Path:
    subprocess.run([str(python), "-m", "venv", "--without-pip", *options, str(place)], check=True)
    return place


def site_packages(venv: Path) -> Path:
    (found,) = (venv / "lib").glob("python*/site-packages")
    return found


def install(venv: Path, name: str, version: str, **files: str) -> None:
    """What an installer would leave."""
    site = site_packages(venv)
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    for file, text in files.items():
        (site / f"{file}.py").write_text(text)


def activated(venv: Path) -> Environ:
    return {"VIRTUAL_ENV": str(venv), "PIP_CONFIG_FILE": None}


# --------------------------------------------------------------------------------- configuration


@pytest.fixture
def indexes(truewheel: Truewheel, venv: Path) -> None:
    """The user's index has a newer secret-lib, as whoever attacks by its name would publish it."""
    for where, version in (("public", "9.9"), ("private", "1.0")):
        index = Index(truewheel.world.base / where)
        index.add(samples.write_wheel(truewheel.world.base / f"w-{where}", "secret-lib", version))
        index.add(Sdist("user-one", build_requires=["secret-lib"]).write(
            truewheel.world.base / f"s-{where}"))
        config = truewheel.world.home / ".config" / "pip" / "pip.conf"
        if where == "private":
            config = venv / "pip.conf"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f"[global]\nindex-url = {index.file_url}\n")


def wheel(truewheel: Truewheel, *arguments: object, env: Environ, code: int = 0) -> Any:
    out = truewheel.world.base / f"out-{len(truewheel.running)}"
    return truewheel("wheel", "-w", out, *arguments, env=env, wheels=out, code=code)


def named(venv: Path) -> Dict[str, "tuple[List[object], Environ]"]:
    return {
        "VIRTUAL_ENV": ([], activated(venv)),
        "--python DIRECTORY": (["--python", venv], {"PIP_CONFIG_FILE": None}),
        "--python PATH": (["--python", venv / "bin" / "python"], {"PIP_CONFIG_FILE": None}),
        "PIP_PYTHON": ([], {"PIP_PYTHON": str(venv), "PIP_CONFIG_FILE": None}),
        "--python X.Y": (["--python", "{0}.{1}".format(*sys.version_info)], activated(venv)),
    }


WAYS = list(named(Path("/")))


@pytest.mark.parametrize("way", WAYS)
def test_its_configuration_counts(
    truewheel: Truewheel, venv: Path, indexes: None, way: str, python: Path
) -> None:
    """Else the name that a private index has would come from the public one."""
    arguments, env = named(venv)[way]
    result = wheel(truewheel, *arguments, "secret-lib", env=env)
    assert result.names == ["secret_lib-1.0-py3-none-any.whl"]
    outside = wheel(truewheel, "secret-lib", env={"PIP_CONFIG_FILE": None})
    assert outside.names == ["secret_lib-9.9-py3-none-any.whl"]


def test_its_configuration_counts_for_build_requirements(
    truewheel: Truewheel, venv: Path, indexes: None
) -> None:
    report = truewheel.world.base / "report.json"
    wheel(truewheel, "--json", report, "user-one", env=activated(venv))
    (built,) = json.loads(report.read_text())["wheels"]
    (installed,) = built["environment"]["requires"]
    assert installed["version"] == "1.0"


def test_pip_in_it_says_the_same(
    truewheel: Truewheel, venv: Path, indexes: None, plain_pip: PlainPip
) -> None:
    """The control: a pip that runs there reads the same files in the same order."""
    out = truewheel.world.base / "pip"
    command = [str(venv / "bin" / "python"), "-m", "pip", "wheel", "-w", str(out), "secret-lib"]
    environment = truewheel.world.environment(
        {"PIP_CONFIG_FILE": None, "PYTHONPATH": str(plain_pip.directory)})
    subprocess.run(command, env=environment, check=True)
    assert [path.name for path in out.iterdir()] == ["secret_lib-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("variable", ["PIP_INDEX_URL", "PIP_CONFIG_FILE"])
def test_what_counts_more(
    truewheel: Truewheel, venv: Path, indexes: None, variable: str
) -> None:
    url = f"{(truewheel.world.base / 'public' / 'simple').as_uri()}/"
    config = truewheel.world.base / "other.conf"
    config.write_text(f"[global]\nindex-url = {url}\n")
    value = {"PIP_INDEX_URL": url, "PIP_CONFIG_FILE": str(config)}[variable]
    result = wheel(truewheel, "secret-lib", env={**activated(venv), variable: value})
    assert result.names == ["secret_lib-9.9-py3-none-any.whl"]


def test_no_index_of_an_environment(truewheel: Truewheel, venv: Path, indexes: None) -> None:
    (venv / "pip.conf").write_text("[global]\nno-index = true\n")
    result = wheel(truewheel, "secret-lib", env=activated(venv), code=4)
    assert "No matching distribution found for secret-lib" in result.err


# ------------------------------------------------------------------------------ without isolation

TOOL = """
import subprocess, tinybackend, tool_lib

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    said = subprocess.run(["tool-script"], stdout=subprocess.PIPE, text=True).stdout
    with open(spec()["package"] + "/tool.json", "w") as file:
        json.dump({"module": tool_lib.WHERE, "script": said}, file)
    return tinybackend.build_wheel(wheel_directory)
"""


def write_script(venv: Path) -> None:
    script = venv / "bin" / "tool-script"
    script.write_text(f"#!{venv}/bin/python\nimport tool_lib\nprint(tool_lib.WHERE, end='')\n")
    script.chmod(0o755)


def said(wheels: Path) -> Any:
    (path,) = wheels.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("needy_one/tool.json"))


@pytest.mark.parametrize("way", WAYS)
def test_builds_use_what_is_installed_there(
    in_mode: Truewheel, venv: Path, links: Path, way: str
) -> None:
    install(venv, "tool-lib", "1.5", tool_lib="WHERE = 'venv'\n")
    write_script(venv)
    Sdist("needy-one", build_requires=["tool-lib>=1"], backend=TOOL).write(links)
    arguments, env = named(venv)[way]
    env = {**env, "PIP_CONFIG_FILE": os.devnull}
    check = ["--no-build-isolation", "--check-build-dependencies"]
    result = in_mode.wheel(*check, *arguments, "needy-one", env=env)
    assert said(result.wheels) == {"module": "venv", "script": "venv"}
    out = in_mode.world.base / "outside"
    outside = in_mode.wheel(*check, "needy-one", code=1, wheels=out)  # the control
    assert "tool-lib>=1 is missing" in outside.err


def test_the_record_has_what_is_installed_there(
    truewheel: Truewheel, venv: Path, links: Path
) -> None:
    install(venv, "tool-lib", "1.5", tool_lib="WHERE = 'venv'\n")
    Sdist("needy-one").write(links)
    report = truewheel.world.base / "report.json"
    env = {"VIRTUAL_ENV": str(venv)}
    truewheel.wheel("--no-build-isolation", "--json", report, "needy-one", env=env)
    (built,) = json.loads(report.read_text())["wheels"]
    assert {"name": "tool-lib", "version": "1.5"} in built["environment"]["installed"]
    assert "setuptools" not in json.dumps(built["environment"]["installed"])


def test_path_files_of_an_environment(truewheel: Truewheel, venv: Path, links: Path) -> None:
    """As an editable installation has them; --bind shows what they lead to."""
    source = truewheel.world.home / "source"
    source.mkdir()
    (source / "tool_lib.py").write_text("WHERE = 'source'\n")
    (site_packages(venv) / "tool.pth").write_text(f"{source}\n")
    write_script(venv)
    Sdist("needy-one", backend=TOOL).write(links)
    arguments = ["--no-build-isolation", "--bind", source, "needy-one"]
    result = truewheel.wheel(*arguments, env={"VIRTUAL_ENV": str(venv)})
    assert said(result.wheels)["module"] == "source"


def test_isolated_builds_do_not_see_it(truewheel: Truewheel, venv: Path, links: Path) -> None:
    install(venv, "tool-lib", "1.5", tool_lib="WHERE = 'venv'\n")
    Wheel("tool-lib", "1.0", files={"tool_lib.py": "WHERE = 'links'\n"}).write(links)
    Sdist("needy-one", build_requires=["tool-lib"], backend=TOOL.replace(
        'subprocess.run(["tool-script"], stdout=subprocess.PIPE, text=True).stdout',
        f"os.path.exists({str(venv)!r})")).write(links)
    result = truewheel.wheel("needy-one", env={"VIRTUAL_ENV": str(venv)})
    assert said(result.wheels) == {"module": "links", "script": False}


# ------------------------------------------------------------------------------------ other ones


def test_what_is_none(truewheel: Truewheel, links: Path, tmp_path: Path) -> None:
    samples.pure().write(links)
    empty = tmp_path / "empty"
    empty.mkdir()
    result = truewheel.wheel("pure-one", env={"VIRTUAL_ENV": str(empty)})
    assert f"VIRTUAL_ENV={empty} is no virtual environment, and ignored" in result.err
    for arguments, env, word in (
        (["--python", empty], {}, "it has no bin/python"),
        (["--python", empty / "none"], {}, "--python '"),
        ([], {"PIP_PYTHON": "/not/there/python"}, "PIP_PYTHON '/not/there/python'"),
        (["--python", links / "pure_one-1.0.tar.gz"], {}, "Permission denied"),
    ):
        result = truewheel.wheel(*arguments, "pure-one", env=env, code=2)
        assert word in result.errors[0], result.text


def other_installation(python: Path) -> Path:
    """The same version, but another installation."""
    version = "{0}.{1}".format(*sys.version_info)
    for path in (Path(f"/usr/bin/python{version}"), Path(f"/usr/local/bin/python{version}")):
        if path.exists() and path.resolve() != python.resolve():
            return path
    pytest.skip(f"there is one Python {version}")


def test_another_installation_of_that_version(
    truewheel: Truewheel, links: Path, python: Path
) -> None:
    """What was named is what must build; what is activated may be there by chance."""
    samples.pure().write(links)
    other = other_installation(python)
    result = truewheel.wheel("--python", other, "pure-one", code=3)
    assert f"--python means {other.resolve()}, and the engine" in result.errors[0]
    assert f"make PYTHON={other.resolve()}" in result.err
    venv = truewheel.world.base / "other"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(other)
    (venv / "pyvenv.cfg").write_text(f"home = {other.parent}\nversion = {sys.version.split()[0]}\n")
    env = {"VIRTUAL_ENV": str(venv)}
    result = truewheel.wheel("pure-one", env=env)
    assert f"the virtual environment {venv} is of {other.resolve()}; builds are for" in result.err
    result = truewheel.wheel("--no-build-isolation", "pure-one", env=env, code=3)
    assert f"the virtual environment {venv} is of {other.resolve()}" in result.errors[0]


def of_version(python: Path, place: Path, key: str, version: str) -> Path:
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").symlink_to(python)
    (place / "pyvenv.cfg").write_text(f"home = /usr/bin\n{key} = {version}\n")
    return place


@pytest.mark.parametrize("key, version", [("version", "3.4.1"), ("version_info", "3.4.1.final.0")])
def test_another_version(
    truewheel: Truewheel, links: Path, python: Path, key: str, version: str
) -> None:
    """Wheels for another Python than that of the environment would be of no use there."""
    samples.pure().write(links)
    venv = of_version(python, truewheel.world.base / "old", key, version)
    env = {"VIRTUAL_ENV": str(venv)}
    result = truewheel.wheel("pure-one", env=env, code=3)
    assert "there is no engine for Python 3.4" in result.errors[0]
    ours = "{0}.{1}".format(*sys.version_info)
    result = truewheel.wheel("--python", ours, "pure-one", env=env)
    assert f"--python {ours}: the virtual environment {venv} is of another version" in result.err


def test_a_python_of_pips_configuration(
    truewheel: Truewheel, links: Path, venv: Path, tmp_path: Path
) -> None:
    """pip would start anew in it; here it must be the one that builds."""
    samples.pure().write(links)
    config = tmp_path / "pip.conf"
    config.write_text("[global]\npython = /not/there\n")
    env = {"PIP_CONFIG_FILE": str(config)}
    result = truewheel.wheel("pure-one", env=env, code=2)
    assert "pip's configuration says python = /not/there" in result.errors[0]
    assert truewheel.wheel("--python", venv, "pure-one", env=env).names
    config.write_text(f"[global]\npython = {venv}\n")
    assert truewheel.wheel("pure-one", env={**env, "VIRTUAL_ENV": str(venv)}).names
