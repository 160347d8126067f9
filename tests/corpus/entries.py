"""The list of real sdists: which version, which hash, which backend."""

from __future__ import annotations

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


def some_of_each_backend(entries: list[Entry], seconds: dict[str, float]) -> list[Entry]:
    """For CI: the two quickest of every backend, heavy ones left out; then a mix of languages."""
    chosen: list[Entry] = []
    for backend in dict.fromkeys(entry.backend for entry in entries):
        group = [entry for entry in entries if entry.backend == backend and not entry.heavy]
        group.sort(key=lambda entry: seconds.get(entry.requirement, 60.0))
        chosen += group[:2]
    return chosen
