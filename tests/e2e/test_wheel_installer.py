"""wheel_installer: the module that today's rules_python runs for every wheel repository."""

import base64
import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Union

import pytest

from fixtures.plainpip import PlainPip
from fixtures.runner import Truewheel, read_json
from fixtures.samples import pure
from fixtures.sdist import Sdist, wheel_names
from fixtures.wheels import Wheel


def as_arg(value: Any) -> str:
    return json.dumps({"arg": value})


def offline(truewheel: Truewheel) -> List[object]:
    extra = ["--no-index", "--find-links", str(truewheel.links)]
    return ["--extra_pip_args", as_arg(extra)]


def install(truewheel: Truewheel, wheel: Path, *more: str) -> Dict[str, Any]:
    truewheel("wheel_installer", "--requirement", "x", "--whl-file", wheel, *more)
    found: Dict[str, Any] = read_json(truewheel.world.cwd / "metadata.json")
    return found


def test_builds_one_wheel_here(truewheel: Truewheel) -> None:
    archive = pure("pure-one").write(truewheel.links)
    Sdist("top", requires=["pure-one"]).write(truewheel.links)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    line = f"pure-one==1.0 --hash=sha256:{digest}"
    empty = ["--pip_data_exclude", as_arg([]), "--environment", as_arg({})]
    truewheel("wheel_installer", "--requirement", line, "--isolated", *offline(truewheel), *empty)
    cwd = truewheel.world.cwd
    assert [path.name for path in cwd.glob("*.whl")] == ["pure_one-1.0-py3-none-any.whl"]
    path = cwd.resolve() / "pure_one-1.0-py3-none-any.whl"
    assert (cwd / "whl_file.json").read_text() == f'{{"whl_file": "{path}"}}'


def test_no_dependencies(truewheel: Truewheel) -> None:
    Sdist("top", requires=["not-there"]).write(truewheel.links)
    truewheel("wheel_installer", "--requirement", "top", *offline(truewheel))
    assert len(list(truewheel.world.cwd.glob("*.whl"))) == 1


def test_no_environment_of_the_callers(truewheel: Truewheel) -> None:
    """Bazel's rules say which Python it is; what happens to be activated says nothing."""
    pure("pure-one").write(truewheel.links)
    env = {"VIRTUAL_ENV": "/not/there", "PIP_PYTHON": "/not/there/python"}
    result = truewheel(
        "wheel_installer", "--requirement", "pure-one", *offline(truewheel), env=env)
    assert len(list(truewheel.world.cwd.glob("*.whl"))) == 1 and "not/there" not in result.err


@pytest.mark.parametrize("requirement", ["pure-one==1.0", "{archive}"])
def test_an_older_run_left_a_wheel(truewheel: Truewheel, requirement: str) -> None:
    """The answer is the wheel of this run, not the newest or the first one in the directory."""
    archive = pure("pure-one").write(truewheel.links)
    cwd = truewheel.world.cwd
    left = [Wheel("pure-one", version).write(cwd) for version in ("0.1", "9.0")]
    left.append(Wheel("another").write(cwd))
    line = requirement.format(archive=archive)
    truewheel("wheel_installer", "--requirement", line, *offline(truewheel))
    named = read_json(cwd / "whl_file.json")["whl_file"]
    assert named == str(cwd.resolve() / "pure_one-1.0-py3-none-any.whl")
    assert all(path.exists() for path in left)


FAR = ["--platform", "win_amd64", "--python-version", "3.9", "--implementation=cp"]


def test_download_for_another_platform(
    truewheel: Truewheel, plain_pip: PlainPip, tmp_path: Path
) -> None:
    """What `pip download` chooses; what lies here already is left alone."""
    Wheel("far", tag="cp39-cp39-win_amd64").write(truewheel.links)
    Wheel("far", "2.0", tag="cp39-cp39-manylinux_2_17_x86_64").write(truewheel.links)
    Wheel("far", "3.0", requires_python=">=3.10").write(truewheel.links)
    Wheel("far", "3.0").write(truewheel.world.cwd)
    extra = ["--no-index", "--find-links", str(truewheel.links), *FAR]
    command = ["wheel_installer", "--download_only", "--extra_pip_args", as_arg(extra)]
    done = truewheel(*command, "--requirement", "far")
    named = Path(read_json(truewheel.world.cwd / "whl_file.json")["whl_file"])
    assert named.name == "far-1.0-cp39-cp39-win_amd64.whl", done.text
    assert named.exists() and named.parent == truewheel.world.cwd.resolve()
    plain = plain_pip.run("download", "--only-binary=:all:", "-d", tmp_path / "pip", *extra, "far")
    assert wheel_names(tmp_path / "pip") == [named.name], plain.stderr


def test_nothing_is_built_for_another_platform(truewheel: Truewheel) -> None:
    pure("pure-one").write(truewheel.links)
    extra = as_arg(["--no-index", "--find-links", str(truewheel.links), *FAR])
    command = ["wheel_installer", "--requirement", "pure-one", "--extra_pip_args", extra]
    done = truewheel(*command, code=1)
    assert "pure-one" in done.errors[0] and "target" in done.errors[0], done.text
    assert not list(truewheel.world.cwd.glob("*.whl"))


def test_a_requirement_that_extra_pip_args_add(truewheel: Truewheel) -> None:
    for name in ("pure-one", "zoo", "another"):
        pure(name).write(truewheel.links)
    more = truewheel.world.base / "more.txt"
    more.write_text("another\nzoo\n")
    extra = ["--no-index", "--find-links", str(truewheel.links), "-r", str(more)]
    arguments = ["--requirement", "pure-one", "--extra_pip_args", as_arg(extra)]
    truewheel("wheel_installer", *arguments)
    assert "/pure_one-1.0" in read_json(truewheel.world.cwd / "whl_file.json")["whl_file"]


def test_wrong_hash_fails(truewheel: Truewheel) -> None:
    pure("pure-one").write(truewheel.links)
    line = f"pure-one==1.0 --hash=sha256:{'0' * 64}"
    done = truewheel("wheel_installer", "--requirement", line, *offline(truewheel), code=None)
    assert done.code != 0 and done.errors
    assert not (truewheel.world.cwd / "whl_file.json").exists()


def test_the_archive_lies_in_the_directory_itself(truewheel: Truewheel) -> None:
    """Bazel's downloader has fetched the sdist, and the rule offers it by --find-links ."""
    pure("pure-one").write(truewheel.world.cwd)
    extra = as_arg(["--no-index", "--find-links", "."])
    truewheel("wheel_installer", "--requirement", "pure-one", "--extra_pip_args", extra)
    assert "pure_one" in read_json(truewheel.world.cwd / "whl_file.json")["whl_file"]


@pytest.mark.parametrize("name", ["SPECIAL", "HOMEBREW_PREFIX", "TMPDIR_OF_MINE"])
def test_environment_reaches_the_build(truewheel: Truewheel, name: str) -> None:
    Sdist(
        "seen",
        backend=(
            "import os\n"
            "base = build_wheel\n"
            "def build_wheel(*args, **kwargs):\n"
            "    with open('seen/value.txt', 'w') as file:\n"
            f"        file.write(os.environ[{name!r}])\n"
            "    return base(*args, **kwargs)\n"
        ),
    ).write(truewheel.links)
    environment = {name: "a b", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(truewheel.links)}
    truewheel("wheel_installer", "--requirement", "seen", "--environment", as_arg(environment))
    install(truewheel, next(truewheel.world.cwd.glob("*.whl")))
    value = truewheel.world.cwd / "site-packages" / "seen" / "value.txt"
    assert value.read_text() == "a b"


def test_another_pythons_wheel(truewheel: Truewheel, python: Path) -> None:
    """The interpreter that answers is 3.15: there is no wheel of the default engine's version."""
    pure("pure-one").write(truewheel.links)
    asks = (
        "import sys, platform; platform.python_version = lambda: '3.15.0';"
        " platform.python_version_tuple = lambda: ('3', '15', '0'); exec(sys.argv[1])"
    )
    other = truewheel.world.base / "python"
    other.write_text(f'#!/bin/sh\nexec {python} -I -c "{asks}" "$3"\n')
    other.chmod(0o755)
    command = ["wheel_installer", *offline(truewheel), "--requirement", "pure-one"]
    done = truewheel(*command, env={"TRUEWHEEL_PYTHON": str(other)}, code=3)
    assert "there is no engine for Python 3.15" in done.errors[0]
    assert not list(truewheel.world.cwd.iterdir())


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("tool", ["wheel_installer", "whltool"])
def test_a_refused_wheel_leaves_nothing(truewheel: Truewheel, tool: str, there: bool) -> None:
    """A damaged entry is seen when some files are written already."""
    cwd = truewheel.world.cwd
    files = {"a/first.py": "X = 1\n" * 100, "a/second.py": "Y = 2\n" * 100}
    wheel = Wheel("damaged", files=files).write(truewheel.world.base)
    data = bytearray(wheel.read_bytes())
    with zipfile.ZipFile(wheel) as archive:
        info = archive.getinfo("a/second.py")
        data[info.header_offset + 30 + len(info.filename) + 5] ^= 0xFF
    wheel.write_bytes(data)
    out = cwd if tool == "wheel_installer" else cwd / "out"
    if there:
        (out / "site-packages").mkdir(parents=True)
    before = sorted(cwd.rglob("*"))
    options = {
        "wheel_installer": ["--requirement", "damaged", "--whl-file", wheel],
        "whltool": ["--whl", wheel, "--directory", "out", "--requirements", "@p//:r.bzl"],
    }
    done = truewheel(tool, *options[tool], code=1)
    assert "second.py" in done.errors[0]
    if not there:
        assert sorted(cwd.rglob("*")) == before
    else:
        assert (out / "site-packages").is_dir()


def test_download_only_takes_no_sdist(truewheel: Truewheel) -> None:
    pure("pure-one").write(truewheel.links)
    Wheel("ready").write(truewheel.links)
    command = ["wheel_installer", "--download_only", *offline(truewheel), "--requirement"]
    assert truewheel(*command, "pure-one", code=None).code != 0
    truewheel(*command, "ready")
    assert (truewheel.world.cwd / "ready-1.0-py3-none-any.whl").exists()


@pytest.mark.parametrize(
    "change",
    [
        ["--extra_pip_args", "not json"],
        ["--extra_pip_args", "[]"],
        ["--environment", '{"arg": {"A": 1}}'],
        ["--nonsense"],
        ["more"],
    ],
)
def test_bad_arguments_are_exit_2(truewheel: Truewheel, change: List[str]) -> None:
    truewheel("wheel_installer", "--requirement", "x", *change, code=2)


def test_a_bad_requirement_is_called_by_the_option(truewheel: Truewheel) -> None:
    """The error names the option, not the temporary file that the requirement is passed in."""
    done = truewheel("wheel_installer", "--requirement", "no such ??? thing", code=2)
    assert "--requirement: " in done.errors[0] and "requirement.txt" not in done.text


def test_requirement_is_needed(truewheel: Truewheel) -> None:
    truewheel("wheel_installer", "--isolated", code=2)


def test_layout_and_metadata(truewheel: Truewheel, tmp_path: Path) -> None:
    wheel = Wheel(
        "Some.Name",
        "2.0",
        dist="some_name",
        requires=["B-b", "a.A>1", "some_name[x]; extra == 'all'", "c; extra == 'x'"],
        provides=["all", "x"],
        files={
            "some/__init__.py": "",
            "some_name-2.0.data/scripts/tool": "#!python\n",
            "some_name-2.0.data/headers/h.h": "",
            "some_name-2.0.data/data/etc/conf": "",
            "some_name-2.0.data/platlib/native.so": b"\0",
            "some_name-2.0.dist-info/entry_points.txt": (
                "[console_scripts]\n; a comment\nzz = some.cli:main [x]\n"
                "aa=some:Class.run\n\n[gui_scripts]\ngui = some:gui\n"
            ),
        },
        executables=["some_name-2.0.data/scripts/tool"],
    ).write(tmp_path)
    truewheel("wheel_installer", "--requirement", "some-name[all]==2.0", "--whl-file", wheel)
    cwd = truewheel.world.cwd
    assert read_json(cwd / "metadata.json") == {
        "name": "some-name",
        "version": "2.0",
        "deps": ["a_a", "b_b", "c"],
        "deps_by_platform": {},
        "entry_points": [
            {"name": "aa", "module": "some", "attribute": "Class.run"},
            {"name": "zz", "module": "some.cli", "attribute": "main"},
        ],
    }
    for name in ("site-packages/some/__init__.py", "include/h.h", "data/etc/conf", "bin/tool"):
        assert (cwd / name).exists()
    assert (cwd / "site-packages" / "native.so").exists()
    assert (cwd / "bin" / "tool").stat().st_mode & 0o111 == 0o111


def test_entry_points_are_sorted_by_name(truewheel: Truewheel, tmp_path: Path) -> None:
    names = ["run", "run-more", "run.x", "Run", "run1"]
    text = "[console_scripts]\n" + "".join(f"{name}=x:main\n" for name in names)
    wheel = Wheel("x", files={"x-1.0.dist-info/entry_points.txt": text}).write(tmp_path)
    found = [point["name"] for point in install(truewheel, wheel)["entry_points"]]
    assert found == sorted(names)


def test_scripts(truewheel: Truewheel, tmp_path: Path) -> None:
    """As rules_python's tool leaves them: the interpreter is not known yet."""
    scripts = "x-1.0.data/scripts"
    files: Dict[str, Union[str, bytes]] = {
        "x/__init__.py": "def main():\n    return 7\nclass Deep:\n    run = staticmethod(main)\n",
        f"{scripts}/plain": "#!python\nprint(1)\n",
        f"{scripts}/window": "#!pythonw -E\nprint(2)\n",
        f"{scripts}/sub/deep": "#!python3",
        f"{scripts}/shell": "#!/bin/sh\n#!python\n",
        f"{scripts}/program": b"\x7fELF" + bytes(range(256)),
        f"{scripts}/short": "#!",
        "x-1.0.data/data/kept": "#!python\n",
        "x-1.0.dist-info/entry_points.txt": (
            "[console_scripts]\nxx = x:main [more]\ndeep=x:Deep.run\nno = x\nodd = x:a-b\n"
            "\n[gui_scripts]\nwin = x:main\n\n[other]\nnever = x:main\n"
        ),
    }
    executables = [f"{scripts}/plain", f"{scripts}/program"]
    install(truewheel, Wheel("x", files=files, executables=executables).write(tmp_path))
    cwd = truewheel.world.cwd
    found = {str(path.relative_to(cwd / "bin")) for path in (cwd / "bin").rglob("*")}
    own = {"plain", "window", "sub", "sub/deep", "shell", "program", "short"}
    assert found == own | {"xx", "deep", "win"}
    assert (cwd / "bin" / "plain").read_text() == "#!/dev/null\nprint(1)\n"
    assert (cwd / "bin" / "window").read_text() == "#!/dev/null\nprint(2)\n"
    assert (cwd / "bin" / "sub" / "deep").read_text() == "#!/dev/null\n"
    for name in ("shell", "short", "program"):
        text = files[f"{scripts}/{name}"]
        assert (cwd / "bin" / name).read_bytes() == (
            text.encode() if isinstance(text, str) else text
        )
    assert (cwd / "data" / "kept").read_text() == "#!python\n"
    modes = {path.name for path in (cwd / "bin").iterdir() if path.stat().st_mode & 0o111 == 0o111}
    assert modes == {"plain", "program", "xx", "deep", "win", "sub"}
    for name in ("xx", "deep", "win"):
        path = cwd / "bin" / name
        assert path.read_text().startswith("#!/dev/null\n")
        env = {"PYTHONPATH": str(cwd / "site-packages")}
        assert subprocess.run([sys.executable, str(path)], env=env).returncode == 7


def test_record_is_of_what_lies_there(truewheel: Truewheel, tmp_path: Path) -> None:
    """Read by Python: RECORD lists every file, with its hash and size, and no other file."""
    files: Dict[str, Union[str, bytes]] = {
        "x/__init__.py": "",
        "ns/mod, with comma.py": "",
        "x-1.0.data/scripts/plain": "#!python\nprint(1)\n",
        "x-1.0.data/headers/h.h": "int x;\n",
        "x-1.0.data/data/etc/conf": "",
        "x-1.0.data/platlib/native.so": bytes(range(256)),
        "x-1.0.data/unknown/left": "",
        "x-1.0.dist-info/INSTALLER": "somebody else\n",
        "x-1.0.dist-info/entry_points.txt": "[console_scripts]\nrun = x:main\n",
    }
    wheel = Wheel("x", files=files).write(tmp_path)
    cwd = truewheel.world.cwd
    for _ in range(2):
        install(truewheel, wheel)
        found = next(iter(importlib.metadata.distributions(path=[str(cwd / "site-packages")])))
        assert found.read_text("INSTALLER") == "truewheel\n"
        listed = list(found.files or [])
        assert str(listed[-1]) == "x-1.0.dist-info/RECORD" and listed[-1].hash is None
        for path in listed[:-1]:
            content = Path(str(path.locate())).read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
            assert path.hash is not None and path.hash.mode == "sha256", path
            assert path.hash.value == digest.decode().rstrip("="), path
            assert path.size == len(content), path
        there = {path.resolve() for path in cwd.rglob("*") if path.is_file()}
        there.remove(cwd.resolve() / "metadata.json")
        assert {Path(str(path.locate())).resolve() for path in listed} == there
        assert [str(path) for path in listed if str(path).startswith("..")] == [
            "../bin/plain",
            "../bin/run",
            "../data/etc/conf",
            "../include/h.h",
        ]


@pytest.mark.parametrize("name", ["../above", "a/b", "/abs", "..", "", "x\x7f"])
def test_entry_points_that_are_no_file_names(
    truewheel: Truewheel, tmp_path: Path, name: str
) -> None:
    text = f"[console_scripts]\n{name} = x:main\n"
    wheel = Wheel("x", files={"x-1.0.dist-info/entry_points.txt": text}).write(tmp_path)
    command = ["wheel_installer", "--requirement", "x", "--whl-file", wheel]
    done = truewheel(*command, code=1)
    assert "is no file name" in done.err
    assert not (truewheel.world.base / "above").exists()


@pytest.mark.parametrize("implicit", [False, True])
def test_namespace_packages(truewheel: Truewheel, tmp_path: Path, implicit: bool) -> None:
    files = {
        "ns/deep/mod.py": "",
        "ns/whole/__init__.py": "",
        "ns/whole/sub/mod.py": "",
        "data/file.txt": "",
        "top.py": "",
    }
    wheel = Wheel("x", files=files).write(tmp_path)
    install(truewheel, wheel, *(["--enable_implicit_namespace_pkgs"] if implicit else []))
    root = truewheel.world.cwd / "site-packages"
    made = {
        str(path.parent.relative_to(root))
        for path in root.rglob("__init__.py")
        if "extend_path" in path.read_text()
    }
    assert made == (set() if implicit else {"ns", "ns/deep", "ns/whole/sub"})


@pytest.mark.parametrize(
    "source, made", [("from x import arguments, namespace_pkgs", True), ("import json", False)]
)
def test_rules_that_see_to_namespace_packages(
    truewheel: Truewheel, tmp_path: Path, source: str, made: bool
) -> None:
    """Since 1.5 there is no option: the rules add __init__.py themselves, or want none."""
    package = tmp_path / "rules" / "python" / "private" / "pypi" / "whl_installer"
    package.mkdir(parents=True)
    (package / "wheel_installer.py").write_text(source + "\n")
    wheel = Wheel("x", files={"ns/mod.py": ""}).write(tmp_path)
    env = {"PYTHONPATH": f"/nowhere:{tmp_path / 'rules'}"}
    truewheel("wheel_installer", "--requirement", "x", "--whl-file", wheel, env=env)
    init = truewheel.world.cwd / "site-packages" / "ns" / "__init__.py"
    assert init.exists() is made


def test_rules_that_read_metadata_themselves(truewheel: Truewheel, tmp_path: Path) -> None:
    points = "[console_scripts]\nrun = x:main\n"
    files = {"ns/mod.py": "", "x-1.0.dist-info/entry_points.txt": points}
    wheel = Wheel("x", requires=["y"], files=files).write(tmp_path)
    assert install(truewheel, wheel, "--enable-pipstar") == {
        "entry_points": [{"name": "run", "module": "x", "attribute": "main"}]
    }
    assert not (truewheel.world.cwd / "site-packages" / "ns" / "__init__.py").exists()


def test_platforms_with_a_micro_version(truewheel: Truewheel, tmp_path: Path) -> None:
    """Rules since 1.4 say the whole version; conditions have it from the second one on."""
    requires = ["lin; sys_platform == 'linux'", "m; platform_machine == 'x86_64'"]
    requires += ["old; python_full_version < '3.99.4'"]
    wheel = Wheel("x", requires=requires).write(tmp_path)
    one, two = "--platform=cp399.3_linux_x86_64", "--platform=cp399.4_linux_x86_64"
    found = install(truewheel, wheel, one)
    assert found["deps"] == ["old"]
    assert found["deps_by_platform"] == {
        "@platforms//os:linux": ["lin"],
        "linux_x86_64": ["lin", "m"],
    }
    found = install(truewheel, wheel, one, two)
    assert found["deps"] == []
    assert found["deps_by_platform"] == {
        "cp399.3_linux_x86_64": ["lin", "m", "old"],
        "cp399.4_linux_x86_64": ["lin", "m"],
    }


def test_dependencies_by_platform(truewheel: Truewheel, tmp_path: Path) -> None:
    wheel = Wheel(
        "x",
        requires=[
            "always",
            'unix; os_name == "posix"',
            'win; sys_platform == "win32"',
            'arm; platform_machine == "aarch64" and sys_platform == "linux"',
            'new; python_version >= "3.8"',
            'old; python_version < "3.8"',
        ],
    ).write(tmp_path)
    platforms = ["linux_x86_64", "linux_aarch64", "windows_x86_64"]
    found = install(truewheel, wheel, *(f"--platform={name}" for name in platforms))
    assert found["deps"] == ["always", "new"]
    assert found["deps_by_platform"] == {
        "@platforms//os:linux": ["unix"],
        "@platforms//os:windows": ["win"],
        "linux_aarch64": ["arm", "unix"],
    }


@pytest.mark.parametrize(
    "platforms",
    [["cp311_linux_x86_64"], ["host"], ["cp310_linux_x86_64", "cp311_linux_x86_64"]],
)
def test_a_platform_with_a_version(
    truewheel: Truewheel, tmp_path: Path, platforms: List[str]
) -> None:
    """
    Bazel takes one branch, the most special one, so that has what the others have. The version is
    in no condition: one Python's dependencies, or two's, are those of the target.
    """
    machine = os.uname().machine
    requires = ["lin; sys_platform == 'linux'", f"m; platform_machine == '{machine}'"]
    wheel = Wheel("x", requires=requires).write(tmp_path)
    names = [name.replace("x86_64", machine) for name in platforms]
    found = install(truewheel, wheel, *(f"--platform={name}" for name in names))
    assert found["deps_by_platform"] == {
        "@platforms//os:linux": ["lin"],
        f"linux_{machine}": ["lin", "m"],
    }


def test_more_than_two_versions(truewheel: Truewheel, tmp_path: Path) -> None:
    requires = ["lin; sys_platform == 'linux'", "m; platform_machine == 'x86_64'"]
    wheel = Wheel("x", requires=requires).write(tmp_path)
    platforms = [f"--platform=cp3{minor}_linux_x86_64" for minor in (96, 97, 98)]
    found = install(truewheel, wheel, *platforms)["deps_by_platform"]
    expected = {f"cp3{minor}_linux_anyarch": ["lin"] for minor in (96, 97, 98)}
    expected.update({f"cp3{minor}_linux_x86_64": ["lin", "m"] for minor in (96, 97, 98)})
    assert found == expected


def test_any_system_is_none(truewheel: Truewheel, tmp_path: Path) -> None:
    requires = ["posix; os_name == 'posix'", "other; os_name != 'nt'"]
    wheel = Wheel("x", requires=requires).write(tmp_path)
    found = install(truewheel, wheel, "--platform=*_x86_64")
    assert found["deps_by_platform"] == {"//conditions:default": ["other"]}


@pytest.mark.parametrize("name", ["linux", "osx_*", "cp311_linux_x86_64", "host"])
def test_platform_names(truewheel: Truewheel, tmp_path: Path, name: str) -> None:
    wheel = Wheel("x", requires=["y"]).write(tmp_path)
    assert install(truewheel, wheel, f"--platform={name}")["deps"] == ["y"]


@pytest.mark.parametrize(
    "name",
    ["amiga_x86_64", "linux_z80", "cp3x_linux_x86_64", "cp311._linux_x86_64", "cp311.3", ""],
)
def test_unknown_platforms(truewheel: Truewheel, tmp_path: Path, name: str) -> None:
    wheel = Wheel("x").write(tmp_path)
    command = ["wheel_installer", "--requirement", "x", "--whl-file", wheel, "--platform", name]
    truewheel(*command, code=2)
