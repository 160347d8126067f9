"""tools/check-layers finds each planted fault, and none in the house as it is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture()
def driver(tmp_path: Path) -> Path:
    """A copy of driver/ to plant faults in."""
    return Path(shutil.copytree(ROOT / "driver", tmp_path / "driver"))


def check(driver: Path) -> tuple[int, str]:
    result = subprocess.run([sys.executable, ROOT / "tools/check-layers", driver], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return result.returncode, result.stdout


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_the_house_is_in_order(driver: Path) -> None:
    assert check(driver) == (0, "")


def test_an_upward_include_is_found(driver: Path) -> None:
    append(driver / "base/path.c", '#include "plan/plan.h"\n')
    status, said = check(driver)
    assert status == 1
    assert "base must not include 'plan/plan.h'" in said


def test_an_upward_call_without_an_include_is_found(driver: Path) -> None:
    append(driver / "base/path.c", """
void *plan_new(void);
void *upward(void)
{
    return plan_new();
}
""")
    status, said = check(driver)
    assert status == 1
    assert "base must not use plan/plan" in said


def test_a_circle_of_headers_inside_a_room_is_found(driver: Path) -> None:
    append(driver / "base/path.h", '#include "base/one.h"\n')
    (driver / "base/one.h").write_text('#include "base/path.h"\n')
    status, said = check(driver)
    assert status == 1
    assert "in a circle: base/one, base/path" in said


def test_a_circle_of_calls_inside_a_room_is_found(driver: Path) -> None:
    """As the sandbox had one: every file included one header that declared all of it."""
    shared = driver / "record/shared.h"
    shared.write_text("int ping(int n);\nint pong(int n);\n")
    for name, other in (("ping", "pong"), ("pong", "ping")):
        (driver / f"record/{name}.c").write_text(f"""
#include "record/shared.h"
int {name}(int n)
{{
    return n ? {other}(n - 1) : 0;
}}
""")
    status, said = check(driver)
    assert status == 1
    assert "in a circle: record/ping, record/pong" in said


@pytest.mark.parametrize("text, expected", [
    ("#include <Python.h>\n", "only engine includes Python.h"),
    ('#include "../base/path.h"\n', "includes are written from driver/ on"),
    ('int shell(void)\n{\n    return system("true");\n}\n', "no shell"),
])
def test_other_rules_are_kept(driver: Path, text: str, expected: str) -> None:
    append(driver / "jobs/job.c", text)
    status, said = check(driver)
    assert status == 1
    assert expected in said


def test_an_unknown_room_is_found(driver: Path) -> None:
    (driver / "attic").mkdir()
    (driver / "attic/box.c").write_text("")
    status, said = check(driver)
    assert status == 1
    assert "attic: not a room" in said
