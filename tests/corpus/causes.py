"""Why the wheels of an sdist differ: which axis alone changes them, and which members differ.

The answer is measured, not guessed from the bytes: one more build for each axis.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.perturb import compare
from tests.perturb.axes import AXES
from tests.perturb.builders import Builder
from tests.perturb.setting import Setting
from tests.perturb.world import World

from . import batch
from .entries import Entry

_SHOWN = 3  # members that are named


def named(entry: Entry, builder: Builder, index: str, root: Path) -> str:
    """The causes on one line: "clock (pkg/_built.py)". "chance": it differs with nothing varied."""
    world = World(root / "causes", builder.needed())
    reference, again = _built(entry, builder, index, world, Setting(), "reference", "again")
    changed = members(reference, again)
    if changed:
        return f"chance ({_listed(changed)})"
    found = []
    for name, setting, mode in _tries(builder):
        (varied,) = _built(entry, builder, index, world, setting, name, mode=mode)
        changed = members(reference, varied)
        if changed:
            found.append(f"{name} ({_listed(changed)})")
    return ", ".join(found) or "only several axes together"


def _tries(builder: Builder) -> list[tuple[str, Setting, str]]:
    """Each axis alone, and the mode: name, setting, mode."""
    tries = [("mode", Setting(), "locked")]
    for axis in AXES:
        if not axis.alone and _possible(axis.settings[-1], builder):
            tries.append((axis.name, axis.settings[-1], "namespaces"))
    return tries


def members(first: Path, second: Path) -> list[str]:
    """Names of the members that differ. RECORD is last: it differs whenever another one does."""
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as other:
        names = sorted({*one.namelist(), *other.namelist()})
        names.sort(key=lambda name: name.endswith(".dist-info/RECORD"))
        return [name for name in names if _read(one, name) != _read(other, name)]


def _read(wheel: zipfile.ZipFile, name: str) -> bytes | None:
    return wheel.read(name) if name in wheel.namelist() else None


def _listed(names: list[str]) -> str:
    more = ["…"] if len(names) > _SHOWN else []
    return ", ".join([*names[:_SHOWN], *more])


def _possible(setting: Setting, builder: Builder) -> bool:
    try:
        compare.check_available(setting, builder)
    except compare.Unavailable:
        return False
    return True


def _built(
    entry: Entry,
    builder: Builder,
    index: str,
    world: World,
    setting: Setting,
    *names: str,
    mode: str = "namespaces",
) -> list[Path]:
    """Builds once for each name, under one setting; returns the wheels. Raises RuntimeError."""
    wheels = []
    for name in names:
        run = batch.Run(name, batch.alone(setting, mode), False)
        built = batch.build(run, [entry], builder, index, world, world.root / "logs")
        failure = built[entry.requirement].failure
        if failure:
            raise RuntimeError(f"{entry.requirement} under {name}: {failure}")
        (wheel,) = (world.root / "out").glob("*.whl")
        kept = world.root / "kept" / name / wheel.name
        kept.parent.mkdir(parents=True, exist_ok=True)
        wheels.append(wheel.replace(kept))
    return wheels
