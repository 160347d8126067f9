"""Why pip found no solution: what the sides want, and where each of them stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_PLACE = re.compile(r"(?:-[rc] )?(.+) \(line (\d+)\)")

_SHOWN = 3  # projects


@dataclass
class Constraints:
    """pip's constraints, as it has read them. To pip they are limits without a place."""

    noun: str  # what they are called
    requirements: list[Any] = field(default_factory=list)

    def of(self, project: str) -> list[str]:
        """What they say of a project, by its canonical name."""
        return [f"{self.noun} {one.req}{_place(one)}" for one in self.requirements
                if one.name and _canonical(one.name) == project]


def causes(exc: BaseException) -> list[Any]:
    """What pip's resolver says that cannot be satisfied together; each has who requires it."""
    found = exc.__cause__
    if type(found).__name__ != "ResolutionImpossible":
        return []
    return list(getattr(found, "causes", []))


def explain(exc: BaseException, constraints: Constraints) -> str:
    """A line, and one for each side; "" when a requirement has nothing, and no two conflict."""
    found = causes(exc)
    projects = dict.fromkeys(_canonical(_project(cause.requirement)) for cause in found)
    limits = [limit for project in projects for limit in constraints.of(project)]
    if len(found) < 2 and not limits:
        return ""
    said = [_describe(cause, constraints) for cause in found] + limits
    head = f"conflicting requirements for {', '.join(list(projects)[:_SHOWN])}"
    return "\n".join([head, *dict.fromkeys(said)])


def place_of_cause(exc: BaseException) -> str:
    """Where the one requirement that nothing satisfies stands: " (requirements.txt:3)", or ""."""
    found = causes(exc)
    return _place(_install_requirement(found[0].requirement)) if len(found) == 1 else ""


def _describe(cause: Any, constraints: Constraints) -> str:
    wanted = cause.requirement.format_for_error()
    if cause.parent is not None:
        return f"{cause.parent.format_for_error()} requires {wanted}"
    who = "the user requested" if constraints.noun == "the constraint" else "the build requirement"
    return f"{who} {wanted}{_place(_install_requirement(cause.requirement))}"


def _project(requirement: Any) -> str:
    return str(getattr(requirement, "project_name", requirement.name))


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _install_requirement(requirement: Any) -> Any:
    """What pip has made the resolver's requirement of."""
    return next((one for one in requirement.get_candidate_lookup() if hasattr(one, "comes_from")),
                None)


def _place(requirement: Any) -> str:
    by = getattr(requirement, "comes_from", None)
    if not isinstance(by, str):
        return ""
    match = _PLACE.fullmatch(by)
    return f" ({match[1]}:{match[2]})" if match else f" ({by})"
