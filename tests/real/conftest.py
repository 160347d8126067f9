"""
Real sdists from an index: with fixtures of tests/e2e, and the machine's own configuration of pip.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from fixtures.hooks import pytest_configure, pytest_runtest_makereport  # noqa: E402
from fixtures.pips import (  # noqa: E402
    bundled_pip,
    cache,
    index_reachable,
    network_marker,
    pips,
    plain_pip,
    same_pip,
)
from fixtures.places import build_root, links, open_tmp  # noqa: E402
from fixtures.programs import build_directory, program, python  # noqa: E402
from fixtures.runs import mode, needs_namespaces, truewheel, world  # noqa: E402

__all__ = [
    "build_directory", "build_root", "bundled_pip", "cache", "index_reachable", "links", "mode",
    "needs_namespaces", "network_marker", "open_tmp", "pips", "plain_pip", "program",
    "pytest_configure", "pytest_runtest_makereport", "python", "same_pip", "truewheel", "world",
]
