"""whltool: what it unpacks, what it refuses, and many at once."""

import os
import stat
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, List, Tuple, Union

import pytest

from fixtures import launch
from fixtures.runner import Truewheel
from fixtures.wheels import Wheel, member

pytestmark = pytest.mark.sanitize


def unpack(truewheel: Truewheel, wheel: Path, out: Path, code: int = 0) -> str:
    arguments = ["--whl", wheel, "--requirements", "@p//:requirements.bzl", "--directory", out]
    return truewheel("whltool", *arguments, code=code).err


def tree(directory: Path) -> Dict[str, str]:
    found = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        found[name] = "/" if path.is_dir() else path.read_bytes().hex()
    return found


def test_files_and_modes(truewheel: Truewheel, tmp_path: Path) -> None:
    files: Dict[str, Union[str, bytes]] = {
        "m/__init__.py": "x\n",
        "m/run.sh": "#!/bin/sh\n",
        "m/a b.txt": "",
        "m/c.so": b"\0",
    }
    wheel = Wheel("m", files=files, executables=["m/run.sh"]).write(tmp_path)
    unpack(truewheel, wheel, tmp_path / "out")
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        assert (tmp_path / "out" / name).read_bytes() == data
    umask = os.umask(0)
    os.umask(umask)
    for name, mode in (("m/run.sh", (0o777 & ~umask) | 0o111), ("m/c.so", 0o666 & ~umask)):
        assert stat.S_IMODE((tmp_path / "out" / name).stat().st_mode) == mode


def test_build_files_of_the_wheel_do_not_take_our_place(
    truewheel: Truewheel, tmp_path: Path
) -> None:
    """A wheel's own BUILD files do not become packages, at which Bazel's glob would stop."""
    files = {name: "broken(" for name in ("BUILD", "BUILD.bazel", "m/BUILD", "m/x/BUILD.bazel")}
    wheel = Wheel("m", files={**files, "m/x/__init__.py": "", "m/BUILD.txt": ""}).write(tmp_path)
    unpack(truewheel, wheel, tmp_path / "out")
    names = {name for name in tree(tmp_path / "out") if "BUILD" in name}
    assert names == {"BUILD", "m/BUILD.txt"}
    assert 'name = "pkg"' in (tmp_path / "out" / "BUILD").read_text()


def test_dist_info_is_searched_for(truewheel: Truewheel, tmp_path: Path) -> None:
    wheel = Wheel(
        "Some-Name", dist_info="some.name-1.0.dist-info", requires=["x (>1)", 'y[z] ; os_name!=""']
    ).write(tmp_path)
    unpack(truewheel, wheel, tmp_path / "out")
    text = (tmp_path / "out" / "BUILD").read_text()
    assert 'requirement("x"),\n        requirement("y[z]"),\n' in text


LINK = stat.S_IFLNK | 0o777


@pytest.mark.parametrize(
    "members",
    [
        [member("../outside.py")],
        [member("m/../../outside.py")],
        [member("/tmp/outside.py")],
        [member("..\\outside.py")],
        [member("m/link", b"/etc/passwd", LINK)],
        [member("m/link", b"..", LINK), member("m/link/outside.py")],
        [member("m/twice.py", b"1"), member("m/twice.py", b"2")],
        [member("m/__init__.py/x.py", b"1")],
        [member("m/fifo", b"", stat.S_IFIFO | 0o644)],
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_hostile_members_are_refused(
    truewheel: Truewheel, tmp_path: Path, members: List[Tuple[zipfile.ZipInfo, bytes]]
) -> None:
    wheel = Wheel("m", files={"m/__init__.py": ""}, members=members).write(tmp_path)
    error = unpack(truewheel, wheel, tmp_path / "in" / "out", code=1)
    assert error.startswith(f"truewheel: '{wheel}': ")
    assert not (tmp_path / "in").exists()
    assert not Path("/tmp/outside.py").exists()
    assert not list(tmp_path.rglob("outside.py"))


def test_links_in_the_directory_are_not_followed(truewheel: Truewheel, tmp_path: Path) -> None:
    wheel = Wheel("m").write(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "m").symlink_to(tmp_path / "elsewhere")
    unpack(truewheel, wheel, tmp_path / "out", code=3)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_linked_file_is_replaced_not_written_through(
    truewheel: Truewheel, tmp_path: Path
) -> None:
    wheel = Wheel("m").write(tmp_path)
    (tmp_path / "out" / "m").mkdir(parents=True)
    (tmp_path / "precious").write_text("mine")
    for name in ("m/__init__.py", "BUILD"):
        (tmp_path / "out" / name).symlink_to(tmp_path / "precious")
    unpack(truewheel, wheel, tmp_path / "out")
    assert (tmp_path / "precious").read_text() == "mine"
    assert (tmp_path / "out" / "m" / "__init__.py").read_text() == "NAME = 'm'\n"


def test_versions_that_are_none(truewheel: Truewheel, tmp_path: Path) -> None:
    """An invalid version in old METADATA does not matter: BUILD has names and markers only."""
    requires = ["a (>=1.0.*)", "b[x] >= 1.0-foo; os_name == 'posix'", "c (>1.*) ; os_name == 'nt'"]
    wheel = Wheel("m", requires=requires).write(tmp_path)
    unpack(truewheel, wheel, tmp_path / "out")
    text = (tmp_path / "out" / "BUILD").read_text()
    assert 'requirement("a"),\n        requirement("b[x]"),\n    ]' in text


@pytest.mark.parametrize(
    "requires", ["foo bar", "foo (>1/2)", "foo; nonsense == 'x'", "foo; python_version ~= 'x'"]
)
def test_broken_requirements_are_an_error(
    truewheel: Truewheel, tmp_path: Path, requires: str
) -> None:
    wheel = Wheel("m", requires=[requires]).write(tmp_path)
    assert "foo" in unpack(truewheel, wheel, tmp_path / "out", code=1)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments", [["--whl"], ["--nonsense"], ["--whl=x", "y"], ["--requirements=x"]]
)
def test_bad_flags_are_exit_2(truewheel: Truewheel, arguments: List[str]) -> None:
    assert "truewheel whltool --help" in truewheel("whltool", *arguments, code=2).text


def test_directory_that_cannot_be_written(truewheel: Truewheel, tmp_path: Path) -> None:
    """One line that names the directory, not the first member of the wheel."""
    wheel = Wheel("m").write(tmp_path)
    there = tmp_path / "there"
    there.mkdir()
    command = ["whltool", "--whl", wheel, "--directory", there]
    (line,) = truewheel(*command, prefix=launch.with_tmpfs(there, "ro"), code=3).errors
    assert f"cannot write to '{there}'" in line


def test_dependencies_need_a_label(truewheel: Truewheel, tmp_path: Path) -> None:
    wheel = Wheel("m", requires=["x"]).write(tmp_path)
    truewheel("whltool", "--whl", wheel, "--directory", tmp_path / "out", code=2)


def test_many_at_once_in_one_directory(
    truewheel: Truewheel, tmp_path: Path, program: Path
) -> None:
    files = {f"m/d{i % 5}/f{i}.py": f"x = {i}\n" * 50 for i in range(100)}
    wheel = Wheel("m", files=files).write(tmp_path)
    command = [str(program), "whltool", "--whl", str(wheel), "--directory", str(tmp_path / "out")]

    def one(_: int) -> int:
        return subprocess.run(command, env=truewheel.world.environment()).returncode

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(one, range(16))) == [0] * 16
    for name, content in files.items():
        assert (tmp_path / "out" / name).read_text() == content
    assert not [name for name in tree(tmp_path / "out") if "truewheel" in name]


def test_starts_no_python(truewheel: Truewheel, tmp_path: Path, program: Path) -> None:
    """It runs one program: itself."""
    wheel = Wheel("m", requires=['x; python_version > "2"']).write(tmp_path)
    strace = ["strace", "-f", "-qq", "-e", "trace=execve", "-o", str(tmp_path / "trace")]
    command = [str(program), "whltool", "--whl", str(wheel), "--directory", str(tmp_path / "out")]
    if subprocess.run([*strace, "true"], stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("no strace, or it may not trace")
    done = subprocess.run([*strace, *command, "--requirements", "@p//:requirements.bzl"])
    assert done.returncode == 0
    assert (tmp_path / "trace").read_text().count("execve(") == 1
