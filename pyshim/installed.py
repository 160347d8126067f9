"""Which distributions an interpreter can import, and whether they meet requirements."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pyshim import project


@dataclass(frozen=True)
class Distribution:
    name: str
    version: str


@dataclass
class Unmet:
    """The requirements that are not met, as they were written, in the order given."""

    missing: list[str] = field(default_factory=list)
    conflicting: list[tuple[str, Distribution]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.missing or self.conflicting)

    def __str__(self) -> str:
        said = [f"{found.name}=={found.version} is incompatible with {wanted}"
                for wanted, found in self.conflicting]
        said += [f"{wanted} is missing" for wanted in self.missing]
        return ", ".join(said)


class NoRequirement(ValueError):
    """A text that is no requirement; the exception's text is that text."""


def distributions(search_path: list[str]) -> dict[str, Distribution]:
    """By canonical name; of two with one name the one that an import would find."""
    found = {}
    for dist in reversed(list(importlib.metadata.distributions(path=search_path))):
        try:
            name, version = dist.metadata["Name"], dist.version
        except (KeyError, OSError, TypeError, ValueError, AttributeError):
            continue  # it is broken; to pip it is not installed either
        if isinstance(name, str) and isinstance(version, str):
            found[project.canonical_name(name)] = Distribution(name, version)
    return found


def compare(wanted: Iterable[str], installed: Mapping[str, Distribution]) -> Unmet:
    """Compares as pip does: markers count, extras do not, pre-releases are accepted.

    Raises NoRequirement.
    """
    requirements = importlib.import_module("pip._vendor.packaging.requirements")
    unmet = Unmet()
    for text in wanted:
        try:
            requirement = requirements.Requirement(text)
        except requirements.InvalidRequirement as exc:
            raise NoRequirement(text) from exc
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        found = installed.get(project.canonical_name(requirement.name))
        if found is None:
            unmet.missing.append(text)
        elif not requirement.specifier.contains(found.version, prereleases=True):
            unmet.conflicting.append((text, found))
    return unmet
