"""Runs sources through pyshim, offline, with a fake driver."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from tests.pyshim.shim_sources import Run  # noqa: E402


def pips() -> list[str]:
    """The pips (directories or wheels) for which all tests run; "" is the one that is found."""
    return os.environ.get("TRUEWHEEL_TEST_PIPS", "").split(":")


@pytest.fixture(params=pips(), ids=lambda p: os.path.basename(p) or "found")
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Runs one resolution, with all its builds, in the fake driver; returns what was said."""
    count = 0

    def run_driver(*args: str, **job: Any) -> dict[str, Any]:
        nonlocal count
        count += 1
        (tmp_path / "links").mkdir(exist_ok=True)
        defaults = ["--no-index", "--no-cache-dir", "--find-links", str(tmp_path / "links")]
        if job.pop("bare", False):
            defaults = []
        spec = {"pip": request.param, "args": [*defaults, *args],
                "root": str(tmp_path / f"tw{job.pop('root', count)}"), "cwd": str(tmp_path), **job}
        path = tmp_path / f"job-{count}.json"
        path.write_text(json.dumps(spec))
        environ = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
        environ.update({"PIP_CONFIG_FILE": os.devnull,
                        "PYTHONWARNINGS": "ignore"})
        done = subprocess.run(
            [sys.executable, str(HERE / "fake_driver.py"), str(path)],
            capture_output=True, text=True, env=environ, check=False)
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    return run_driver
