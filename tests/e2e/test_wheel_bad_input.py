"""Bad input: one clear line, the right exit status, nothing half-written."""

import os
import subprocess
import zipfile
from pathlib import Path
from typing import Callable, Dict, List, Tuple

import pytest

from fixtures import hostile, launch, samples
from fixtures.index import Index
from fixtures.places import world_readable
from fixtures.runner import Truewheel, World, clean
from fixtures.sdist import Sdist, tar_member, write_all, write_requirements

# What is asked for, the exit status, and a word that the line must have.
Case = Tuple[List[object], int, str]
Make = Callable[[Truewheel], Case]


def missing_requirements(truewheel: Truewheel) -> Case:
    return ["-r", "not-there.txt"], 2, "not-there.txt"


def syntax_error(truewheel: Truewheel) -> Case:
    file = write_requirements(
        truewheel.world.cwd / "bad.txt", "fine", "this is ! not a requirement"
    )
    return ["-r", file], 2, "bad.txt"


def bad_requirement(truewheel: Truewheel) -> Case:
    return ["no such ??? thing"], 2, "???"


def bad_option_in_file(truewheel: Truewheel) -> Case:
    file = write_requirements(truewheel.world.cwd / "bad.txt", "--frobnicate")
    return ["-r", file], 2, "bad.txt"


def unknown_package(truewheel: Truewheel) -> Case:
    return ["never-heard-of"], 4, "never-heard-of"


def unknown_version(truewheel: Truewheel) -> Case:
    samples.pure().write(truewheel.links)
    return ["pure-one==77"], 4, "versions: 1.0"


def missing_path(truewheel: Truewheel) -> Case:
    return ["./not-there-1.0.tar.gz"], 2, "not-there-1.0.tar.gz"


def no_project(truewheel: Truewheel) -> Case:
    (truewheel.world.cwd / "empty").mkdir()
    return ["./empty"], 2, "empty"


def conflict(truewheel: Truewheel) -> Case:
    write_all(truewheel.links, *samples.extras_and_markers())
    return ["base-dep==1.0", "base-dep==1.5"], 4, "base-dep"


def hash_mismatch(truewheel: Truewheel) -> Case:
    samples.pure().write(truewheel.links)
    line = "pure-one==1.0 --hash=sha256:" + "0" * 64
    return ["-r", write_requirements(truewheel.world.cwd / "r.txt", line)], 4, "pure-one"


def index_hash_mismatch(truewheel: Truewheel) -> Case:
    index = Index(truewheel.world.base / "index")
    index.add(samples.pure().write(truewheel.world.base), wrong_hash=True)
    return (
        ["--find-links", (index.root / "simple" / "pure-one" / "index.html"), "pure-one"],
        4,
        "pure",
    )


def truncated(truewheel: Truewheel) -> Case:
    hostile.broken("truncated", truewheel.links)
    return ["broken-one"], 1, "broken"


def garbage(truewheel: Truewheel) -> Case:
    hostile.broken("garbage", truewheel.links)
    return ["broken-one"], 1, "broken"


def empty(truewheel: Truewheel) -> Case:
    hostile.broken("empty", truewheel.links)
    return ["broken-one"], 1, "broken"


def without_project(truewheel: Truewheel) -> Case:
    hostile.broken("no-project", truewheel.links)
    return ["broken-one"], 1, "broken"


def bad_pyproject(truewheel: Truewheel) -> Case:
    Sdist("broken-one", files={"pyproject.toml": "[build-system\n"}).write(truewheel.links)
    return ["broken-one"], 1, "broken-one"


def bad_build_system(truewheel: Truewheel) -> Case:
    Sdist("broken-one", files={"pyproject.toml": "[build-system]\nrequires = 7\n"}).write(
        truewheel.links
    )
    return ["broken-one"], 1, "broken-one"


def backend_path_outside(truewheel: Truewheel) -> Case:
    text = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["../.."]\n'
    Sdist("broken-one", files={"pyproject.toml": text}).write(truewheel.links)
    return ["broken-one"], 1, "broken-one"


def backend_missing(truewheel: Truewheel) -> Case:
    text = '[build-system]\nrequires = []\nbuild-backend = "not_there_backend"\n'
    Sdist("broken-one", files={"pyproject.toml": text}).write(truewheel.links)
    return ["broken-one"], 1, "broken-one"


def wrong_name_inside(truewheel: Truewheel) -> Case:
    """The file says one name, its metadata another."""
    liar = Sdist("liar-one").write(truewheel.world.base)
    truewheel.links.joinpath("honest_one-1.0.tar.gz").write_bytes(liar.read_bytes())
    return ["honest-one"], 4, "honest"


def missing_build_requirement(truewheel: Truewheel) -> Case:
    Sdist("needy-one", build_requires=["not-there-at-all"]).write(truewheel.links)
    return ["needy-one"], 4, "not-there-at-all"


def circular_build_requirement(truewheel: Truewheel) -> Case:
    write_all(
        truewheel.links,
        Sdist("circle-one", build_requires=["circle-two"]),
        Sdist("circle-two", build_requires=["circle-one"]),
    )
    return ["circle-one"], 1, "circle-one"


def no_wheel(truewheel: Truewheel) -> Case:
    samples.no_wheel().write(truewheel.links)
    return ["nowheel-one"], 1, "nowheel-one"


def two_wheels(truewheel: Truewheel) -> Case:
    samples.two_wheels().write(truewheel.links)
    return ["twowheels-one"], 1, "twowheels-one"


def other_wheel(truewheel: Truewheel) -> Case:
    samples.other_wheel().write(truewheel.links)
    return ["otherwheel-one"], 1, "otherwheel-one"


def bad_wheel(body: str) -> Make:
    """A backend that writes `body` (an expression of bytes) as its wheel."""

    def make(truewheel: Truewheel) -> Case:
        code = f"""
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = stem() + "-py3-none-any.whl"
    with open(os.path.join(wheel_directory, name), "wb") as file:
        file.write({body})
    return name
"""
        Sdist("badwheel-one", backend=code).write(truewheel.links)
        return ["badwheel-one"], 1, "badwheel-one"

    make.__name__ = "bad_wheel"
    return make


def returned(expression: str) -> Make:
    """A backend whose answer is `expression`, with a good wheel made."""

    def make(truewheel: Truewheel) -> Case:
        code = f"""
import tinybackend
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = tinybackend.build_wheel(wheel_directory)
    return {expression}
"""
        Sdist("returns-one", backend=code).write(truewheel.links)
        return ["returns-one"], 1, "returns-one"

    return make


def link_for_a_wheel(truewheel: Truewheel) -> Case:
    """Not a file: a link to something that the driver could read and the build could not."""
    code = """
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = stem() + "-py3-none-any.whl"
    os.symlink("/etc/passwd", os.path.join(wheel_directory, name))
    return name
"""
    Sdist("linked-one", backend=code).write(truewheel.links)
    return ["linked-one"], 1, "linked-one"


def fifo_for_a_wheel(truewheel: Truewheel) -> Case:
    code = """
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = stem() + "-py3-none-any.whl"
    os.mkfifo(os.path.join(wheel_directory, name))
    return name
"""
    Sdist("fifo-one", backend=code).write(truewheel.links)
    return ["fifo-one"], 1, "fifo-one"


def output_is_a_file(truewheel: Truewheel) -> Case:
    samples.pure().write(truewheel.links)
    file = truewheel.world.cwd / "a-file"
    file.write_text("x")
    return ["-w", file, "pure-one"], 3, "a-file"


def missing_constraints(truewheel: Truewheel) -> Case:
    return ["-c", "not-there.txt", "x"], 2, "not-there.txt"


def missing_build_constraints(truewheel: Truewheel) -> Case:
    samples.pure().write(truewheel.links)
    return ["--build-constraint", "not-there.txt", "pure-one"], 2, "not-there.txt"


def broken_wheel_in_links(truewheel: Truewheel) -> Case:
    (truewheel.links / "broken_one-1.0-py3-none-any.whl").write_bytes(b"PK\3\4 not really")
    return ["broken-one"], 1, "broken"


def nested_pyproject(truewheel: Truewheel) -> Case:
    text = "x = " + "[" * 5000 + "]" * 5000
    Sdist("broken-one", files={"pyproject.toml": text}).write(truewheel.links)
    return ["broken-one"], 1, "pyproject.toml cannot be read: it is nested too deeply"


def no_version(truewheel: Truewheel) -> Case:
    code = """
import tinybackend
tinybackend.metadata = lambda: "Metadata-Version: 2.1\\nName: broken-one\\nVersion: soon\\n"
"""
    Sdist("broken-one", backend=code).write(truewheel.links)
    return ["broken-one"], 1, "broken-one"


def requirements_without_text(truewheel: Truewheel) -> Case:
    file = truewheel.world.cwd / "latin.txt"
    file.write_bytes(b"# caf\xe9\npure-one\n")
    return ["-r", file], 2, "latin.txt"


def wheel_of_tomorrow(truewheel: Truewheel) -> Case:
    code = """
import tinybackend
tinybackend.wheel_text = lambda: "Wheel-Version: 9.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
"""
    Sdist("broken-one", backend=code).write(truewheel.links)
    return ["broken-one"], 1, "wheel format '9.0' is not known"


def wheel_without_record(truewheel: Truewheel) -> Case:
    code = """
import tinybackend
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = tinybackend.build_wheel(wheel_directory)
    path = os.path.join(wheel_directory, name)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for entry, data in files.items():
            if not entry.endswith("/RECORD"):
                archive.writestr(entry, data)
    return name
"""
    Sdist("broken-one", backend=code).write(truewheel.links)
    return ["broken-one"], 1, "has no 'broken_one-1.0.dist-info/RECORD'"


CASES: Dict[str, Make] = {
    make.__name__.replace("_", " "): make
    for make in (
        missing_requirements, syntax_error, bad_requirement, bad_option_in_file, unknown_package,
        unknown_version, missing_path, no_project, conflict, hash_mismatch, index_hash_mismatch,
        truncated, garbage, empty, without_project, bad_pyproject, bad_build_system,
        backend_path_outside, backend_missing, wrong_name_inside, missing_build_requirement,
        circular_build_requirement, no_wheel, two_wheels, other_wheel, link_for_a_wheel,
        fifo_for_a_wheel, output_is_a_file, missing_constraints, missing_build_constraints,
        broken_wheel_in_links, nested_pyproject, no_version, wheel_of_tomorrow,
        requirements_without_text, wheel_without_record,
    )
}  # fmt: skip
CASES.update(
    {
        "wheel is empty": bad_wheel("b''"),
        "wheel is garbage": bad_wheel("b'not a zip file at all' * 100"),
        "answer is none": returned("None"),
        "answer is a number": returned("7"),
        "answer has a path": returned("'../../' + name"),
        "answer is absolute": returned("os.path.join(wheel_directory, name)"),
        "answer has a nul": returned("name + chr(0)"),
        "answer is huge": returned("'x' * 50_000_000"),
    }
)


@pytest.mark.parametrize("what", CASES)
def test_bad_input(truewheel: Truewheel, what: str) -> None:
    arguments, code, word = CASES[what](truewheel)
    result = truewheel.wheel(*arguments, code=code)
    assert word in clean(result)
    assert "site-packages/pip" not in result.err and "pip/_internal" not in result.err


def test_bad_configuration(truewheel: Truewheel) -> None:
    """pip logs what is wrong and exits, without an exception."""
    result = truewheel.wheel("x", env={"PIP_TIMEOUT": "abc"}, code=2)
    assert "An error occurred during configuration" in clean(result) and "abc" in clean(result)
    assert len(result.unwarned) == 1, result.text


def test_configuration_for_installing(truewheel: Truewheel) -> None:
    """Nothing is installed anywhere."""
    samples.pure().write(truewheel.links)
    assert truewheel.wheel("pure-one", env={"PIP_REQUIRE_VIRTUALENV": "1"}).names


def promising(links: Path, promise: str, built: str, name: str = "promise_one-1.0") -> None:
    """An sdist whose PKG-INFO is static and whose wheel has other metadata."""
    head = "Metadata-Version: 2.2\nName: promise-one\n"
    backend = f"""
import tinybackend
TEXT = {head + built!r}
def metadata():
    return TEXT
def stem():
    return "promise_one-" + TEXT.split("Version: ")[2].split()[0]
tinybackend.metadata, tinybackend.stem = metadata, stem
"""
    made = Sdist("promise-one", backend=backend, files={"PKG-INFO": head + promise}).write(links)
    made.rename(links / f"{name}.tar.gz")


@pytest.mark.parametrize(
    "built, said",
    [
        ("Version: 2.0\n", "PKG-INFO promised promise-one 1.0, but the backend wrote"),
        ("Version: 1.0\n", "PKG-INFO promised requirement 'helper>=1'"),
        ("Version: 1.0\nRequires-Dist: helper>1\n", "PKG-INFO promised requirement 'helper>=1'"),
        (
            "Version: 1.0\nRequires-Dist: helper>=1\nRequires-Dist: other\n",
            "PKG-INFO did not promise requirement 'other'",
        ),
    ],
)
def test_a_broken_promise(truewheel: Truewheel, links: Path, built: str, said: str) -> None:
    """The resolver has decided by the sdist's own PKG-INFO."""
    Sdist("helper").write(links)
    promising(links, "Version: 1.0\nRequires-Dist: helper>=1\n", built)
    result = truewheel.wheel("promise-one", code=1)
    (error,) = result.errors
    assert said in error and "cannot build promise-one 1.0: " in error
    assert "promise_one" not in " ".join(result.names)


def test_a_promise_in_other_words(truewheel: Truewheel, links: Path) -> None:
    write_all(links, Sdist("helper"))
    promising(
        links,
        "Version: 1.0\nRequires-Dist: helper (>=1.0,<2); python_version >= \"3\"\n",
        "Version: 1.0.0\nRequires-Dist: Helper<2.0,>=1 ; python_version>='3.0'\n",
    )
    assert len(truewheel.wheel("promise-one").names) == 2


@pytest.mark.parametrize("more", ["Requires-Python: 3 or so\n", "Requires-Dist: helper !\n", ""])
def test_a_promise_that_is_not_believed(truewheel: Truewheel, links: Path, more: str) -> None:
    """It cannot be read, or is of another version than its file: the backend is asked."""
    name = "promise_one-1.0" if more else "promise_one-2.0"
    promising(links, f"Version: 1.0\n{more}", f"Version: {name[-3:]}\n", name)
    result = truewheel.wheel("promise-one")
    assert result.names == [f"{name}-py3-none-any.whl"]


def naming(name: str, **more: str) -> Sdist:
    """Its wheel's file has this name, whatever is in it."""
    code = f"""
import tinybackend
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = tinybackend.build_wheel(wheel_directory)
    os.rename(os.path.join(wheel_directory, name), os.path.join(wheel_directory, {name!r}))
    return {name!r}
"""
    return Sdist("named-one", backend=code, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", ["2.1", "2.2"])
@pytest.mark.parametrize(
    "name, said",
    [
        ("other_one-1.0-py3-none-any.whl", "holds 'named_one-1.0.dist-info', which is not of"),
        ("named_one-2.0-py3-none-any.whl", "holds 'named_one-1.0.dist-info', which is not of"),
        ("named__one-1.0-py3-none-any.whl", "not a wheel's name"),
        ("named_one-1.0.whl", "not a wheel's name"),
        ("named_one-one-py3-none-any.whl", "not a wheel's name"),
    ],
)
def test_wheels_under_other_names(
    truewheel: Truewheel, links: Path, name: str, said: str, version: str
) -> None:
    """Judged once, outside of the sandbox, whether the metadata was promised or asked for."""
    naming(name, metadata_version=version).write(links)
    line = clean(truewheel.wheel("named-one", code=1))
    assert f"cannot build named-one 1.0: wheel: the backend wrote '{name}': " in line
    assert said in line


@pytest.mark.parametrize("name", ["Named.One-1.0", "named_one-v1-1.0", "named_one-1.0.0"])
def test_the_same_name_in_another_spelling(truewheel: Truewheel, links: Path, name: str) -> None:
    naming(f"{name}-py3-none-any.whl").write(links)
    assert truewheel.wheel("named-one").names == [f"{name}-py3-none-any.whl"]


def test_names_that_other_systems_cannot_have(truewheel: Truewheel, links: Path) -> None:
    """Built, delivered, and warned of, with the wheel's name."""
    package = {"aux.py": "", "Twin.py": "", "twin.py": ""}
    Sdist("named-one", package=package).write(links)
    result = truewheel.wheel("named-one")
    wheel = "named_one-1.0-py3-none-any.whl"
    assert result.names == [wheel]
    start = f"truewheel: warning: named-one 1.0: '{wheel}': "
    warned = [line[len(start):] for line in result.err.splitlines() if line.startswith(start)]
    assert len(warned) == 2, result.text
    assert any("aux.py" in line for line in warned)
    assert any("Twin.py" in line and "twin.py" in line for line in warned)
    samples.pure().write(links)
    assert "warning" not in truewheel.wheel("pure-one").err


@pytest.mark.parametrize(
    "entries",
    [
        {"../escaped.py": "x"},
        {"/absolute.py": "x"},
        {"package/../../escaped.py": "x"},
        {"twice.py": "1", "./twice.py": "2"},
        {"nul\0name.py": "x"},
        {"package\\back.py": "x"},
    ],
)
def test_unsafe_names_in_a_built_wheel(
    truewheel: Truewheel, links: Path, entries: Dict[str, str]
) -> None:
    code = f"""
import tinybackend
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = tinybackend.build_wheel(wheel_directory)
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "a") as archive:
        for entry, text in {entries!r}.items():
            archive.writestr(entry.replace(chr(0), "!"), text)
    if any(chr(0) in entry for entry in {entries!r}):
        path = os.path.join(wheel_directory, name)
        data = open(path, "rb").read().replace(b"nul!name", b"nul" + bytes(1) + b"name")
        open(path, "wb").write(data)
    return name
"""
    Sdist("unsafe-one", backend=code).write(links)
    line = clean(truewheel.wheel("unsafe-one", code=1))
    assert "unsafe-one" in line or "unsafe_one" in line


@pytest.mark.parametrize("kind", hostile.archives(Path("/")))
@pytest.mark.parametrize("given", ["by name", "by path"])
def test_hostile_archive(in_mode: Truewheel, tmp_path: Path, kind: str, given: str) -> None:
    """Refused, or unpacked harmlessly; in no case is anything written outside."""
    outside = tmp_path / "outside"
    outside.mkdir()
    sdist = hostile.archives(outside)[kind]
    path = sdist.write(in_mode.links)
    result = in_mode.wheel(path if given == "by path" else "hostile-one", code=None)
    assert not list(outside.iterdir())
    assert not Path(f"/{hostile.MARK}").exists() and not Path(f"/tmp/{hostile.MARK}").exists()
    if kind in ("dotdot", "absolute", "symlink", "relative-symlink", "device"):
        assert result.code == 1, result.text
        assert "hostile" in clean(result)
    elif result.code != 0:
        assert result.code == 1 and "hostile" in clean(result)


def zeros_wheel(directory: Path, name: str) -> Path:
    """A wheel of a megabyte with 1.5 GB of zeros."""
    path = directory / f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
    path.write_bytes(samples.wheel_bytes(name, "1.0"))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("zeros", "w", force_zip64=True) as out:
            for _ in range(1500):
                out.write(bytes(1_000_000))
    return path


@pytest.mark.parametrize("where", ["build requirement", "requirement"])
def test_a_wheel_that_unpacks_to_too_much(truewheel: Truewheel, links: Path, where: str) -> None:
    zeros_wheel(links, "tool-lib")
    Sdist("user-one", build_requires=["tool-lib"]).write(links)
    result = truewheel.wheel("user-one" if where == "build requirement" else "tool-lib", code=1)
    assert "tool_lib-1.0-py3-none-any.whl" in clean(result)
    assert "it unpacks to more than 1024 MiB" in result.errors[0]


def test_an_sdist_that_unpacks_to_too_much(truewheel: Truewheel, links: Path) -> None:
    """Refused by the resolver, before a build of it begins."""
    zeros = tar_member("huge_one-1.0/zeros", bytes(1100 << 20))
    Sdist("huge-one", members=[zeros]).write(links)
    result = truewheel.wheel("-v", "huge-one", code=1)
    assert "huge-one" in clean(result) and "it unpacks to more than 1024 MiB" in result.errors[0]
    assert "huge-one 1.0: starting" not in result.err


def big(name: str = "big-one") -> Sdist:
    """A wheel of about a megabyte that no compressor makes smaller."""
    code = """
import random, tinybackend
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open(spec()["package"] + "/noise.bin", "wb") as file:
        file.write(random.Random(7).randbytes(1_000_000))
    return tinybackend.build_wheel(wheel_directory)
"""
    return Sdist(name, backend=code)


@pytest.mark.skipif(not launch.can(*launch.unshare("-m")), reason="no mount namespaces here")
class TestDisk:
    def test_full_output(self, truewheel: Truewheel, links: Path) -> None:
        write_all(links, big())
        out = truewheel.world.wheels
        out.mkdir()
        show = f'"$@"; code=$?; ls -A {out}; exit $code'
        prefix = launch.with_tmpfs(out, "size=200k") + ["sh", "-c", show, "sh"]
        result = truewheel.wheel("big-one", code=6, prefix=prefix)
        line = clean(result)
        assert "No space left" in line and str(out) in line
        assert not result.out.strip(), "nothing half-written is left there"

    def test_full_temporary_directory(self, truewheel: Truewheel, links: Path) -> None:
        write_all(links, big("tall-one"))
        noise = os.urandom(1_000_000)
        Sdist("tall-one", files={"noise.bin": noise}).write(links)
        prefix = launch.with_tmpfs(truewheel.world.tmp, "size=200k")
        result = truewheel.wheel("tall-one", code=None, prefix=prefix)
        assert result.code in (1, 3)
        assert "No space left" in clean(result)

    def test_read_only_output(self, truewheel: Truewheel, links: Path) -> None:
        samples.pure().write(links)
        out = truewheel.world.wheels
        out.mkdir()
        result = truewheel.wheel("pure-one", code=3, prefix=launch.with_tmpfs(out, "ro"))
        line = clean(result)
        assert "Read-only file system" in line and str(out) in line

    def test_python_without_headers(
        self, truewheel: Truewheel, links: Path, tmp_path: Path, python: Path
    ) -> None:
        code = "import sysconfig; print(sysconfig.get_path('include'))"
        include = subprocess.run([str(python), "-Ic", code], stdout=subprocess.PIPE, text=True)
        (tmp_path / "empty").mkdir()
        samples.c_extension().write(links)
        prefix = launch.with_bind(tmp_path / "empty", Path(include.stdout.strip()))
        result = truewheel.wheel("native-one", code=1, prefix=prefix)
        assert clean(result) == "truewheel: native-one 1.0: Python's headers are missing"
        assert "Python.h" in result.err and "hint: install the development package" in result.err


def test_unwritable_output(
    truewheel: Truewheel, links: Path, nobody: List[str], open_tmp: Path
) -> None:
    """Somebody else's directory."""
    base = world_readable(open_tmp)
    sdists = base / "links"
    samples.pure().write(sdists)
    world = World(base / "world")
    subprocess.run(["chown", "-R", str(launch.NOBODY), str(world.base)], check=True)
    closed = base / "closed"
    closed.mkdir()
    truewheel.links = world_readable(sdists)
    result = truewheel.wheel("pure-one", code=3, prefix=nobody, world=world, wheels=closed)
    assert "Permission denied" in clean(result) and str(closed) in result.errors[0]


def test_no_compiler(truewheel: Truewheel, links: Path, tmp_path: Path) -> None:
    """PATH of a build is named, never inherited."""
    samples.c_extension().write(links)
    (tmp_path / "bin").mkdir()
    result = truewheel.wheel("native-one", "--env", f"PATH={tmp_path / 'bin'}", code=1)
    assert clean(result) == "truewheel: native-one 1.0: the program 'cc' is missing"
    assert "hint: install what has it (Debian: gcc;" in result.err


# One entry, whose line in the zip directory claims a hole of the file.
SPARSE = """
import struct
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = stem() + "-py3-none-any.whl"
    common = struct.pack("<5H3L2H", 20, 0, 0, 0, 33, 0, 0, 0, 1, 0)
    entry = b"PK\\1\\2" + struct.pack("<H", 20) + common + bytes(14) + b"a"
    first, size = b"PK\\3\\4" + common + b"a", 1 << 43
    end = struct.pack("<4sQ2H2L4Q", b"PK\\6\\6", 44, 45, 45, 0, 0, 1, 1, size, len(first))
    end += struct.pack("<4sLQL", b"PK\\6\\7", 0, len(first) + size, 1)
    end += struct.pack("<4s4H2LH", b"PK\\5\\6", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    with open(os.path.join(wheel_directory, name), "wb") as file:
        file.write(first + entry)
        file.seek(len(first) + size)
        file.write(end)
    return name
"""


def test_sparse_wheel(truewheel: Truewheel, links: Path) -> None:
    """It takes no room on the disk, and must not make the whole run fail when it is read."""
    write_all(links, Sdist("sparse-one", backend=SPARSE), samples.pure())
    result = truewheel.wheel("--keep-going", "sparse-one", "pure-one", code=1)
    assert result.names == ["pure_one-1.0-py3-none-any.whl"]
    assert len(result.errors) == 1 and "too large for its entries" in result.errors[0]


def test_bad_requirement_fails_before_anything_is_built(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("pure-one", "never-heard-of", code=4)
    assert "never-heard-of" in clean(result)


def test_an_unknown_guard(truewheel: Truewheel, links: Path) -> None:
    """With a name that no guard has, all guards would stay on, and the test would test nothing."""
    samples.pure().write(links)
    env = {"TRUEWHEEL_TEST_GUARDS_OFF": "umask,no-such-guard"}
    result = truewheel.wheel("pure-one", code=2, env=env)
    assert "TRUEWHEEL_TEST_GUARDS_OFF: there is no guard 'no-such-guard'" in clean(result)


def test_unreachable_index(truewheel: Truewheel) -> None:
    arguments = ["wheel", "-i", "http://127.0.0.1:9/simple", "--retries", "0", "pure-one"]
    result = truewheel(*arguments, code=None, env={"PIP_RETRIES": "0"})
    if result.code == 2:
        result = truewheel(*arguments[:3], "pure-one", code=1, env={"PIP_RETRIES": "0"})
    assert "127.0.0.1" in result.err or "pure-one" in clean(result)


def test_errors_hide_passwords(truewheel: Truewheel) -> None:
    url = "http://user:geheim@127.0.0.1:9/simple"
    result = truewheel("wheel", "-i", url, "pure-one", code=5, env={"PIP_RETRIES": "0"})
    assert "geheim" not in result.err + result.out
