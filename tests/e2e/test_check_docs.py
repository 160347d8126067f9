"""tools/check-docs finds lines that are too long, outside of tables and blocks of code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONG = "word " * 21  # 105 columns


def check(path: Path, text: str) -> tuple[int, str]:
    path.write_text(text)
    result = subprocess.run([sys.executable, ROOT / "tools/check-docs", path],
                            stdout=subprocess.PIPE, text=True, check=False)
    return result.returncode, result.stdout


@pytest.mark.parametrize("text, number", [
    (f"# A page\n\n{LONG}\n", 3),
    (f"- {LONG}\n", 1),
    (f"```\ncode\n```\n{LONG}\n", 4),
    (f"~~~\n```\n~~~\n{LONG}\n", 4),
    (f"| a | b |\n|---|---|\n| 1 | 2 |\n{LONG}\n", 4),
    (f".EX\ncode\n.EE\n{LONG}\n", 4),
])
def test_a_long_line_is_found(tmp_path: Path, text: str, number: int) -> None:
    page = tmp_path / "page.md"
    status, said = check(page, text)
    assert status == 1 and said.startswith(f"{page}:{number}: 10") and said.count("\n") == 1


@pytest.mark.parametrize("text", [
    "x" * 99 + "\n",
    "https://" + "x" * 120 + "\n",
    f"| {LONG} | b |\n",
    f"```sh\n{LONG}\n```\n",
    f".EX\n{LONG}\n.EE\n",
])
def test_what_may_be_long(tmp_path: Path, text: str) -> None:
    assert check(tmp_path / "page.md", text) == (0, "")
