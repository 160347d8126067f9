"""Every axis: plain pip differs (the control), truewheel does not, and would without its guard."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyshim.guards import GUARDS
from tests.perturb import compare
from tests.perturb.axes import AXES, Axis
from tests.perturb.builders import Builder
from tests.perturb.setting import Setting
from tests.perturb.world import World


def test_every_guard_has_an_axis() -> None:
    """Its planted difference is what shows that the guard holds something."""
    assert {guard for axis in AXES for guard in axis.guards} == set(GUARDS)


def test_an_axis_names_only_guards_that_there_are() -> None:
    with pytest.raises(ValueError, match="no guard 'umas'"):
        Axis("umask", "", (Setting(),), ("umas",))


every_axis = pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.name)


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
