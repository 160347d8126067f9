"""The seams in pip's resolver, as seams.py has those elsewhere: what it would choose first.

A pip in which one of these places looks otherwise raises here. Whoever calls goes on without.
"""

from __future__ import annotations

import collections
import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyshim import seams


class NotPrepared(Exception):
    """Ends pip's preparation of a source after it was fetched."""


@dataclass(frozen=True)
class Choice:
    """A file that pip would try first; `make` lets pip fetch and prepare it."""

    version: str
    url: str
    is_wheel: bool
    make: Callable[[], Any]


def wrap_resolution(around: Callable[..., Any]) -> None:
    """Resolving becomes `around(original, provider, requirements)`."""
    module = seams.optional("resolution.resolvelib.resolver")
    if not hasattr(module, "RLResolver"):
        return

    def resolve(original: Callable[..., Any], resolver: Any, requirements: Iterable[Any],
                *args: Any, **kwargs: Any) -> Any:
        given = list(requirements)
        return around(lambda: original(resolver, given, *args, **kwargs),
                      resolver.provider, given)

    seams.wrap(module.RLResolver, "resolve", resolve)


def wrap_distributions(around: Callable[..., Any]) -> bool:
    """What pip does with a fetched requirement becomes `around(original, requirement)`."""
    module = seams.internal("operations.prepare")
    if not hasattr(module, "_get_prepared_distribution"):
        return False
    seams.wrap(module, "_get_prepared_distribution",
               lambda original, requirement, *args, **kwargs: around(
                   lambda: original(requirement, *args, **kwargs), requirement))
    return True


def keep_downloads(is_ahead: Callable[[], bool]) -> None:
    """What was downloaded while `is_ahead()` is not downloaded again."""
    module = seams.internal("operations.prepare")
    kept: dict[str, Any] = {}

    def around(original: Callable[..., Any], link: Any, download: Any, download_dir: Any = None,
               hashes: Any = None) -> Any:
        if link.url in kept:
            if hashes:
                hashes.check_against_path(kept[link.url].path)
            return kept[link.url]
        file = original(link, download, download_dir, hashes=hashes)
        if is_ahead():
            kept[link.url] = file
        return file

    if hasattr(module, "get_http_url"):
        seams.wrap(module, "get_http_url", around)


def by_project(requirements: Iterable[Any]) -> dict[str, list[Any]]:
    """pip's requirements, by the canonical name of their project."""
    found: dict[str, list[Any]] = {}
    for requirement in requirements:
        found.setdefault(str(requirement.project_name), []).append(requirement)
    return found


def _all(provider: Any, name: str, requirements: list[Any]) -> list[tuple[Any, Any]]:
    """The versions of a project, each with what makes a candidate of it, in pip's order."""
    nothing: Mapping[str, Any] = collections.defaultdict(list)
    found = provider.find_matches(name, {name: requirements}, nothing)
    infos = getattr(found, "_get_infos", None)  # without: pip has candidates, by URL
    return list(infos()) if infos is not None else []


def first(provider: Any, name: str, requirements: list[Any]) -> Choice | None:
    for version, make in _all(provider, name, requirements):
        link = make.keywords["link"]
        return Choice(str(version), str(link.url), bool(link.is_wheel), make)
    return None


def only_version(provider: Any, name: str, requirements: list[Any]) -> str:
    """The version without which there is no solution: the user pinned it, and by no URL; or ""."""
    if getattr(provider, "_only_dependencies", False):
        return ""
    constraint = provider.constraints.get(name) if hasattr(provider, "constraints") \
        else provider._constraints.get(name)
    asked = [requirement.get_candidate_lookup() for requirement in requirements]
    if any(candidate is not None for candidate, _ in asked) or getattr(constraint, "links", None):
        return ""
    specifiers = [one.specifier for _, one in asked if one is not None]
    specifiers += [constraint.specifier] if constraint else []
    if not any(_is_pin(part) for specifier in specifiers for part in specifier):
        return ""
    versions = {str(version) for version, _ in _all(provider, name, requirements)}
    return versions.pop() if len(versions) == 1 else ""  # 1.0 and 1.0+local are two


def _is_pin(specifier: Any) -> bool:
    return specifier.operator in ("==", "===") and not specifier.version.endswith(".*")


def allows(requirement: Any, version: str) -> bool:
    _, asked = requirement.get_candidate_lookup()
    return asked is None or bool(asked.specifier.contains(version, prereleases=True))


def extras_of(requirements: Iterable[Any]) -> set[str]:
    asked = [requirement.get_candidate_lookup()[1] for requirement in requirements]
    return {str(extra) for one in asked if one is not None for extra in one.extras}


def dependencies(provider: Any, requirement: Any, extras: Iterable[str], texts: Iterable[str]
                 ) -> dict[str, list[Any]]:
    """What metadata requires, as pip's requirements. Those with a URL are for pip itself."""
    if getattr(provider, "_ignore_dependencies", False):
        return {}
    parse = importlib.import_module("pip._vendor.packaging.requirements").Requirement
    make = provider._factory.make_requirements_from_spec
    return by_project(made for text in texts if not parse(text).url
                      for made in make(text, requirement, extras))


def prepare_named(resolver: Any, requirement: Any) -> None:
    """Makes a candidate of what the user named by a path or URL."""
    factory = resolver.factory
    if hasattr(factory, "_make_requirements_from_install_req"):
        list(factory._make_requirements_from_install_req(requirement, requested_extras=()))
    else:
        factory.make_requirement_from_install_req(requirement, requested_extras=())


def is_named_source(requirement: Any) -> bool:
    """Whether it is a file or a directory that can be read twice, which a checkout cannot."""
    link = requirement.link
    return bool(link and not requirement.constraint and not requirement.editable
                and not link.is_vcs and not link.is_wheel and requirement.match_markers())


class SkippedLinks:
    """What pip's finder notes of files that it leaves out, project by project.

    An error names all of it, so the note about a project must not be there before pip looks for it.
    """

    def __init__(self, provider: Any) -> None:
        finder = provider._factory._finder
        noted = [getattr(finder, name, None) for name in
                 ("_requires_python_skipped", "_logged_links")]  # of pip 26, and of earlier ones
        self._noted: set[Any] = next((one for one in noted if isinstance(one, set)), set())
        self._held: dict[str, set[Any]] = {}
        seams.wrap(provider, "find_matches", self._find)
        self._ahead = False

    def _find(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._ahead:
            identifier = str(kwargs.get("identifier") or args[0])
            self._noted |= self._held.pop(identifier.partition("[")[0], set())
        return original(*args, **kwargs)

    def aside(self, name: str, look: Callable[[], Any]) -> Any:
        """look(), whose notes about the project are held back until pip looks itself."""
        before = set(self._noted)
        self._ahead = True
        try:
            return look()
        finally:
            self._ahead = False
            self._held.setdefault(name, set()).update(self._noted - before)
            self._noted.intersection_update(before)
