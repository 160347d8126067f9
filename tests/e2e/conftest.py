"""End to end: the built program, local packages, no network.

The fixtures that several files use, by the module that defines them. Fixtures of one scope are
registered once, here: imported into each test file, those of a session would be made again for each
of them. What only one or two files use is imported there, by name, or defined there.
"""

from fixtures.hooks import pytest_configure, pytest_runtest_makereport
from fixtures.pips import (
    bundled_pip,
    cache,
    index_reachable,
    network_marker,
    pips,
    plain_pip,
    same_pip,
    uv,
)
from fixtures.places import build_root, links, on_disk, open_tmp, place
from fixtures.programs import build_directory, program, python
from fixtures.runs import (
    in_mode,
    mode,
    needs_make,
    needs_mounts,
    needs_namespaces,
    needs_root,
    nobody,
    truewheel,
    world,
)

__all__ = [
    "build_directory", "build_root", "bundled_pip", "cache", "in_mode", "index_reachable", "links",
    "mode", "needs_make", "needs_mounts", "needs_namespaces", "needs_root", "network_marker",
    "nobody", "on_disk", "open_tmp", "pips", "place", "plain_pip", "program", "pytest_configure",
    "pytest_runtest_makereport", "python", "same_pip", "truewheel", "uv", "world",
]
