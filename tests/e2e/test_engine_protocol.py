"""docs/engine-protocol.md names every frame and every field that exists, and no others."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import frames_in_code, hostile, protocol, samples
from fixtures.frames import Message, read_messages
from fixtures.programs import SOURCE
from fixtures.protocol import Frame
from fixtures.repositories import commit
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist, write_all
from fixtures.wheels import Wheel

PAGE = SOURCE / "docs" / "engine-protocol.md"
FRAMES = protocol.read_frames(PAGE)


# -------------------------------------------------------------------------------------- recordings


class Recorder:
    """Runs truewheel, and keeps what it sent and received."""

    def __init__(self, truewheel: Truewheel, library: Path) -> None:
        self.truewheel, self.library = truewheel, library
        self.messages: list[Message] = []

    def run(self, *arguments: object, code: int | None = 0, command: str = "", **more: str) -> None:
        """`wheel` with the links of the test, or another command with these arguments alone."""
        record = self.truewheel.world.base / "frames"
        env = {"LD_PRELOAD": str(self.library), "RECORD_FRAMES": str(record), **more}
        if command:
            self.truewheel(command, *arguments, code=code, env=env)
        else:
            self.truewheel.wheel(*arguments, code=code, env=env)
        self.messages += read_messages(record)
        record.unlink()


@pytest.fixture
def recorder(truewheel: Truewheel, build_directory: Path) -> Recorder:
    library = build_directory / "tests" / "libtest-record_frames.so"
    if not library.exists():
        pytest.skip("the library to preload is not built")
    return Recorder(truewheel, library)


@pytest.fixture
def toolchain(open_tmp: Path) -> Path:
    """A directory for PATH with a cargo that has nothing to fetch, for whom any rustc will do."""
    sysroot = open_tmp / "rust"
    (sysroot / "bin").mkdir(parents=True)
    for name, said in (("cargo", ""), ("rustc", str(sysroot))):
        program = sysroot / "bin" / name
        program.write_text(f"#!/bin/sh\necho {said}\n")
        program.chmod(0o755)
    return sysroot / "bin"


def run_builds(recorder: Recorder, links: Path, toolchain: Path) -> None:
    """Sources of every kind."""
    rusty = Sdist("rusty-one", files={"Cargo.toml": "[package]\nname = 'rusty'\n"})
    static = Sdist("static-one", metadata_version="2.2")
    asking = Sdist("asking-one", build_requires=["plain-lib"], dynamic_requires=["pure-one"])
    write_all(links, samples.pure(), rusty, static, asking)
    Wheel("plain-lib").write(links)
    tree = Sdist("tree-one").write_tree(links.parent / "tree")
    recorder.run("pure-one[nothing]", "rusty-one", "static-one", "asking-one", tree, "plain-lib",
                 "-C", "key=value", PATH=f"{toolchain}:/usr/bin:/bin")
    repository = links.parent / "repository"
    local = Sdist("local-one").write_tree(repository / "project")
    (local / "programs").symlink_to("/usr/bin")
    (repository / ".gitignore").write_text("ignored\n")
    (repository / "ignored").write_text("")
    commit(repository)
    recorder.run(local)
    recorder.run(local, "--env", "PATH=/nonexistent")  # a warning: there is no git in the build
    recorder.run("pure-one==1.0", "--mode", "mapped")
    page = links.parent / "page.html"
    wheel = Wheel("yanked-one").write(links.parent)
    page.write_text(f'<a href="{wheel.as_uri()}" data-yanked="why">{wheel.name}</a>')
    recorder.run("yanked-one==1.0", "--find-links", page)
    site = links.parent / "site"
    info = site / "tool-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tool\nVersion: 1.0\n")
    recorder.run("pure-one", "--no-build-isolation", "--bind", site, "--env", f"PYTHONPATH={site}")


def run_locks(recorder: Recorder, links: Path) -> None:
    """With the sources of run_builds."""
    lock = recorder.truewheel.world.cwd / "pylock.toml"
    recorder.run("asking-one", "--lock", lock)
    recorder.run("--locked", lock)
    lock.write_text(lock.read_text().replace('compiler = "', 'compiler = "another '))
    recorder.run("--locked", lock)
    lock.unlink()
    recorder.run("--locked", lock, code=1)
    hostile_name = links / "pure-one.zip"
    hostile_name.write_bytes((links / "pure_one-1.0.tar.gz").read_bytes())
    recorder.run(f"pure-one @ {hostile_name.as_uri()}", "--lock", lock, code=1)


def run_published(recorder: Recorder, links: Path) -> None:
    """With the sources of run_builds."""
    theirs = links.parent / "theirs"
    Wheel("pure-one").write(theirs)
    arguments = ["--no-index", "--find-links", links, "--against", theirs]
    recorder.run(*arguments, "pure-one", command="verify", code=1)
    recorder.run(*arguments, "plain-lib", command="verify", code=1)  # there is none
    recorder.run(*arguments, "what is this", command="verify", code=2)
    recorder.run(*arguments, "-r", links / "none.txt", command="verify", code=2)


SETTINGS = """
[defaults]
env = { A = "1" }
timeout = 500

[[package]]
name = "pure-one"
env = { B = "2" }
build-requires = ["plain-lib"]
replace-build-requires = []
build-constraints = ["plain-lib<2"]
config-settings = { a = "b" }
network = true
bind = ["/opt"]
timeout = 600
memory = "3G"
patches = ["a.patch"]
add-files = { "more.txt" = "a.patch" }

[[package]]
name = "pure-one"
version = "==1.0"
source = { url = "URL", sha256 = "SHA256" }
"""


def run_settings(recorder: Recorder) -> None:
    """With the sources of run_builds."""
    cwd = recorder.truewheel.world.cwd
    (cwd / "a.patch").write_text("--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+new\n")
    archive = recorder.truewheel.links / "pure_one-1.0.tar.gz"
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    (cwd / "truewheel.toml").write_text(
        SETTINGS.replace("URL", archive.as_uri()).replace("SHA256", digest))
    recorder.run("pure-one")
    recorder.run("check", "pure-one", command="settings")
    (cwd / "truewheel.toml").write_text("nonsense = 1\n")
    recorder.run("pure-one", code=2)
    recorder.run("check", command="settings", code=2)
    (cwd / "truewheel.toml").unlink()
    (cwd / "pyproject.toml").write_text("# nothing for truewheel\n")
    recorder.run("pure-one")
    (cwd / "pyproject.toml").unlink()


def run_failures(recorder: Recorder, links: Path) -> None:
    write_all(
        links, samples.failing(), samples.failing("early-one", "prepare_metadata_for_build_wheel"),
        Sdist("hopeless-one", build_requires=["hostile-lib"]))
    Wheel("hostile-lib", files={
        "hostile_lib-1.0.dist-info/entry_points.txt": "[console_scripts]\n../x = a:b\n"},
    ).write(links)
    recorder.run("failing-one", code=1)
    recorder.run("early-one", code=1)
    recorder.run("hopeless-one", code=1)
    recorder.run("no-such-thing", code=4)
    hostile.broken("garbage", links)
    recorder.run("--keep-going", "broken-one", code=1)
    made_up = "tinybackend.metadata = lambda: said() + 'Requires-Dist: x @ http://127.0.0.1:9/x'\n"
    backend = f"import tinybackend\nsaid = tinybackend.metadata\n{made_up}"
    Sdist("leaky-one", backend=backend).write(links)
    recorder.run("--allow-url", "x", "leaky-one", code=5, PIP_RETRIES="0")
    recorder.run("pure-one", "--build-root", "/etc/passwd/R", code=3)  # no sandbox there
    recorder.run("pure-one", "--pip", links, code=3)
    # A machine that lacks something else ends with 1 as well.
    recorder.run("--no-index", command="doctor", code=None)
    recorder.run("-i", "http://127.0.0.1:9/", command="doctor", code=1)
    recorder.run("--no-index", "--timeout", "x", command="doctor", code=1)


# pyshim's side of a build without a driver; prints what went through the pipes to the hook runner.
BUILD = r"""
import json, os, socket, sys
from pyshim import build, wire

class Recorded(wire.Channel):
    def send(self, frame):
        frames.append(["build to runner", frame])
        super().send(frame)

    def receive(self):
        frames.append(["runner to build", super().receive()])
        return frames[-1][1]

frames = []
build.Channel = Recorded
job, env = sys.argv[1:]
os.makedirs(env + "/bin")
os.makedirs(env + "/truewheel")
os.symlink(sys.executable, env + "/bin/python")
os.symlink(os.path.abspath("pyshim/guest/truewheel_hooks.py"), env + "/" + build.install.HOOKS)
with open(env + "/pyvenv.cfg", "w") as out:
    out.write("include-system-site-packages = true\n")
source = {"backend": "backend", "backend_path": ["build_backend"]}
request = {"source": source, "environ": dict(os.environ), "job": job, "env": env, "spec": {}}
ours, theirs = socket.socketpair()
build.build(request, wire.Channel(ours.fileno()))
print(json.dumps(frames))
"""


def runner_messages(python: Path, place: Path, backend: str) -> Iterator[Message]:
    Sdist("pure-one", backend=backend).write_tree(place / "job" / "src")
    command = [str(python), "-c", BUILD, str(place / "job"), str(place / "env")]
    said = subprocess.run(command, cwd=SOURCE, stdout=subprocess.PIPE, text=True, check=True)
    for direction, message in json.loads(said.stdout.splitlines()[-1]):
        yield Message("runner", direction, message)


def provoke_all(recorder: Recorder, links: Path, toolchain: Path, python: Path) -> list[Message]:
    run_builds(recorder, links, toolchain)
    run_locks(recorder, links)
    run_published(recorder, links)
    run_settings(recorder)
    run_failures(recorder, links)
    place = links.parent
    without = "del prepare_metadata_for_build_wheel\n"
    return [*recorder.messages,
            *runner_messages(python, place / "without", without),
            *runner_messages(python, place / "broken", "raise ValueError('broken')\n")]


def test_what_is_sent_is_what_the_page_says(
    recorder: Recorder, links: Path, toolchain: Path, python: Path, needs_namespaces: None
) -> None:
    seen: dict[str, set[str]] = {str(frame): set() for frame in FRAMES}
    problems: list[str] = []
    for message in provoke_all(recorder, links, toolchain, python):
        frame = protocol.find(FRAMES, message.connection, message.direction, message.content)
        if frame is None:
            problems.append(f"{message.connection}, {message.direction}: no frame of the page is"
                            f" {message.content!r:.80}")
        else:
            problems += frame.problems(message.content, seen[str(frame)])
    for frame in FRAMES:
        if frame.connection != "supervisor":  # between two processes that are not the driver
            never = [f.name for f in frame.fields.values()
                     if f.name not in seen[str(frame)] | {"spec.cgroup"}]  # few machines give one
            problems += [f"{frame}: '{name}' is on the page, and was never sent" for name in never]
    assert sorted(set(problems)) == []


# -------------------------------------------------------------------------------------------- code


def undocumented(written: list[frames_in_code.Written]) -> Iterator[str]:
    """What the code writes and the page has not, compared with the frame that is most like it."""
    for frame in written:
        of_kind = [known for known in FRAMES
                   if frame.key in known.fields
                   and protocol.has_type(frame.value, known.fields[frame.key].kind)]
        unknown = min((frame.fields - known.fields.keys() for known in of_kind), key=len,
                      default=frame.fields)
        if unknown:
            yield f"{frame}: not on the page: {', '.join(sorted(unknown))}"


def test_what_the_code_writes_is_on_the_page() -> None:
    """Also what the runs above do not provoke."""
    in_python = frames_in_code.in_python(SOURCE / "pyshim")
    in_c = frames_in_code.in_c(SOURCE / "driver")
    assert {"sdist", "phase", "error", "load", "wheel"} <= {frame.value for frame in in_python}
    assert {"hello", "build", "metadata", "started", "ended"} <= {frame.value for frame in in_c}
    assert list(undocumented([*in_python, *in_c])) == []


def test_what_init_tells_the_supervisor_is_what_the_page_says() -> None:
    written = {str(frame.value): frame.fields for frame in
               frames_in_code.in_c(SOURCE / "driver" / "sandbox") if frame.key == "b"}
    assert written == {frame.name: set(frame.fields) for frame in FRAMES
                       if frame.connection == "supervisor"}


# --------------------------------------------------------------------------- that it can be wrong


@pytest.mark.parametrize("frame", FRAMES, ids=str)
def test_a_planted_difference_is_found(frame: Frame) -> None:
    message = protocol.example(frame)
    seen: set[str] = set()
    assert frame.problems(message, seen) == [] and seen == set(frame.fields)
    assert protocol.find(FRAMES, frame.connection, frame.direction, message) == frame
    assert frame.problems({**message, "planted": 1}, set()) != []
    for name, known in frame.fields.items():
        without = Frame(frame.connection, frame.name, frame.direction,
                        {key: value for key, value in frame.fields.items() if key != name})
        assert f"'{name}' is not on the page" in str(without.problems(message, set()))
        if known.above == "" and not known.optional:
            less = {key: value for key, value in message.items() if key != name}
            assert f"no '{name}'" in str(frame.problems(less, set()))


def test_a_value_of_another_type_is_found() -> None:
    (frame,) = (frame for frame in FRAMES if frame.name == "sdist")
    for name, value in (("id", "1"), ("requires", [1]), ("local", None), ("name", None)):
        message = {**protocol.example(frame), name: value}
        assert f"'{name}' is no " in str(frame.problems(message, set()))


def test_planted_frames_in_the_code_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        'def f():\n    channel.send({"t": "planted"})\n'
        'def g():\n    frame = {"t": "phase"}\n    frame["planted"] = 1\n')
    (tmp_path / "a.c").write_text(
        'f(json_pack("{s:s, s:{s:s}, s:o*}", "t", "started", "pid", "x", y(1, "z"), "planted", 0))')
    written = [*frames_in_code.in_python(tmp_path), *frames_in_code.in_c(tmp_path)]
    assert [re.sub(r":.*", "", problem) for problem in undocumented(written)] == [
        "a.py", "a.py", "a.c"]


def test_longest_frames_are_the_same_on_both_sides() -> None:
    """And as the page says: what pyshim sends, the driver takes."""
    sides = {
        "16": (("driver/system/frame.h", "FRAME_MAX_BYTES"), ("pyshim/wire.py", "MAX_FRAME")),
        "8": (("driver/jobs/job.c", "HOOKS_MAX_BYTES"), ("pyshim/wire.py", "MAX_HOOKS_FRAME")),
    }
    for mebibytes, places in sides.items():
        assert f"{mebibytes} MiB" in PAGE.read_text()
        for file, name in places:
            assert re.search(rf"\b{name} = {mebibytes} << 20\b", (SOURCE / file).read_text())
