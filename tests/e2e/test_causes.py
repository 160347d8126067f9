"""What is said of builds that fail: the cause, what the user can do, and the exit status."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List

import pytest

from fixtures import samples
from fixtures.runner import Result, Truewheel, World, read_json
from fixtures.sdist import Sdist

HINT = "truewheel: hint: "
GCC = "subprocess.CalledProcessError(1, ['gcc', '-O2', '-fPIC', '-c', 'x.c'])"
DISK_REMEDY = "the disk, or the memory that builds may use, is full"


@dataclass
class Broken:
    """A build: what it prints, what its hook ends with, and what has to be said of it."""

    cause: str
    headline: str
    remedy: str
    log: str
    raises: str = GCC
    code: int = 1

    def sdist(self, name: str = "broken-one") -> Sdist:
        body = f"import subprocess\nprint({self.log!r}, flush=True)\nraise {self.raises}"
        sdist = samples.hooked(name, "build_wheel", body)
        sdist.backend = "import os\n" + sdist.backend
        return sdist


def no_module(name: str) -> str:
    return f"ModuleNotFoundError(\"No module named '{name}'\")"


BROKEN = {
    "header": Broken(
        "header", "the header 'ffi.h' is missing",
        "install what has it (Debian: libffi-dev; Fedora: libffi-devel; Alpine: libffi-dev)",
        "building 'broken' extension\ngcc -O2 -c src/call.c -o build/call.o\n"
        "src/call.c:14:10: fatal error: ffi.h: No such file or directory\n"
        "   14 | #include <ffi.h>\n"
        "      |          ^~~~~~~\ncompilation terminated.\nerror: command 'gcc' failed"),
    "header of clang": Broken(
        "header", "the header 'openssl/ssl.h' is missing", "libssl-dev",
        "src/tls.c:3:10: fatal error: 'openssl/ssl.h' file not found\n#include <openssl/ssl.h>\n"
        "1 error generated."),
    "header that no table has": Broken(
        "header", "the header 'deep/own.hpp' is missing", "install what has it",
        "src/a.cc:2:10: fatal error: deep/own.hpp: No such file or directory"),
    "Python.h": Broken(
        "python-headers", "Python's headers are missing",
        "install the development package of this Python (Debian: python3-dev",
        "src/mod.c:1:10: fatal error: Python.h: No such file or directory"),
    "library": Broken(
        "library", "the library 'pq' is missing", "libpq-dev",
        "/usr/bin/ld: cannot find -lpq: No such file or directory\n"
        "collect2: error: ld returned 1 exit status"),
    "library of an older ld": Broken(
        "library", "the library 'z' is missing", "zlib1g-dev",
        "/usr/bin/ld: cannot find -lz\ncollect2: error: ld returned 1 exit status"),
    "compiler": Broken(
        "compiler", "the program 'gcc' is missing", "Alpine: gcc musl-dev",
        "building 'broken' extension\nerror: command 'gcc' failed: No such file or directory",
        "SystemExit(\"error: command 'gcc' failed: No such file or directory\")"),
    "compiler of meson": Broken(
        "compiler", "there is no C compiler", "Debian: gcc;",
        "The Meson build system\nVersion: 1.9.1\n../meson.build:1:0: ERROR: Unknown compiler(s):"
        " [['cc'], ['gcc'], ['clang'], ['nvc']]"),
    "compiler of CMake": Broken(
        "compiler", "there is no C++ compiler", "Debian: g++;",
        "-- The C compiler identification is GNU 14.2.0\n"
        "CMake Error at CMakeLists.txt:3 (project):\n"
        "  No CMAKE_CXX_COMPILER could be found.\n\n  Tell CMake where to find the compiler"),
    "compiler of autoconf": Broken(
        "compiler", "there is no C compiler", "Debian: gcc;",
        "checking for gcc... no\nchecking for cc... no\nconfigure: error: in '/x':\n"
        "configure: error: no acceptable C compiler found in $PATH"),
    "cmake": Broken(
        "cmake", "the program 'cmake' is missing", "Debian: cmake;",
        "running build_ext\n  File \"setup.py\", line 40, in run",
        "FileNotFoundError(2, 'No such file or directory', 'cmake')"),
    "cmake in a shell": Broken(
        "cmake", "the program 'cmake' is missing", "Debian: cmake;",
        "+ cmake -S . -B build\n/bin/sh: 1: cmake: not found"),
    "cmake in words": Broken(
        "cmake", "there is no cmake", "or the project declares the build requirement cmake",
        "running build_ext",
        "RuntimeError('CMake must be installed to build the following extensions: fast')"),
    "cmake too old": Broken(
        "cmake-too-old", "the project wants CMake 4.1, and finds an older one", "cmake>=4.1",
        "CMake Error at CMakeLists.txt:1 (cmake_minimum_required):\n"
        "  CMake 4.1 or higher is required.  You are running version 3.25.1"),
    "cmake policy": Broken(
        "cmake-policy", "the project is written for a CMake before 3.5",
        "--env CMAKE_POLICY_VERSION_MINIMUM=3.5",
        "CMake Error at CMakeLists.txt:1 (cmake_minimum_required):\n"
        "  Compatibility with CMake < 3.5 has been removed from CMake.\n"),
    "cmake package": Broken(
        "cmake-package", "CMake does not find 'ZLIB'", "zlib1g-dev",
        "-- Could NOT find Doxygen (missing: DOXYGEN_EXECUTABLE)\n"
        "CMake Error at FindPackageHandleStandardArgs.cmake:230 (message):\n"
        "  Could NOT find ZLIB (missing: ZLIB_LIBRARY ZLIB_INCLUDE_DIR)"),
    "ninja": Broken(
        "ninja", "there is no ninja", "Debian: ninja-build; Fedora: ninja-build; Alpine: samurai",
        "Found CMake: NO\n\nERROR: Could not detect Ninja v1.8.2 or newer"),
    "ninja of CMake": Broken(
        "ninja", "there is no ninja", "ninja-build",
        "CMake Error: CMake was unable to find a build program corresponding to \"Ninja\".  "
        "CMAKE_MAKE_PROGRAM is not set."),
    "make": Broken(
        "make", "the program 'make' is missing", "Debian: make;",
        "building the bundled library",
        "FileNotFoundError(2, 'No such file or directory', 'make')"),
    "rust": Broken(
        "rust", "there is no Rust compiler", "Debian: cargo;",
        "running build_rust\nerror: can't find Rust compiler\n\nIf you are using an outdated pip"),
    "cargo": Broken(
        "rust", "there is no Rust compiler", "builds see none in a home directory",
        "Cargo, the Rust package manager, is not installed or is not on PATH.\n"
        "This package requires Rust and Cargo to compile extensions."),
    "rust too old": Broken(
        "rust-too-old", "the project wants Rust 1.83, and finds 1.63.0", "install a newer one",
        "error: package `deep v0.3.1` cannot be built because it requires rustc 1.83 or newer,"
        " while the currently active rustc version is 1.63.0"),
    "rust edition": Broken(
        "rust-too-old", "this Rust is too old for the project", "install a newer one",
        "error: failed to parse manifest\nCaused by:\n  feature `edition2024` is required"),
    "go": Broken(
        "go", "the program 'go' is missing", "Debian: golang-go; Fedora: golang; Alpine: go",
        "building the helper", "FileNotFoundError(2, 'No such file or directory', 'go')"),
    "fortran": Broken(
        "fortran", "there is no Fortran compiler", "Debian: gfortran; Fedora: gcc-gfortran",
        "Project name: broken\n../meson.build:9:0: ERROR: Unknown compiler(s): [['gfortran'],"
        " ['flang'], ['ifort']]"),
    "pkg-config": Broken(
        "pkg-config", "the program 'pkg-config' is missing", "Fedora: pkgconf-pkg-config",
        "looking for the library",
        "FileNotFoundError(2, 'No such file or directory', 'pkg-config')"),
    "pc file": Broken(
        "pkg-config-module", "pkg-config does not know 'cairo'", "libcairo2-dev",
        "Found pkg-config: YES (/usr/bin/pkg-config) 1.8.1\nRun-time dependency cairo found: NO\n"
        "../meson.build:20:8: ERROR: Dependency \"cairo\" not found, tried pkgconfig and cmake"),
    "pc file in words": Broken(
        "pkg-config-module", "pkg-config does not know 'libxml-2.0'", "libxml2-dev",
        "Package libxml-2.0 was not found in the pkg-config search path.\n"
        "Perhaps you should add the directory containing `libxml-2.0.pc'"),
    "openssl of a crate": Broken(
        "pkg-config-module", "OpenSSL's development package is missing", "libssl-dev",
        "  Could not find directory of OpenSSL installation, and this `-sys` crate cannot\n"
        "  proceed without this knowledge."),
    "another program": Broken(
        "program", "the program 'swig' is missing", "Debian: swig;",
        "running build_ext\nbuilding 'broken._w' extension\nswigging broken.i\n",
        "SystemExit(\"error: command 'swig' failed: No such file or directory\")"),
    "pg_config": Broken(
        "program", "the program 'pg_config' is missing", "libpq-dev",
        "looking for the server's headers",
        "FileNotFoundError(2, 'No such file or directory', 'pg_config')"),
    "undeclared": Broken(
        "undeclared-requirement", "the build imports 'numpy', which no build requirement brings",
        'requires = […, "numpy"]', "Traceback (most recent call last):", no_module("numpy")),
    "undeclared, by another name": Broken(
        "undeclared-requirement", "the build imports 'yaml', which", '"PyYAML"', "",
        no_module("yaml")),
    "wheel": Broken(
        "undeclared-requirement", "the build needs wheel, which no build requirement brings",
        "setuptools>=70.1", "usage: setup.py [global_opts] cmd1 [cmd1_opts]",
        "SystemExit(\"error: invalid command 'bdist_wheel'\")"),
    "pkg_resources": Broken(
        "pkg-resources", "the build needs pkg_resources, which setuptools has no longer",
        "--build-constraint FILE, with this line in FILE: setuptools<82", "",
        no_module("pkg_resources")),
    "distutils": Broken(
        "distutils", "the build needs distutils, which Python has no longer", "--python 3.11", "",
        no_module("distutils")),
    "setuptools too new": Broken(
        "setuptools-too-new", "the project uses use_2to3", "setuptools<58",
        "error in broken setup command: use_2to3 is invalid.", "SystemExit(1)"),
    "setuptools too new for a key": Broken(
        "setuptools-too-new", "setup.cfg has the key 'description-file'", "setuptools<78", "",
        "ValueError(\"Invalid dash-separated key 'description-file' in 'metadata'\")"),
    "setuptools too new for a version": Broken(
        "setuptools-too-new", "the version '0.1-dev-r5' is none", "setuptools<66",
        "packaging.version.InvalidVersion: Invalid version: '0.1-dev-r5'"),
    "Cython too new": Broken(
        "cython-too-new", "the project was written for Cython 0.29", "Cython<3",
        "broken/a.pyx:7:9: Cannot assign type 'int (int) except? -1' to 'int (*)(int)'.\n"
        "Exception values are incompatible. Suggest adding 'noexcept' to the type of 'compare'."),
    "Cython without long": Broken(
        "cython-too-new", "the project uses Python 2's long", "Cython<3.1",
        "broken/a.pyx:3:21: undeclared name not builtin: long"),
    "numpy too new": Broken(
        "numpy-too-new", "the project was written for numpy 1", "numpy<2",
        "src/a.c:5:4: error: 'PyArray_Descr' {aka 'struct _PyArray_Descr'} has no member named"
        " 'subarray'"),
    "Python too new for C": Broken(
        "python-too-new", "the project's C code is older than this Python", "--python 3.11",
        "a.c:12:10: fatal error: longintrepr.h: No such file or directory"),
    "Python too new for a module": Broken(
        "python-too-new", "the project needs the module 'imp', which Python has no longer",
        "--python 3.11", "", no_module("imp")),
    "Python too new for PyO3": Broken(
        "python-too-new", "PyO3 does not know Python 3.15 yet",
        "PYO3_USE_ABI3_FORWARD_COMPATIBILITY=1",
        "error: the configured Python interpreter version (3.15) is newer than PyO3's maximum"
        " supported version (3.14)"),
    "Python refused": Broken(
        "python-too-new", "the project refuses this Python", "--python X.Y", "",
        "RuntimeError('Cannot install on Python version 3.13.0; only versions >=3.7,<3.12 are"
        " supported.')"),
    "network": Broken(
        "network", "the build wanted the network", "--allow-network broken-one",
        "downloading the bundled library",
        "OSError(-3, 'Temporary failure in name resolution')"),
    "network of git": Broken(
        "network", "the build wanted the network", "--allow-network broken-one",
        "fatal: unable to access 'https://host/x.git/': Could not resolve host: host"),
    "memory": Broken(
        "memory", "a program of the build was killed", "-j 1 gives one build all of the memory",
        "g++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.",
        code=6),
    "memory of Python": Broken(
        "memory", "the build had no memory left", "--memory SIZE", "reading all of it",
        "MemoryError()", 6),
    "killed": Broken(
        "memory", "a program of the build was killed", "-j 1", "about to be killed",
        "os.kill(os.getpid(), signal.SIGKILL)", 6),
    "disk": Broken(
        "disk", "no space left", DISK_REMEDY, "writing",
        "OSError(28, 'No space left on device', 'x')", 6),
    "disk of the compiler": Broken(
        "disk", "no space left", "TMPDIR",
        "x.c: fatal error: error writing to /tmp/cc1.s: No space left on device", code=6),
    "version control": Broken(
        "no-version-control", "the project takes its version from version control",
        "--env SETUPTOOLS_SCM_PRETEND_VERSION=1.0",
        "", "LookupError('setuptools-scm was unable to detect version for /x.')"),
    "version control of pbr": Broken(
        "no-version-control", "the project takes its version from version control",
        "--env PBR_VERSION=1.0",
        "", "Exception('Versioning for this project requires either an sdist tarball, or access to"
        " an upstream git repository.')"),
    "processes": Broken(
        "processes", "the build could not start another process or thread", "ulimit -u",
        "starting workers", "BlockingIOError(11, 'Resource temporarily unavailable')", 6),
    "a place that is read-only": Broken(
        "read-only", "the build writes to '/usr/lib/x', which it can only read", "TMPDIR", "",
        "OSError(30, 'Read-only file system', '/usr/lib/x')"),
    "an old C library": Broken(
        "guest-library", "a program of the build brings a C library that is too old",
        "--real-clock",
        "/opt/tool/bin/cc: /opt/tool/lib/libc.so.6: version `GLIBC_2.34' not found (required by"
        " /usr/lib/truewheel/libtruewheel-guest.so)"),
    "setuptools too old": Broken(
        "setuptools-too-old", "pyproject.toml has a license that this setuptools does not know",
        "setuptools>=77",
        "configuration error: `project.license` must be valid exactly by one definition (2 matches"
        " found):"),
    "packaging too old": Broken(
        "packaging-too-old", "setuptools and packaging do not fit together", "packaging>=22", "",
        "TypeError(\"canonicalize_version() got an unexpected keyword argument"
        " 'strip_trailing_zero'\")"),
    "Ninja's own error": Broken(
        "configure", "ninja: error: loading 'build.ninja'", "",
        "ninja: error: loading 'build.ninja': No such file or directory"),
    "compile error": Broken(
        "compile", "src/a.c:4:9: error: expected ';' before '}' token", "",
        "gcc -c src/a.c\nsrc/a.c: In function 'f':\nsrc/a.c:4:9: error: expected ';' before '}'"
        " token\nsrc/a.c:9:1: error: another\n"),
    "crate": Broken(
        "compile", "error[E0432]: unresolved import `deep::gone`", "",
        "   Compiling broken v1.0\nerror[E0432]: unresolved import `deep::gone`\n"
        " --> src/lib.rs:3:5"),
    "link error": Broken(
        "link", "a.c:(.text+0x9): undefined reference to `gone'", "",
        "/usr/bin/ld: build/a.o: in function `f':\na.c:(.text+0x9): undefined reference to `gone'"),
}  # fmt: skip


def fail(truewheel: Truewheel, broken: Broken, *options: object) -> Result:
    broken.sdist().write(truewheel.links)
    return truewheel.wheel("broken-one", *options, code=broken.code)


def test_each_cause_is_tried_and_documented() -> None:
    root = Path(__file__).parents[2]
    rows = "".join(path.read_text() for path in (root / "driver" / "causes").glob("causes_*.c"))
    ids = set(re.findall(r'\.id = "([a-z-]+)"', rows))
    assert len(ids) > 25 and ids - {broken.cause for broken in BROKEN.values()} == set()
    page = (root / "docs" / "record.md").read_text(encoding="utf-8").partition("## Causes")[2]
    assert [cause for cause in sorted(ids) if f"`{cause}`" not in page] == []


@dataclass
class Said:
    """What is said of one of the builds of a run, and the record of it."""

    text: str
    record: Dict[str, str]

    @property
    def lines(self) -> List[str]:
        return self.text.splitlines()

    @property
    def hint(self) -> str:
        return "".join(line[len(HINT):] for line in self.lines if line.startswith(HINT))


def name_of(which: str) -> str:
    return "broken-" + re.sub("[^a-z0-9]+", "-", which.lower())


@pytest.fixture(scope="module")
def said(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Dict[str, Said]:
    """Of all of them, in two runs, because all failures of a run give it one exit status."""
    found = {}
    for code in (1, 6):
        place = tmp_path_factory.mktemp("broken")
        truewheel, record = Truewheel(program, World(place / "world"), place), place / "record.json"
        names = {name_of(key): one for key, one in BROKEN.items() if one.code == code}
        for name, broken in names.items():
            broken.sdist(name).write(place)
        result = truewheel.wheel("--keep-going", "--json", record, *names, code=code, seconds=600)
        parts = re.split(r"^truewheel: (?=broken-)", result.err, flags=re.MULTILINE)[1:]
        of_each = {part.split(" 1.0: ")[0]: part for part in parts}
        for failure in read_json(record)["failures"]:
            name = failure["headline"].split(" 1.0: ")[0]
            found[name] = Said(of_each[name], failure)
        truewheel.close()
    return found


@pytest.mark.parametrize("which", BROKEN)
def test_it_says_the_cause(said: Dict[str, Said], which: str) -> None:
    broken, name = BROKEN[which], name_of(which)
    one, failure = said[name], said[name].record
    assert one.lines[0].startswith(f"{name} 1.0: {broken.headline}"), one.text
    where = one.lines[1]
    assert where.startswith(f"  cannot build {name} 1.0: wheel: ") and "(log: /" in where
    assert all(line.startswith(("  ", HINT)) for line in one.lines[1:]), one.text
    assert broken.remedy.replace("broken-one", name) in one.hint, one.text
    assert bool(broken.remedy) == bool(one.hint)
    assert failure["cause"] == broken.cause
    assert failure["headline"] == one.lines[0]
    assert failure.get("remedy", "") == one.hint
    assert failure["kind"] == ("resource" if broken.code == 6 else "build")


def test_a_mark_in_the_log(truewheel: Truewheel) -> None:
    """The lines around the first error, and not the end of the log."""
    broken = BROKEN["compile error"]
    more = "".join(f"line {number}\n" for number in range(1000))
    result = fail(truewheel, Broken("", "", "", more + broken.log + more))
    lines = [line[2:] for line in result.err.splitlines()]
    marked = [line for line in lines if line.startswith("> ")]
    assert marked == ["> " + broken.headline]
    assert "  line 999" in lines and "  line 6" in lines and "  line 500" not in lines


def test_an_exception_of_its_own_stays(truewheel: Truewheel) -> None:
    """A compiler's error may be that of a trial, which the build went on after."""
    log = BROKEN["compile error"].log
    result = fail(truewheel, Broken("", "", "", log, "ValueError('the reason is this')"))
    assert "wheel: ValueError: the reason is this" in result.errors[0]


@pytest.mark.parametrize(
    "control", ["\\x1b[2J\\x1b]0;title\\x07", "\\0", "\\x9b1m", "\\r", "\\u202e"]
)
def test_a_hostile_log(truewheel: Truewheel, control: str) -> None:
    body = f"import sys\nsys.stdout.write('{control}x.c:4:9: error: {control}bad\\n' * 3)\n"
    body += "sys.stdout.flush()\nraise SystemExit(1)"
    samples.hooked("broken-one", "build_wheel", body).write(truewheel.links)
    result = truewheel.wheel("broken-one", code=1)
    shown = set(result.err) - {"\n"}
    assert not [c for c in shown if ord(c) < 32 or ord(c) in (0x7f, 0x9b, 0x202e)], result.text
    assert "error: " in result.errors[0]


def test_a_line_without_end(truewheel: Truewheel) -> None:
    body = "for _ in range(1024):\n    print('error: ' * 150_000, end='')\nraise SystemExit(1)"
    samples.hooked("broken-one", "build_wheel", body).write(truewheel.links)
    result = truewheel.wheel("broken-one", code=1)
    assert len(result.err) < 30_000


def test_of_a_build_requirement(truewheel: Truewheel) -> None:
    """What it is that failed, and for whom it was."""
    BROKEN["header"].sdist().write(truewheel.links)
    Sdist("user-one", build_requires=["broken-one"]).write(truewheel.links)
    result = truewheel.wheel("user-one", code=1)
    assert result.errors == ["truewheel: broken-one 1.0: the header 'ffi.h' is missing"]
    assert "user-one" in result.err and "libffi-dev" in result.err


def test_several_kinds_are_failed_builds(truewheel: Truewheel) -> None:
    for name, broken in (("one", BROKEN["memory"]), ("two", BROKEN["header"])):
        broken.sdist(f"broken-{name}").write(truewheel.links)
    assert truewheel.wheel("--keep-going", "broken-one", code=6).errors
    assert len(truewheel.wheel("-k", "broken-one", "broken-two", code=1).errors) == 2


def test_a_build_that_takes_too_long(truewheel: Truewheel) -> None:
    samples.hanging().write(truewheel.links)
    record = truewheel.world.base / "record.json"
    result = truewheel.wheel("--build-timeout", "3", "--json", record, "hanging-one", code=6)
    assert result.errors == ["truewheel: hanging-one 1.0: not done after 3 seconds: stopped"]
    (failure,) = json.loads(record.read_text())["failures"]
    assert (failure["cause"], failure["kind"]) == ("time", "timeout")


def test_requirements_of_a_build_that_nothing_satisfies(truewheel: Truewheel) -> None:
    """Which ends the run before it is known what is wanted; the record is written all the same."""
    Sdist("needy-one", build_requires=["not-there"]).write(truewheel.links)
    record = truewheel.world.base / "record.json"
    result = truewheel.wheel("--json", record, "needy-one", code=4)
    (failure,) = read_json(record)["failures"]
    assert (failure["cause"], failure["kind"]) == ("not-found", "not-found")
    assert f"truewheel: {failure['message']}" == result.errors[0]


@pytest.mark.parametrize(
    "option", ["--json", "--report", "--depfile", "--trace", "--log-dir", "-w"]
)
def test_what_cannot_be_written_is_said_first(
    truewheel: Truewheel, option: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    logs: List[object] = [] if option == "--log-dir" else ["--log-dir", tmp_path / "logs"]
    samples.pure().write(truewheel.links)
    result = truewheel.wheel(*logs, option, tmp_path / "file" / "x", "pure-one", code=3)
    assert len(result.errors) == 1 and "/file" in result.errors[0], result.text
    assert not list(tmp_path.glob("logs/*")), "nothing was built"


def test_the_table_of_exit_statuses(truewheel: Truewheel) -> None:
    """One table: the program's help, and, from that, the manual page; and README has each."""
    text = truewheel("--help").out.split("exit status:\n")[1].split("\n\n")[0]
    rows = [line.split(None, 1) for line in text.splitlines()]
    assert [status for status, _ in rows] == [*"01234567", "128+N"]
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for status, meaning in rows:
        assert f"| {status} | {meaning} |" in readme
