"""The wrappers of make, ninja and compiler caches in a build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyshim import tools
from pyshim.guest import truewheel_tools as guest


@pytest.mark.parametrize(("args", "rest", "jobs"), [
    ("", "", None),
    ("all", "all", None),
    ("-j8 all", "all", 8),
    ("-j 8 all", "all", 8),
    ("-j all", "all", 0),
    ("-C dir -j4 -j 2 X=1", "-C dir X=1", 2),
    ("-kj4", "-k", 4),
    ("-skj", "-sk", 0),
    ("--jobs=3 all", "all", 3),
    ("--jobs 3 all", "all", 3),
    ("--jobs", "", 0),
    ("-j1", "", 1),
    ("-fj", "-fj", None),
    ("--just-print", "--just-print", None),
    ("-- -j4", "-- -j4", None),
])
def test_jobs_of_make(args: str, rest: str, jobs: int | None) -> None:
    assert guest.split_jobs(args.split(), guest._MAKE_JOBS) == (rest.split(), jobs)


@pytest.mark.parametrize(("args", "rest", "jobs"), [
    ("-C build", "-C build", None),
    ("-j8 -v", "-v", 8),
    ("-j 0 all", "all", 0),
    ("-vj4", "-v", 4),
    ("-k 0 -j2", "-k 0", 2),
])
def test_jobs_of_ninja(args: str, rest: str, jobs: int | None) -> None:
    assert guest.split_jobs(args.split(), guest._NINJA_JOBS) == (rest.split(), jobs)


@pytest.mark.parametrize(("flags", "without"), [
    ("", ""),
    ("k", "k"),
    (" -j8 --jobserver-auth=3,4", ""),
    ("kw -j8 --jobserver-auth=fifo:/x -- V=-j1", "kw -- V=-j1"),
    ("-j --jobserver-fds=3,4 --no-print-directory", "--no-print-directory"),
])
def test_flags(flags: str, without: str) -> None:
    assert guest.without_jobserver(flags) == without
    options, _, variables = without.partition(" -- ")
    joined = guest.with_jobserver(flags, "5,5")
    assert joined.startswith(f"{options} -j --jobserver-auth=5,5")
    assert joined.endswith(f" -- {variables}" if variables else "5,5")


class Job:
    """A job directory with a jobserver, and a PATH whose programs say what they were given."""

    def __init__(self, base: Path) -> None:
        self.path, self.bin = base / "job", base / "bin"
        self.path.mkdir()
        self.bin.mkdir()
        env = base / "env" / "bin"
        env.mkdir(parents=True)
        (env / "python").symlink_to(sys.executable)
        self.environ = {"PATH": f"{self.bin}:/usr/bin:/bin"}
        os.mkfifo(self.path / "jobserver")
        self.fifo = os.open(self.path / "jobserver", os.O_RDWR | os.O_NONBLOCK)

    def program(self, name: str, version: str = "") -> None:
        path = self.bin / name
        path.write_text(
            f'#!/bin/sh\n[ "$*" != --version ] || exec echo "{version}"\n'
            'echo "$MAKEFLAGS|$*"\nexit 7\n')
        path.chmod(0o755)

    def run(self, *command: str, **environ: str) -> str:
        tools.write_wrappers(str(self.path), str(self.path.parent / "env"), self.environ)
        found = shutil.which(command[0], path=self.environ["PATH"])
        assert found is not None and found.startswith(str(self.path))
        done = subprocess.run([found, *command[1:]], env={**self.environ, **environ},
                              stdout=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 7
        return done.stdout.strip()

    def tokens(self) -> bytes:
        try:
            return os.read(self.fifo, 100)
        except BlockingIOError:
            return b""


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    made = Job(tmp_path)
    yield made
    os.close(made.fifo)


def test_make_with_jobs_joins_by_descriptor(job: Job) -> None:
    job.program("make")
    said = job.run("make", "-j8", "all", MAKEFLAGS="k")
    flags, args = said.split("|")
    assert args == "all"
    assert flags.startswith("k -j --jobserver-auth=") and "fifo" not in flags


def test_make_without_jobs_is_left_alone(job: Job) -> None:
    job.program("make")
    assert job.run("make", "all") == "|all"


def test_make_with_one_job_is_left_alone(job: Job) -> None:
    job.program("make")
    assert job.run("make", "-j1", MAKEFLAGS=" -j4 --jobserver-auth=3,4") == \
        "-j4 --jobserver-auth=3,4|-j1"


def test_make_never_hears_of_a_fifo(job: Job) -> None:
    job.program("make")
    flags = f"-j --jobserver-auth=fifo:{job.path}/jobserver"
    assert job.run("make", MAKEFLAGS=flags) == "|"


def test_new_ninja_joins_by_name(job: Job) -> None:
    job.program("ninja", "1.13.0.git")
    said = job.run("ninja", "-v", "-j", "9")
    assert said == f"-j --jobserver-auth=fifo:{job.path}/jobserver|-v"


def test_old_ninja_takes_what_there_is_and_brings_it_back(job: Job) -> None:
    job.program("ninja", "1.11.1")
    os.write(job.fifo, b"xyz")
    assert job.run("ninja", "-j3", "all") == "|-j3 all"
    assert sorted(job.tokens()) == sorted(b"xyz")


def test_old_ninja_alone(job: Job) -> None:
    job.program("ninja", "1.11.1")
    assert job.run("ninja") == "|-j1"


def test_old_ninja_that_dies_brings_it_back(job: Job) -> None:
    job.program("ninja", "1.11.1")
    path = job.bin / "ninja"
    path.write_text(path.read_text().replace("exit 7", "kill -KILL $$"))
    os.write(job.fifo, b"xy")
    with pytest.raises(AssertionError):
        job.run("ninja", "-j9")
    assert len(job.tokens()) == 2


@pytest.mark.parametrize("arguments", [["-j1", "all"], ["-t", "clean"], ["-n"]])
def test_ninja_that_builds_nothing_is_left_alone(job: Job, arguments: list[str]) -> None:
    job.program("ninja", "1.13.0")
    assert job.run("ninja", *arguments) == "|" + " ".join(arguments)


def test_no_wrapper_for_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    environ = {"PATH": str(tmp_path / "empty")}
    os.mkfifo(tmp_path / "jobserver")
    tools.write_wrappers(str(tmp_path), "/env", environ)
    assert environ == {"PATH": str(tmp_path / "empty")}
    assert not (tmp_path / "bin").exists()


def test_no_wrappers_without_a_jobserver(job: Job) -> None:
    job.program("make")
    os.unlink(job.path / "jobserver")
    job.environ["PATH"] = str(job.bin)  # the machine may have a compiler cache
    before = dict(job.environ)
    tools.write_wrappers(str(job.path), "/env", job.environ)
    assert job.environ == before


def run_found(job: Job, *command: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which(command[0], path=job.environ["PATH"])
    assert found is not None
    return subprocess.run([found, *command[1:]], env=job.environ, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)


@pytest.mark.parametrize("name", ["ccache", "sccache"])
def test_a_compiler_cache_that_nobody_named_is_skipped(job: Job, name: str) -> None:
    job.program(name, "4.7")
    job.program("cc")
    assert run_found(job, name, "--version").stdout == "4.7\n"  # the control: it would be found
    tools.write_wrappers(str(job.path), "/env", job.environ)
    detected = run_found(job, name, "--version")
    assert detected.returncode == 1 and "not used" in detected.stderr
    launched = run_found(job, name, "cc", "-c", "a b.c")
    assert (launched.returncode, launched.stdout) == (7, "|-c a b.c\n")


@pytest.mark.parametrize("variables, settings", [
    ({"CC": "ccache gcc"}, None),
    ({"RUSTC_WRAPPER": "/usr/bin/sccache"}, None),
    ({}, {"cmake.define.CMAKE_C_COMPILER_LAUNCHER": "ccache"}),
    ({}, {"setup-args": ["-Dx=1", "--native-file=/home/me/ccache.ini"]}),
])
def test_a_compiler_cache_that_was_named_is_used(
        job: Job, variables: dict[str, str], settings: dict[str, object] | None) -> None:
    job.program("ccache", "4.7")
    job.environ.update(variables)
    tools.write_wrappers(str(job.path), "/env", job.environ, settings)
    assert run_found(job, "ccache", "--version").stdout == "4.7\n"
