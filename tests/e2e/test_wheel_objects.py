"""C extensions of setuptools are compiled side by side, with the bytes that one after the other
gives, and only where nothing of the package's own is in between."""

import shutil
import zipfile
from pathlib import Path
from typing import Dict

import pytest

from fixtures.pips import setuptools_links
from fixtures.runner import Truewheel
from fixtures.sdist import Sdist

assert setuptools_links  # fixture

SOURCE = """
#include <Python.h>
{extra}
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "{name}", NULL, -1, NULL}};
PyMODINIT_FUNC PyInit_{name}(void)
{{
    PyObject *m = PyModule_Create(&module);
    PyModule_AddIntConstant(m, "value", VALUE);
    return m;
}}
"""
SETUP = """
from setuptools import setup, Extension
from setuptools.command.build_ext import build_ext
{more}
setup(name="many-one", version="1.0", packages=["many_one"], ext_modules=[{extensions}], {options})
"""
SHARED = "int shared_value(void) { return VALUE; }\n"


def source(name: str, extra: str = "") -> str:
    return SOURCE.format(name=name, extra=extra)


def extension(name: str, *more: str, value: int = 1, other: str = "") -> str:
    sources = ", ".join(repr(f"src/{file}") for file in (f"{name}.c", *more))
    return f"Extension('many_one.{name}', [{sources}], define_macros=[('VALUE', '{value}')]{other})"


def many(extensions: "list[str]", more: str = "", options: str = "", **files: str) -> Sdist:
    sources: Dict[str, str] = {f"src/{name}.c": source(name) for name in ("one", "two", "three")}
    sources["src/shared.c"] = SHARED
    sources.update({f"src/{name}.c": text for name, text in files.items()})
    setup = SETUP.format(extensions=", ".join(extensions), more=more, options=options)
    return Sdist("many-one", tiny=False, metadata_version="1.0", package={"__init__.py": ""},
                 files={"setup.py": setup, **sources})


@pytest.fixture
def build_links(links: Path, setuptools_links: Path) -> Path:
    for path in setuptools_links.iterdir():
        shutil.copy(path, links)
    return links


def same_both_ways(truewheel: Truewheel, links: Path, sdist: Sdist) -> "list[str]":
    """Builds side by side and serially; the extensions of the wheel."""
    sdist.write(links)
    serial = truewheel.wheel("many-one", "--serial-compile", "-j", "3",
                             wheels=truewheel.world.base / "serial")
    result = truewheel.wheel("many-one", "-j", "3")
    assert result.hashes == serial.hashes
    with zipfile.ZipFile(result.wheels / result.names[0]) as wheel:
        return [name for name in wheel.namelist() if ".so" in name]


def test_objects_of_one_extension(truewheel: Truewheel, build_links: Path) -> None:
    more = {f"part{n}": f"int part{n}(void) {{ return {n}; }}\n" for n in range(6)}
    parts = [f"{name}.c" for name in more]
    sdist = many([extension("one", *parts)], **more)
    assert len(same_both_ways(truewheel, build_links, sdist)) == 1


def test_extensions_beside_one_another(truewheel: Truewheel, build_links: Path) -> None:
    sdist = many([extension("one"), extension("two"), extension("three")])
    assert len(same_both_ways(truewheel, build_links, sdist)) == 3


@pytest.mark.parametrize("values", [(1, 1, 1), (1, 2, 3)], ids=["same-flags", "other-flags"])
def test_a_source_that_extensions_share(
    truewheel: Truewheel, build_links: Path, values: "tuple[int, int, int]"
) -> None:
    """One object path; with other flags its content differs from extension to extension."""
    names = ("one", "two", "three")
    sdist = many([extension(name, "shared.c", value=value) for name, value in zip(names, values)])
    assert len(same_both_ways(truewheel, build_links, sdist)) == 3


def test_what_is_compiled_twice_with_one_command_is_compiled_once(
    truewheel: Truewheel, build_links: Path, open_tmp: Path
) -> None:
    compiler = open_tmp / "cc"
    compiler.write_text('#!/bin/sh\necho "compiles: $*"\nexec /usr/bin/cc "$@"\n')
    compiler.chmod(0o755)
    many([extension(name, "shared.c") for name in ("one", "two", "three")]).write(build_links)
    logs = truewheel.world.base / "logs"
    truewheel.wheel("many-one", "--log-dir", logs, "--env", f"CC={compiler}", "--bind", open_tmp)
    (log,) = logs.iterdir()
    lines = [line for line in log.read_text().splitlines() if line.startswith("compiles:")]
    assert sum("shared.c -o" in line for line in lines) == 1


MEETING = """#!/bin/sh
# Compiles when as many are here at once as there are extensions.
case "$*" in *" -c "*src/*) ;; *) exec /usr/bin/cc "$@" ;; esac
: >"{place}/$$"
while [ "$(ls {place} | wc -l)" -lt 3 ]; do sleep 0.05; done
exec /usr/bin/cc "$@"
"""


def test_they_run_at_the_same_time(
    truewheel: Truewheel, build_links: Path, open_tmp: Path
) -> None:
    """Three compilers that wait for one another: one after the other they would never end."""
    place = open_tmp / "place"
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    compiler = open_tmp / "cc"
    compiler.write_text(MEETING.format(place=place))
    compiler.chmod(0o755)
    many([extension("one"), extension("two"), extension("three")]).write(build_links)
    arguments = ["many-one", "--env", f"CC={compiler}", "--bind", f"{open_tmp}:rw"]
    truewheel.wheel(*arguments, "-j", "3", "--build-timeout", "60")
    shutil.rmtree(place)
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    arguments += ["-j", "3", "--build-timeout", "5"]
    result = truewheel.wheel(*arguments, "--serial-compile", code=6)
    assert "not done after 5 seconds" in result.err


COUNTING = """#!/bin/sh
case "$*" in *" -c "*src/*) ;; *) exec /usr/bin/cc "$@" ;; esac
mkdir "{place}/$$"
ls {place} | grep -vc count >>{place}/count
/usr/bin/cc "$@"; status=$?
rmdir "{place}/$$"
exit $status
"""


def test_no_more_at_once_than_slots(
    truewheel: Truewheel, build_links: Path, open_tmp: Path
) -> None:
    place = open_tmp / "place"
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    compiler = open_tmp / "cc"
    compiler.write_text(COUNTING.format(place=place))
    compiler.chmod(0o755)
    more = {f"part{n}": f"int part{n}(void) {{ return {n}; }}\n" for n in range(9)}
    many([extension("one", *(f"{name}.c" for name in more))], **more).write(build_links)
    truewheel.wheel("many-one", "-j", "1", "--env", f"CC={compiler}", "--bind", f"{open_tmp}:rw")
    counts = (place / "count").read_text().split()
    assert len(counts) == 10 and set(counts) == {"1"}


OWN_BUILD_EXTENSION = """
class own(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception:
            print("falls back for", ext.name)
"""
OWN_BUILD_EXTENSIONS = """
class own(build_ext):
    def build_extensions(self):
        for ext in self.extensions:
            self.build_extension(ext)
            assert __import__("os").path.exists(self.get_ext_fullpath(ext.name))
"""
OWN_COMPILE = """
class own(build_ext):
    def build_extensions(self):
        compile = self.compiler._compile
        def with_flag(obj, src, ext, cc_args, extra_postargs, pp_opts):
            compile(obj, src, ext, cc_args, extra_postargs + ["-DVALUE=7"], pp_opts)
            assert __import__("os").path.exists(obj)
        self.compiler._compile = with_flag
        super().build_extensions()
"""


@pytest.mark.parametrize(
    "own, count",
    [(OWN_BUILD_EXTENSION, 2), (OWN_BUILD_EXTENSIONS, 2), (OWN_COMPILE, 2)],
    ids=["build_extension", "build_extensions", "compile"],
)
def test_what_a_package_does_itself(
    truewheel: Truewheel, build_links: Path, own: str, count: int
) -> None:
    """Such code finds what it would find with plain setuptools when its call returns."""
    extensions = [extension("one"), extension("two")]
    sdist = many(extensions, own, "cmdclass={'build_ext': own}")
    assert len(same_both_ways(truewheel, build_links, sdist)) == count


@pytest.mark.parametrize(
    "more, other",
    [(OWN_BUILD_EXTENSION, ""), ("own = build_ext", ", optional=True")],
    ids=["caught", "optional"],
)
def test_an_extension_that_may_fail(
    truewheel: Truewheel, build_links: Path, more: str, other: str
) -> None:
    extensions = [extension("one"), extension("two", other=other), extension("three")]
    sdist = many(extensions, more, "cmdclass={'build_ext': own}", two="#error not today\n")
    found = same_both_ways(truewheel, build_links, sdist)
    assert [name.split("/")[1].split(".")[0] for name in found] == ["one", "three"]


def test_the_first_failure_is_told(truewheel: Truewheel, build_links: Path) -> None:
    extensions = [extension("one"), extension("two"), extension("three")]
    many(extensions, two="#error not today\n", three="#error nor ever\n").write(build_links)
    result = truewheel.wheel("many-one", "-j", "3", code=1)
    assert "not today" in result.err
    assert "failed with exit code 1" in result.err


def test_threads_of_setuptools_are_not_used(truewheel: Truewheel, build_links: Path) -> None:
    extensions = [extension(name, "shared.c", value=value)
                  for value, name in enumerate(("one", "two", "three"))]
    sdist = many(extensions, options="options={'build_ext': {'parallel': 3}}")
    same_both_ways(truewheel, build_links, sdist)
    logs = truewheel.world.base / "logs"
    truewheel.wheel("many-one", "--log-dir", logs, wheels=truewheel.world.base / "third")
    (log,) = logs.iterdir()
    assert "build_ext --parallel is not used" in log.read_text()
