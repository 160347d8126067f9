"""Starts builds before pip's resolver asks for their metadata: of what it would choose first.

pip asks about one candidate after another, and waits for each. So as soon as the requirements of
the user are known, and again with each metadata that comes, pip's own finder is asked for the first
choice of every one, and those that are sources are fetched and sent. What pip does afterwards is
the same as without: it asks for what it wants, in its order, and finds that it was sent already. A
guess that pip does not follow has cost time, and no more. A failure is left for pip to meet.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Iterable
from typing import Any

from pyshim import choices, seams
from pyshim.requirement import name_of
from pyshim.wire import ChannelClosed


class Ahead:
    """The guesses of one resolution. `send` sends a source that pip has fetched."""

    def __init__(self, send: Callable[[Any], None]) -> None:
        self._send = send
        self._fetching = self._working = False
        self._provider: Any = None
        self._skipped: choices.SkippedLinks | None = None
        self._roots: dict[str, list[Any]] = {}
        self._urls: set[str] = set()
        self._versions: dict[str, list[str]] = {}  # that were guessed, by project
        self._extras: dict[str, set[str]] = {}  # that were asked for, by project
        self._waiting: collections.deque[tuple[Any, tuple[str, ...]]] = collections.deque()
        self._certain: dict[str, str] = {}

    def install(self) -> None:
        if choices.wrap_distributions(self._prepare):
            choices.wrap_resolution(self._resolve)
            choices.keep_downloads(lambda: self._fetching)
            seams.wrap_preparation(self._note_wheel)

    def is_certain(self, name: str, version: str) -> bool:
        """Whether no solution is without this version of the project."""
        return self._certain.get(name) == version

    def start_named(self, resolver: Any, requirements: Iterable[Any]) -> None:
        """Sends the sources that the user named by path or URL."""
        for requirement in requirements:
            if choices.is_named_source(requirement):
                self._try(self._fetch, functools.partial(
                    choices.prepare_named, resolver, requirement))

    def note_metadata(self, requirement: Any, requires: Iterable[str]) -> None:
        """`requirement` depends on these."""
        self._waiting.append((requirement, tuple(requires)))
        self._work()

    # What pip's functions become

    def _prepare(self, original: Callable[[], Any], requirement: Any) -> Any:
        if not self._fetching:
            return original()
        self._send(requirement)
        raise choices.NotPrepared

    def _note_wheel(self, original: Callable[..., Any], preparer: Any, requirement: Any,
                    *args: Any, **kwargs: Any) -> Any:
        dist = original(preparer, requirement, *args, **kwargs)
        if requirement.is_wheel and self._provider is not None:
            self._try(self._note_dist, requirement, dist)
        return dist

    def _note_dist(self, requirement: Any, dist: Any) -> None:
        self.note_metadata(requirement, seams.requires_dist(dist))

    def _resolve(self, original: Callable[[], Any], provider: Any, requirements: list[Any]
                 ) -> Any:
        self._try(self._start, provider, requirements)
        return original()

    # Guesses

    def _start(self, provider: Any, requirements: list[Any]) -> None:
        self._skipped = choices.SkippedLinks(provider)
        self._provider = provider
        self._roots = choices.by_project(requirements)
        self._working = True  # what the user asked for comes before what that depends on
        for name, asked in self._roots.items():
            self._try(self._note_certain, name, asked)
            self._try(self._guess, name, asked)
        self._working = False
        self._work()

    def _note_certain(self, name: str, asked: list[Any]) -> None:
        assert self._skipped is not None
        version = self._skipped.aside(
            name, lambda: choices.only_version(self._provider, name, asked))
        if version:
            self._certain[name] = version

    def _work(self) -> None:
        """Guesses what is waited for. A guess with static metadata brings more of them."""
        if self._working or self._provider is None:
            return
        self._working = True
        try:
            while self._waiting:
                one = self._waiting.popleft()
                self._try(self._guess_dependencies, *one)
        finally:
            self._working = False

    def _guess_dependencies(self, requirement: Any, texts: tuple[str, ...]) -> None:
        extras = self._extras.get(name_of(requirement), set()) | set(requirement.extras)
        found = choices.dependencies(self._provider, requirement, extras, texts)
        for name, asked in found.items():
            if not any(all(choices.allows(one, version) for one in asked)
                       for version in self._versions.get(name, [])):
                self._try(self._guess, name, self._roots.get(name, []) + asked)

    def _guess(self, name: str, asked: list[Any]) -> None:
        assert self._skipped is not None
        self._extras.setdefault(name, set()).update(choices.extras_of(asked))
        choice = self._skipped.aside(name, lambda: choices.first(self._provider, name, asked))
        if choice is None:
            return
        self._versions.setdefault(name, []).append(choice.version)
        if not choice.is_wheel and choice.url not in self._urls:
            self._urls.add(choice.url)
            self._fetch(choice.make)

    def _fetch(self, make: Callable[[], Any]) -> None:
        self._fetching = True
        try:
            make()
        except choices.NotPrepared:
            pass
        finally:
            self._fetching = False

    def _try(self, guess: Callable[..., None], *args: Any) -> None:
        """pip meets the same obstacle when it gets there, and says what it is."""
        try:
            guess(*args)
        except ChannelClosed:
            raise
        except Exception as exc:
            print(f"truewheel: no guess: {type(exc).__name__}", flush=True)
