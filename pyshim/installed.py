"""What an interpreter has installed, and whether it is what was asked for."""

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
    """Requirements that are not met, as they were written, in their order."""

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
    """What is asked for cannot be read; its text is that of the exception."""


def distributions(search_path: list[str]) -> dict[str, Distribution]:
    """What an import would find, by canonical name: of two the one that comes first."""
    found = {}
    for dist in reversed(list(importlib.metadata.distributions(path=search_path))):
        try:
            name, version = dist.metadata["Name"], dist.version
        except (KeyError, OSError, TypeError, ValueError, AttributeError):
            continue  # a broken one, of which pip also says that it is not there
        if isinstance(name, str) and isinstance(version, str):
            found[project.canonical_name(name)] = Distribution(name, version)
    return found


def compare(wanted: Iterable[str], installed: Mapping[str, Distribution]) -> Unmet:
    """As pip does: markers count, extras do not, any pre-release will do.

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
