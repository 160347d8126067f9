"""The names of guards: pyshim/guards.py has them all, and nobody asks for another."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyshim import guards

ROOT = Path(__file__).resolve().parents[2]
GUEST = ROOT / "pyshim" / "guest"


def in_c() -> Iterator[str]:
    """Names in calls, and names in a table of {guard, variable}."""
    for path in (ROOT / "driver").rglob("*.c"):
        text = path.read_text()
        yield from re.findall(r'guard_is_off\("([^"]*)"\)', text)
        if "guard_is_off(" in text:
            yield from re.findall(r'\{"([a-z-]+)", "[A-Z_]+"\}', text)


def in_python() -> Iterator[str]:
    for path in (ROOT / "pyshim").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "guards.is_off":
                (name,) = node.args
                yield ast.literal_eval(name)


def in_builds() -> list[str]:
    code = f"import sys; sys.path.insert(0, {str(GUEST)!r})\n" \
           "import truewheel_determinism as guest; print(*guest._LATE, *guest._AT_ONCE)"
    said = subprocess.run([sys.executable, "-B", "-c", code], stdout=subprocess.PIPE, text=True,
                          check=True)
    return said.stdout.split()


def test_the_table_has_the_names_that_are_asked_for_and_no_others() -> None:
    found = [set(in_c()), set(in_python()), set(in_builds())]
    assert all(found)
    assert set().union(*found) == {*guards.GUARDS, *guards.ISOLATION}


def test_the_guest_and_the_driver_read_the_same_variable() -> None:
    for path in (GUEST / "truewheel_determinism.py", ROOT / "driver" / "inputs" / "hook_env.c"):
        assert set(re.findall(r'"(TRUEWHEEL_TEST_\w+)"', path.read_text())) == {guards.VARIABLE}


def test_which_are_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(guards.VARIABLE, "umask,uuid")
    assert guards.is_off("uuid") and not guards.is_off("user")
    monkeypatch.delenv(guards.VARIABLE)
    assert not guards.is_off("uuid")


def test_a_misspelt_name_is_found_when_it_is_asked_for() -> None:
    with pytest.raises(LookupError):
        guards.is_off("umas")
