"""Sdists of the old kind, built with setuptools, exactly where pip can build them."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from fixtures import samples
from fixtures.pips import setuptools_links
from fixtures.plainpip import PlainPip
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist, write_all

assert setuptools_links  # fixture

SETUP = """
from setuptools import setup
setup(name={name!r}, version="1.0", packages=[{module!r}], {more})
"""


def legacy(name: str, more: str = "", **files: str) -> Sdist:
    """Only a setup.py; PKG-INFO of metadata 1.0, as a decade ago."""
    module = name.replace("-", "_")
    return Sdist(
        name,
        tiny=False,
        metadata_version="1.0",
        package={"__init__.py": "", **files},
        files={"setup.py": SETUP.format(name=name, module=module, more=more)},
    )


def c_legacy(name: str = "old-native") -> Sdist:
    module = name.replace("-", "_")
    extension = f"Extension('{module}.native', ['{module}/native.c'])"
    ext = f"ext_modules=[__import__('setuptools').{extension}]"
    return legacy(name, ext, **{"native.c": samples.C_SOURCE})


@pytest.fixture
def legacy_links(links: Path, setuptools_links: Path) -> Path:
    for path in setuptools_links.iterdir():
        shutil.copy(path, links)
    return links


def test_setup_py_only(in_mode: Truewheel, legacy_links: Path) -> None:
    write_all(legacy_links, legacy("old-one"), c_legacy())
    result = in_mode.wheel("old-one", "old-native")
    assert [name.split("-")[0] for name in result.names] == ["old_native", "old_one"]
    again = in_mode.wheel("old-native", "old-one", wheels=in_mode.world.base / "again")
    assert again.hashes == result.hashes


def test_debug_information_of_setuptools(
    in_mode: Truewheel, legacy_links: Path, tmp_path: Path
) -> None:
    """-g is kept, and the directory in it is the stable one."""
    write_all(legacy_links, c_legacy())
    result = in_mode.wheel("old-native", "--env", "CFLAGS=-g")
    with zipfile.ZipFile(result.wheels / result.names[0]) as archive:
        library = next(name for name in archive.namelist() if name.endswith(".so"))
        archive.extract(library, tmp_path)
    text = subprocess.run(
        ["readelf", "--debug-dump=info", "--dwarf-depth=1", str(tmp_path / library)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"DW_AT_comp_dir.*: (\S+)", text)
    assert found and found.group(1).startswith(f"{in_mode.build_root}/old-native-1.0/src")


def test_setup_requires(truewheel: Truewheel, legacy_links: Path) -> None:
    """The hook returns setup_requires, which are installed like other build requirements."""
    write_all(
        legacy_links, samples.header_lib(), legacy("asking-one", 'setup_requires=["header-lib"]')
    )
    assert truewheel.wheel("asking-one").names


def test_setup_requires_that_is_missing(truewheel: Truewheel, legacy_links: Path) -> None:
    write_all(legacy_links, legacy("asking-one", 'setup_requires=["not-there-at-all"]'))
    result = truewheel.wheel("asking-one", code=4)
    assert len(result.errors) == 1 and "not-there-at-all" in result.err


def test_pyproject_without_a_backend(truewheel: Truewheel, legacy_links: Path) -> None:
    """[build-system] with requires only: setuptools' legacy backend."""
    old = legacy("half-one")
    old.files = {**old.files, "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\n'}
    other = legacy("tool-one")
    other.files = {**other.files, "pyproject.toml": "[tool.thing]\nx = 1\n"}
    write_all(legacy_links, old, other)
    assert len(truewheel.wheel("half-one", "tool-one").names) == 2


def test_setup_py_that_imports_its_neighbour(truewheel: Truewheel, legacy_links: Path) -> None:
    """The legacy backend has the source directory on sys.path."""
    old = legacy("self-importing")
    text = str(old.files["setup.py"]).replace('"1.0"', "version.VERSION")
    old.files = {"setup.py": "import version\n" + text, "version.py": 'VERSION = "1.0"\n'}
    write_all(legacy_links, old)
    assert truewheel.wheel("self-importing").names


def test_setup_py_that_uses_its_own_name(truewheel: Truewheel, legacy_links: Path) -> None:
    """__file__, sys.argv[0] and the working directory are what old code expects."""
    old = legacy("looking-one")
    check = (
        "import os, sys\n"
        "assert os.path.samefile(os.path.dirname(os.path.abspath(__file__)), os.getcwd())\n"
        "assert os.path.basename(sys.argv[0]) == 'setup.py', sys.argv\n"
        "assert __name__ == '__main__'\n"
    )
    old.files = {"setup.py": check + str(old.files["setup.py"])}
    write_all(legacy_links, old)
    assert truewheel.wheel("looking-one").names


def test_failing_setup_py(truewheel: Truewheel, legacy_links: Path) -> None:
    old = legacy("failing-old")
    old.files = {"setup.py": "raise SystemExit('the reason is this')\n"}
    write_all(legacy_links, old)
    result = truewheel.wheel("failing-old", code=1)
    assert len(result.errors) == 1 and "failing-old" in result.errors[0]
    assert "the reason is this" in result.err


def test_build_directories_in_the_sdist(in_mode: Truewheel, legacy_links: Path) -> None:
    """An sdist that carries its author's build/ and egg-info."""
    old = legacy("dirty-one")
    old.files = {
        **old.files,
        "build/lib/stale.py": "stale = 1\n",
        "dirty_one.egg-info/PKG-INFO": "Metadata-Version: 1.0\nName: dirty-one\nVersion: 1.0\n",
        "dirty_one.egg-info/SOURCES.txt": "setup.py\n",
    }
    write_all(legacy_links, old)
    assert in_mode.wheel("dirty-one").names


def test_same_set_as_pip(
    truewheel: Truewheel, plain_pip: PlainPip, legacy_links: Path, tmp_path: Path
) -> None:
    """Dependencies of a setup.py; plain pip's bytes of a C extension differ from run to run."""
    requires = (
        "install_requires=['leaf-one', 'never; python_version<\"3\"'],"
        "extras_require={'x': ['more-one']}"
    )
    write_all(
        legacy_links,
        legacy("root-one", requires),
        legacy("leaf-one"),
        legacy("more-one"),
        c_legacy(),
    )
    first = plain_pip.wheel(tmp_path / "plain", legacy_links, "root-one[x]", "old-native")
    assert truewheel.wheel("root-one[x]", "old-native").names == sorted(first)
    again = plain_pip.wheel(tmp_path / "again", legacy_links, "old-native")
    assert [first[name] for name in again] != list(again.values()), "the control: plain pip differs"


def test_no_build_isolation_with_the_interpreters_setuptools(
    truewheel: Truewheel, links: Path, python: Path
) -> None:
    """Built where the interpreter can build it; said in one line where it cannot."""
    write_all(links, legacy("old-one"))
    can = [
        subprocess.run([str(python), "-Ic", code], stderr=subprocess.DEVNULL).returncode == 0
        for code in ("import setuptools.command.bdist_wheel", "import setuptools, wheel")
    ]
    result = truewheel.wheel("--no-build-isolation", "old-one", code=0 if any(can) else 1)
    assert len(result.names) == any(can) and len(result.errors) != any(can)
