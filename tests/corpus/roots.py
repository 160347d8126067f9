"""Reads what ``tests/two-roots.sh`` printed, as results for the page."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

from .entries import Entry
from .results import Result

BUILDER = "truewheel-roots"

_LINE = re.compile(r"^(same|DIFFERS)\s+(?:([0-9a-f]{64}) )?(\S+\.whl)$")


def read(path: Path, entries: list[Entry]) -> list[Result]:
    """One result for each wheel of a listed sdist; its settings are the two root file systems."""
    by_key = {_key(*entry.requirement.split("==")): entry for entry in entries}
    results = []
    for line in path.read_text(encoding="utf-8").splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        entry = by_key.get(_key(*found[3].split("-")[:2]))
        if entry is None:
            raise ValueError(f"{path}: the list has no sdist of {found[3]}")
        here = found[2] or "one"
        there = here if found[1] == "same" else "another"
        results.append(
            Result(
                entry.requirement,
                entry.backend,
                BUILDER,
                {"this": here, "its own": there},
                date=datetime.date.today().isoformat(),
            )
        )
    return results


def _key(name: str, version: str) -> tuple[str, str]:
    return re.sub(r"[-_.]+", "-", name).lower(), version
