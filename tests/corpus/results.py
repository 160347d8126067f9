"""What came of the runs, kept as JSON so that a page can be made of several of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

KEPT = Path(__file__).resolve().parent / "results.json"


@dataclass
class Result:
    """One sdist with one builder."""

    requirement: str
    backend: str
    builder: str
    hashes: dict[str, str] = field(default_factory=dict)  # by the name of the setting
    seconds: float = 0.0  # of the reference build
    failure: str = ""  # one line
    notes: str = ""
    date: str = ""

    @property
    def verdict(self) -> str:
        if self.failure:
            return "failed"
        return "identical" if len(set(self.hashes.values())) == 1 else "differs"


class Results:
    """The results of a file, by builder and requirement; later ones replace earlier ones."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.facts: dict[str, str] = {}
        self._by_key: dict[tuple[str, str], Result] = {}
        if path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            self.facts = kept["facts"]
            for item in kept["results"]:
                self.add(Result(**item))

    def add(self, result: Result) -> None:
        self._by_key[result.builder, result.requirement] = result

    def include(self, other: Results) -> None:
        """All of the other's, which are the later ones."""
        self.facts.update(other.facts)
        self._by_key.update(other._by_key)

    def of(self, builder: str) -> dict[str, Result]:
        """By requirement."""
        return {key[1]: value for key, value in self._by_key.items() if key[0] == builder}

    def save(self) -> None:
        items = [asdict(self._by_key[key]) for key in sorted(self._by_key)]
        text = json.dumps({"facts": self.facts, "results": items}, indent=1, sort_keys=True)
        partial = self._path.with_suffix(".part")
        partial.write_text(text + "\n", encoding="utf-8")
        partial.rename(self._path)
