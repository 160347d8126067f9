"""Every axis: plain pip differs (the control), truewheel does not, and would without its guard."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.perturb import builders, compare, libraries
from tests.perturb.axes import AXES, Axis
from tests.perturb.builders import Builder
from tests.perturb.world import World

_BUILD = Path(os.environ.get("TRUEWHEEL_BUILD_DIR", "build")).resolve()

# A virtual environment's interpreter is no base for a build: its own base is.
_PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))

every_axis = pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.name)


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


def _skipping(axis: Axis, builder: Builder) -> None:
    try:
        for setting in axis.settings:
            compare.check_available(setting, builder)
    except compare.Unavailable as why:
        pytest.skip(str(why))


@every_axis
def test_plain_pip_differs(axis: Axis, pip: Builder, root: Path) -> None:
    """An axis that catches nothing tests nothing."""
    _skipping(axis, pip)
    world = World(root, pip.needed())
    verdict = compare.compare(axis, pip, world)
    assert len(set(verdict.hashes)) == len(verdict.hashes), "plain pip's wheels do not differ"
    same_when_nothing_varies = compare.baseline(axis, pip, world).same
    assert same_when_nothing_varies != axis.chance


@every_axis
def test_truewheel_is_true(axis: Axis, truewheel: Builder, root: Path) -> None:
    _skipping(axis, truewheel)
    verdict = compare.compare(axis, truewheel, World(root, truewheel.needed()))
    assert verdict.same


@every_axis
def test_without_its_guard_truewheel_differs(axis: Axis, truewheel: Builder, root: Path) -> None:
    """A guard whose removal changes nothing is not tested."""
    if not axis.guards:
        pytest.skip("nothing that could be switched off")
    _skipping(axis, truewheel)
    world = World(root, truewheel.needed())
    assert not compare.compare(axis, truewheel, world, axis.guards).same
