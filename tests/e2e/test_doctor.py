"""`truewheel doctor`: what it finds on machines that lack something, and what it says to type."""

import json
import os
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any, Dict, List

import pytest

from fixtures import samples
from fixtures.index import Handler, Index, Server
from fixtures.runner import Truewheel

PROGRAMS = ("cc c++ make cmake ninja pkg-config gfortran rustc cargo go git").split()


def examine(truewheel: Truewheel, *arguments: object, **more: Any) -> Dict[str, Dict[str, Any]]:
    """The findings by name. The exit status and `fit` say the same."""
    result = truewheel("doctor", "--json", *arguments, **{"code": None, **more})
    found = json.loads(result.out)
    assert found["format"] == 1
    lacking = [one for one in found["findings"] if one["needed"] and one["state"] == "missing"]
    assert found["fit"] == (not lacking) and result.code == (1 if lacking else 0), result.text
    assert {one["state"] for one in found["findings"]} <= {"ok", "warn", "missing"}
    return {one["name"]: one for one in found["findings"]}


@pytest.fixture
def programs(open_tmp: Path) -> Path:
    """A directory for PATH with programs that say a version, all but Go."""
    for name in PROGRAMS:
        if name != "go":
            path = open_tmp / name
            path.write_text(f"#!/bin/sh\necho {name} version 1.2\n")
            path.chmod(0o755)
    return open_tmp


@pytest.fixture
def index(tmp_path: Path) -> Index:
    made = Index(tmp_path / "index")
    made.add(samples.pure().write(tmp_path / "made"))
    return made


def test_whole_machine(truewheel: Truewheel, programs: Path, index: Index) -> None:
    found = examine(truewheel, "-i", index.file_url, "--env", f"PATH={programs}", code=0)
    assert found["cc"]["text"].startswith("cc version 1.2") and found["cc"]["needed"]
    assert str(programs / "rustc") in found["rustc"]["text"]
    assert found["go"]["state"] == "missing" and not found["go"]["needed"]
    assert found[index.file_url]["state"] == "ok" and found[index.file_url]["needed"]
    assert {"truewheel", "kernel", "libzip", "namespaces", "memory", "store", "logs"} <= set(found)
    assert any(name.startswith("engine 3.") for name in found)
    # pip asks rustc for its version, whose rustup makes a directory.
    assert not [path for path in truewheel.world.home.iterdir() if path.name != ".rustup"]
    assert not list(truewheel.world.tmp.iterdir())


def test_text_has_the_same(truewheel: Truewheel, programs: Path) -> None:
    arguments = ["--offline", "--env", f"PATH={programs}"]
    text = truewheel("doctor", *arguments).out
    for name, finding in examine(truewheel, *arguments).items():
        assert any(line.split()[:1] == [finding["state"]] and f" {name} " in line
                   for line in text.splitlines()), name
    assert text.endswith("\nnothing that is needed is missing\n")
    lacking = truewheel("doctor", "--offline", "--env", "PATH=/nonexistent", code=1).out
    assert lacking.splitlines()[-1] == "needed, and missing: cc"


def test_no_compiler(truewheel: Truewheel) -> None:
    found = examine(truewheel, "--offline", "--env", "PATH=/nonexistent", code=1)
    assert {found[name]["state"] for name in PROGRAMS} == {"missing"}
    assert "/nonexistent" in found["cc"]["text"]
    assert [name for name in PROGRAMS if found[name]["needed"]] == ["cc"]
    if "debian" in Path("/etc/os-release").read_text():
        assert found["cc"]["remedy"] == "apt-get install gcc libc6-dev"


def test_program_that_does_not_run(truewheel: Truewheel, programs: Path) -> None:
    (programs / "cmake").write_text("#!/bin/sh\nexit 3\n")
    found = examine(truewheel, "--offline", "--env", f"PATH={programs}")
    assert found["cmake"]["state"] == "warn" and "does not run" in found["cmake"]["text"]


def test_no_namespaces(truewheel: Truewheel, programs: Path, build_directory: Path) -> None:
    """Builds go on without isolation, so that it is a warning."""
    tool = [str(build_directory / "truewheel-test-tool"), "deny-ns"]
    if not Path(tool[0]).exists():
        pytest.skip("truewheel-test-tool is not built (TRUEWHEEL_TESTS is OFF)")
    arguments = ["--offline", "--env", f"PATH={programs}"]
    found = examine(truewheel, *arguments, prefix=tool, code=0)
    assert found["namespaces"]["state"] == "warn" and found["namespaces"]["remedy"]
    assert "builds are not isolated" in found["namespaces"]["text"]
    foreign = truewheel.world.base / "foreign"
    foreign.mkdir()
    foreign.chmod(0o777)
    found = examine(truewheel, *arguments, "--build-root", foreign, prefix=tool, code=0)
    assert found["build root"]["state"] == "warn" and "mapped mode" in found["build root"]["text"]
    assert "--build-root" in found["build root"]["remedy"]


class Refusing(Handler):
    """An index that wants a password."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()


def unused_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


def examine_index(truewheel: Truewheel, programs: Path, *arguments: object) -> Dict[str, Any]:
    env = {"NO_PROXY": "*"}
    found = examine(truewheel, "--env", f"PATH={programs}", *arguments, env=env)
    (one,) = [finding for finding in found.values() if finding["area"] == "index"]
    return one


def test_index_that_answers(
    truewheel: Truewheel, programs: Path, index: Index, tmp_path: Path
) -> None:
    with Server(index.root) as server:
        found = examine_index(truewheel, programs, "-i", server.url + "simple/")
    assert found["state"] == "ok" and found["text"].startswith("404"), "it does not know pip"


def test_unreachable_index(truewheel: Truewheel, programs: Path) -> None:
    url = f"http://me:secret@127.0.0.1:{unused_port()}/simple"
    found = examine_index(truewheel, programs, "-i", url)
    assert found["state"] == "missing" and "127.0.0.1" in found["text"]
    assert "--no-index" in found["remedy"]
    assert "secret" not in json.dumps(found)


def test_silent_index(truewheel: Truewheel, programs: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        found = examine_index(truewheel, programs, "-i", url, "--timeout", "0.5")
    assert found["state"] == "missing" and "--timeout" in found["remedy"]


def test_index_that_wants_a_password(
    truewheel: Truewheel, programs: Path, index: Index
) -> None:
    with Server(index.root, Refusing) as server:
        found = examine_index(truewheel, programs, "-i", server.url + "simple/")
    assert found["state"] == "missing" and found["text"].startswith("401")
    assert "password" in found["remedy"]


def test_index_without_a_right_certificate(
    truewheel: Truewheel, programs: Path, index: Index
) -> None:
    with Server(index.root) as server:
        url = server.url.replace("http:", "https:") + "simple/"
        found = examine_index(truewheel, programs, "-i", url)
    assert found["state"] == "missing" and "--cert" in found["remedy"], found


def test_wrong_configuration_of_pip(truewheel: Truewheel, programs: Path) -> None:
    found = examine_index(truewheel, programs, "--timeout", "soon")
    assert found["state"] == "missing" and "--timeout" in found["text"]


def test_pips_configuration_counts(truewheel: Truewheel, programs: Path, index: Index) -> None:
    config = truewheel.world.base / "pip.conf"
    config.write_text(f"[global]\nindex-url = {index.file_url}\n")
    found = examine(
        truewheel, "--env", f"PATH={programs}", env={"PIP_CONFIG_FILE": str(config)}, code=0)
    assert found[index.file_url]["state"] == "ok"


def test_virtual_environment(
    truewheel: Truewheel, programs: Path, index: Index, python: Path
) -> None:
    """Its own pip.conf counts, as for a run that it is activated for."""
    venv = truewheel.world.base / "venv"
    subprocess.run([str(python), "-m", "venv", "--without-pip", str(venv)], check=True)
    (venv / "pip.conf").write_text(f"[global]\nindex-url = {index.file_url}\n")
    env = {"VIRTUAL_ENV": str(venv), "PIP_CONFIG_FILE": None}
    found = examine(truewheel, "--env", f"PATH={programs}", env=env, code=0)
    assert str(venv) in found["environment"]["text"]
    assert found[index.file_url]["state"] == "ok"


def test_offline_asks_nobody(truewheel: Truewheel, programs: Path) -> None:
    asked: List[str] = []

    class Watching(Handler):
        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

    with Server(truewheel.world.cwd, Watching) as server:
        arguments = ["-i", server.url, "--env", f"PATH={programs}"]
        found = examine(truewheel, "--offline", *arguments, code=0)
        assert not asked and not [one for one in found.values() if one["area"] == "index"]
        examine(truewheel, *arguments, env={"NO_PROXY": "*"})
        assert asked, "without --offline it is asked"


def test_no_engine(truewheel: Truewheel, programs: Path) -> None:
    arguments = ["--offline", "--env", f"PATH={programs}", "--python", "3.1"]
    found = examine(truewheel, *arguments, code=1)
    assert "no engine for Python 3.1" in found["engine"]["text"]
    assert "make PYTHON=python3.1" in found["engine"]["remedy"]


def test_python_without_an_engine(truewheel: Truewheel, programs: Path) -> None:
    other = programs / "python3.19"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    found = examine(
        truewheel, "--offline", "--env", f"PATH={programs}", env={"PATH": path}, code=0)
    assert found["python3.19"]["state"] == "warn"
    assert found["python3.19"]["remedy"].startswith(f"make PYTHON={other}")


def test_stores(truewheel: Truewheel, programs: Path, links: Path) -> None:
    samples.pure().write(links)
    store = {"TRUEWHEEL_NO_CACHE": None}
    arguments = ["--offline", "--env", f"PATH={programs}"]
    assert "made by the first run" in examine(truewheel, *arguments, env=store)["store"]["text"]
    truewheel.wheel("pure-one", env=store)
    found = examine(truewheel, *arguments, env=store)["store"]
    assert found["state"] == "ok" and "entries, " in found["text"]
    assert examine(truewheel, *arguments)["store"]["state"] == "warn", "TRUEWHEEL_NO_CACHE"
    (truewheel.world.base / "open").mkdir()
    (truewheel.world.base / "open").chmod(0o777)
    env = {**store, "TRUEWHEEL_CACHE_DIR": str(truewheel.world.base / "open")}
    assert examine(truewheel, *arguments, env=env)["store"]["remedy"]


def test_usage(truewheel: Truewheel) -> None:
    assert "'x'" in truewheel("doctor", "x", code=2).errors[0]
    assert "absolute" in truewheel("doctor", "--build-root", "x", code=2).errors[0]
