"""The list of real sdists: which version, which hash, which backend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).resolve().parent / "public.txt"


@dataclass(frozen=True)
class Entry:
    """One line of the list."""

    requirement: str  # name==version
    file: str
    sha256: str
    backend: str
    heavy: bool
    packages: tuple[str, ...]  # Debian packages that building it needs

    @property
    def name(self) -> str:
        return self.requirement.split("==")[0]


def read(path: Path = LIST) -> list[Entry]:
    """All entries, in the order of the list."""
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement, file, sha256, backend, weight, packages = line.split()
            needed = () if packages == "-" else tuple(packages.split(","))
            entries.append(Entry(requirement, file, sha256, backend, weight == "heavy", needed))
    return entries


def some_of_each_backend(
    entries: list[Entry], possible: Callable[[Entry], bool] = lambda entry: True
) -> list[Entry]:
    """For CI: the first four of each backend that are not heavy, in the order of the list."""
    chosen: list[Entry] = []
    count: Counter[str] = Counter()
    for entry in entries:
        if not entry.heavy and not entry.packages and count[entry.backend] < 4 and possible(entry):
            count[entry.backend] += 1
            chosen.append(entry)
    return chosen
