"""What the tests of the axes share: a plain pip, the built truewheel, a directory."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.perturb import builders, libraries
from tests.perturb.builders import Builder

_BUILD = Path(os.environ.get("TRUEWHEEL_BUILD_DIR", "build")).resolve()

# A virtual environment's interpreter is no base for a build: its own base is.
_PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))


@pytest.fixture
def pip() -> Builder:
    pinned = _BUILD / "share" / "truewheel" / "pip"
    directory = pinned if (pinned / "pip").is_dir() else None
    return builders.pip(_PYTHON, directory, libraries.bundled_pip(_PYTHON))


@pytest.fixture
def truewheel() -> Builder:
    if not (_BUILD / "truewheel").exists():
        pytest.skip(f"{_BUILD}/truewheel has not been built")
    return builders.truewheel(_PYTHON, _BUILD, libraries.bundled_pip(_PYTHON))


@pytest.fixture
def root() -> Iterator[Path]:
    """Not below /tmp, over which some axes mount something else; every user may enter it."""
    with tempfile.TemporaryDirectory(prefix="perturb-", dir="/var/tmp") as path:
        yield Path(path)
