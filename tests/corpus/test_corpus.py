"""Real sdists of every backend, under all axes at once (`make check-corpus`)."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.corpus import __main__ as corpus
from tests.corpus import entries, page
from tests.corpus.results import KEPT, Results

_BUILD = Path(os.environ.get("TRUEWHEEL_BUILD_DIR", "build")).resolve()
_PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
LEAST_SDISTS, LEAST_BACKENDS = 12, 8


def test_the_choice_for_ci_is_wide_enough() -> None:
    chosen = entries.some_of_each_backend(entries.read())
    assert len(chosen) >= LEAST_SDISTS
    assert len({entry.backend for entry in chosen}) >= LEAST_BACKENDS


def test_the_page_is_that_of_the_results(tmp_path: Path) -> None:
    """docs/REPRODUCIBILITY.md is generated, not typed."""
    page.write(Results(KEPT), tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text() == page.PAGE.read_text()


@pytest.mark.corpus
@pytest.mark.network
@pytest.mark.timeout(3000)
def test_every_wheel_is_identical(capsys: pytest.CaptureFixture[str]) -> None:
    if os.environ.get("TRUEWHEEL_NETWORK") == "no":
        pytest.skip("no index can be reached")
    if not (_BUILD / "truewheel").exists():
        pytest.skip(f"{_BUILD}/truewheel has not been built")
    chosen = [entry.name for entry in entries.some_of_each_backend(entries.read(), _can_build)]
    arguments = [*chosen, "--python", _PYTHON, "--build", str(_BUILD)]
    with capsys.disabled():
        print()
        status = corpus.main([*arguments, "--cache", str(_BUILD / "corpus")])
    assert status == 0


def _can_build(entry: entries.Entry) -> bool:
    """Without a Rust toolchain nobody builds what needs one."""
    return entry.backend != "maturin" or shutil.which("cargo") is not None
