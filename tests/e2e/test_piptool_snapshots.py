"""requirements.bzl and BUILD, byte for byte, and what Starlark makes of them."""

import os
from pathlib import Path
from typing import Dict, List

import pytest

from fixtures.runner import Truewheel
from fixtures.starlark import Module
from fixtures.wheels import Content, Wheel

SNAPSHOTS = Path(__file__).resolve().parents[1] / "data" / "bazel"

# Names that Bazel 0.21 takes, and names that make it fail for the whole package.
STRANGE_FILES: Dict[str, Content] = {
    "m/__init__.py": "",
    "m/a b.py": "",
    "m/x y/z.py": "",
    "m/ü.py": "",
    "uni/a b/c.txt": "",
    "uni/d e.txt": "",
    "uni/f:g.txt": "",
    "uni/ä?**:/h.txt": "",
    "uni/taken !#$%&'()*+,-.;<=>?@[]^_`{|}~".replace(" ", "-"): "",
}

CASES: Dict[str, List[Wheel]] = {
    "empty": [],
    "plain": [Wheel("six", "1.17.0"), Wheel("psutil", "5.4.8", tag="cp311-cp311-linux_x86_64")],
    "dependencies": [
        Wheel(
            "top",
            requires=["Left-Pad>=1", "right.pad (<2)", "left_pad", "top", "Zeta ; extra == 'z'"],
        ),
        Wheel("Left-Pad", "1.2.3"),
        Wheel("right.pad", "0.9.post1"),
    ],
    "extras": [
        Wheel(
            "requests",
            "2.21.0",
            requires=["chardet", "PySocks!=1.5.7; extra == 'socks'", "nothing; extra == 'Missing'"],
            provides=["socks", "Missing", "Empty-One"],
        ),
        Wheel("chardet", "3.0.4"),
        Wheel("PySocks", "1.6.8", dist="PySocks"),
        Wheel("user", requires=["requests[socks,security]>=2"]),
    ],
    "markers": [
        Wheel(
            "marked",
            requires=[
                'always; python_version >= "3"',
                'never; python_version < "3"',
                'linux; sys_platform == "linux"',
                'windows; sys_platform == "win32" or os_name == "nt"',
                'both; (python_version >= "3" and extra == "x") or python_version < "2"',
                'neither; python_version < "3" and extra == "x"',
                'three; python_version in "3.10 3.11 3.12 3.13 3.14"',
                'legacy; python_implementation == "CPython" and os.name == "posix"',
            ],
            provides=["x"],
        ),
        *(Wheel(name) for name in ("always", "linux", "both", "three", "legacy")),
    ],
    "namespace": [
        Wheel(
            "zope.interface",
            "5.0",
            dist="zope.interface",
            files={"zope/interface/__init__.py": "", "zope/interface/x.so": b"\x7fELF"},
            requires=["zope.event[test]"],
        ),
        Wheel("zope.event", "4.4", dist="zope_event", provides=["test"]),
    ],
    "odd-names": [
        Wheel("UPPER.lower_dash-dot", "1.0+local.1", dist="UPPER.lower_dash_dot"),
        Wheel("epoch", "1!2.0"),
        Wheel("build", "1.0", tag="1abc-py2.py3-none-any"),
        Wheel(
            "pkgs",
            provides=["pkg", "BUILD", 'evil"]) ', "a.b-c_d"],
            requires=["epoch; extra == 'a-b.c_d'"],
        ),
        Wheel("data-only", files={"data_only/words with blanks.txt": "x", "data_only/BUILD": "x"}),
        Wheel("strange-files", files=STRANGE_FILES),
        Wheel("no-usable-source", files={"a b/__init__.py": "", "c:d.py": "", "é.py": ""}),
    ],
    "mutual-extras": [
        Wheel("a", requires=["b[x]; extra == 'y'"], provides=["y"]),
        Wheel("b", requires=["a[y]; extra == 'x'"], provides=["x"]),
        Wheel(
            "all",
            requires=[
                "all[one,two]; extra == 'all'",
                "all[all]; extra == 'one'",
                "a[y]; extra == 'one'",
                "b; extra == 'two'",
                "all; extra == 'self'",
            ],
            provides=["all", "one", "two", "self"],
        ),
        Wheel("broken", requires=["broken2[x]; extra == 'x'"], provides=["x"]),
        Wheel(
            "broken2",
            requires=["broken[x]; extra == 'x'", "gone; extra == 'x'"],
            provides=["x"],
        ),
    ],
    "two-versions": [
        Wheel("twice", "1.9", provides=["old"]),
        Wheel("twice", "1.10", provides=["new"]),
        Wheel("twice", "1.10", tag="py2-none-any", provides=["new"]),
    ],
}


def piptool(truewheel: Truewheel, wheels: Path, name: str, *more: str) -> str:
    """Runs piptool on wheels that are there already."""
    (truewheel.world.cwd / "requirements.txt").write_text("# nothing\n")
    out = truewheel.world.cwd / f"{name}.bzl"
    arguments = ["--name", name, "--input", "requirements.txt", "--output", out]
    truewheel("piptool", *arguments, "--directory", wheels, *more)
    return out.read_text()


def whltool(truewheel: Truewheel, wheel: Path, out: Path, *more: str) -> str:
    arguments = ["--whl", wheel, "--requirements", "@pip//:requirements.bzl", "--directory", out]
    truewheel("whltool", *arguments, *more)
    return (out / "BUILD").read_text()


def check(name: str, text: str) -> None:
    path = SNAPSHOTS / name
    if os.environ.get("TRUEWHEEL_UPDATE_SNAPSHOTS") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert text == path.read_text(), f"{name} (TRUEWHEEL_UPDATE_SNAPSHOTS=1 writes it anew)"


@pytest.mark.parametrize("case", CASES)
def test_requirements_bzl(truewheel: Truewheel, tmp_path: Path, case: str) -> None:
    for wheel in CASES[case]:
        wheel.write(tmp_path / "wheels")
    (tmp_path / "wheels").mkdir(exist_ok=True)
    text = piptool(truewheel, tmp_path / "wheels", "pip")
    check(f"{case}.bzl", text)
    assert str(tmp_path) not in text


@pytest.mark.parametrize("case", CASES)
def test_build_files(truewheel: Truewheel, tmp_path: Path, case: str) -> None:
    """Each wheel with the extras that requirements.bzl would name."""
    found = []
    for wheel in CASES[case]:
        wheel.write(tmp_path / "wheels")
    text = piptool(truewheel, tmp_path / "wheels", "pip") if CASES[case] else ""
    libraries = Module(text + "\npip_install()\n").calls("whl_library") if text else []
    for library in libraries:
        wheel_file = tmp_path / "wheels" / library["whl"].partition("//:")[2]
        extras = [f"--extras={extra}" for extra in library["extras"]]
        build = whltool(truewheel, wheel_file, tmp_path / library["name"], *extras)
        found.append(f"# {library['name']}\n{build}")
    check(f"{case}.BUILD", "\n".join(found))


@pytest.mark.parametrize("case", CASES)
def test_starlark_agrees(truewheel: Truewheel, tmp_path: Path, case: str) -> None:
    """Both files run, and every requirement() of a BUILD file is known to requirements.bzl."""
    for wheel in CASES[case]:
        wheel.write(tmp_path / "wheels")
    (tmp_path / "wheels").mkdir(exist_ok=True)
    module = Module(piptool(truewheel, tmp_path / "wheels", "pip") + "\npip_install()\n")
    assert module.loads == [("@rules_python//python:whl.bzl", "whl_library")]
    labels = module.eval("all_requirements")
    assert len(labels) == len(set(labels))
    targets = set()
    for library in module.calls("whl_library"):
        wheel_file = tmp_path / "wheels" / library["whl"].partition("//:")[2]
        extras = [f"--extras={extra}" for extra in library["extras"]]
        build = Module(whltool(truewheel, wheel_file, tmp_path / library["name"], *extras))
        for target in build.calls("py_library"):
            targets.add(f"@{library['name']}//:{target['name']}")
            named = [dep[1] for dep in target["deps"] if dep != ":pkg"]
            labels_of_target = [module.eval(f"requirement({name!r})") for name in named]
            assert len(labels_of_target) == len(set(labels_of_target)), "a label twice in deps"
            assert f"@{library['name']}//:{target['name']}" not in labels_of_target
    assert set(labels) <= targets


def test_unknown_requirement_fails_with_the_known_text(
    truewheel: Truewheel, tmp_path: Path
) -> None:
    Wheel("six").write(tmp_path / "wheels")
    module = Module(piptool(truewheel, tmp_path / "wheels", "pip"))
    assert module.eval("requirement('SIX')") == "@pip_pypi__six_1_0//:pkg"
    with pytest.raises(Exception, match="Could not find pip-provided dependency: 'se.ven'"):
        module.eval("requirement('se.ven')")


def test_order_and_place_do_not_matter(truewheel: Truewheel, tmp_path: Path) -> None:
    names = ["b", "A", "c", "a_", "B", "z.z", "ab"]
    for name in names:
        Wheel(name).write(tmp_path / "one")
    for name in reversed(names):
        Wheel(name).write(tmp_path / "two" / "deep")
    assert piptool(truewheel, tmp_path / "one", "pip") == piptool(
        truewheel, tmp_path / "two" / "deep", "pip"
    )


def test_nested_wheels_are_found(truewheel: Truewheel, tmp_path: Path) -> None:
    Wheel("outer").write(tmp_path / "wheels")
    Wheel("inner").write(tmp_path / "wheels" / "sub")
    (tmp_path / "wheels" / ".hidden.whl").write_text("somebody's temporary file")
    module = Module(piptool(truewheel, tmp_path / "wheels", "pip") + "\npip_install()\n")
    assert [library["whl"] for library in module.calls("whl_library")] == [
        "@pip//:sub/inner-1.0-py3-none-any.whl",
        "@pip//:outer-1.0-py3-none-any.whl",
    ]


def test_interpreter_and_repository_are_passed_on(truewheel: Truewheel, tmp_path: Path) -> None:
    Wheel("six").write(tmp_path / "wheels")
    more = ["--python_interpreter", "python3", "--rules_python_repo=io_bazel_rules_python"]
    module = Module(piptool(truewheel, tmp_path / "wheels", "deps", *more) + "\npip_install()\n")
    assert module.loads == [("@io_bazel_rules_python//python:whl.bzl", "whl_library")]
    assert module.calls("whl_library")[0]["python_interpreter"] == "python3"


def test_build_file_for_old_workspaces_loads_no_py_library(
    truewheel: Truewheel, tmp_path: Path
) -> None:
    wheel = Wheel("six").write(tmp_path)
    old = Module(
        whltool(truewheel, wheel, tmp_path / "old", "--rules_python_repo", "io_bazel_rules_python")
    )
    new = Module(whltool(truewheel, wheel, tmp_path / "new"))
    assert old.loads == [("@pip//:requirements.bzl", "requirement")]
    assert new.loads == [("@rules_python//python:defs.bzl", "py_library"), *old.loads]
