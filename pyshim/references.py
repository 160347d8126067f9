"""Direct references, "name @ url", and which of them pip may follow.

The resolver runs outside of every sandbox: it has the network, and sees the user's home and keys.
What a build says comes from code that may have read anything that builds see, so a URL of its
making could carry that away. pip follows a direct reference

- that the user wrote: as a requirement, as a constraint, in a lock file;
- that stands in what a wheel or sdist was published with, because nothing had run then. If an sdist
  lists some and its build says others, none of the build's count: a build that chose among them
  would send by its choice;
- of a project that the user named by its path, also when it stands in its setup.py or setup.cfg;
- of a project that --allow-url names.

A file of this machine is for projects that the user named by their path alone, and so are the
user's ssh keys, unless --allow-url names the project.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

_SCHEMES_WITH_KEYS = ("ssh", "sftp", "lp")  # lp: Launchpad, for bzr
# What git may use for a repository that the user did not write, for its submodules too.
_GIT_PROTOCOLS = ("https", "http", "git")


def _parsed(text: object) -> Any:
    """The requirement, if it is one with a URL; else None."""
    if not isinstance(text, str) or "@" not in text:
        return None
    module = importlib.import_module("pip._vendor.packaging.requirements")
    try:
        requirement = module.Requirement(text)
    except module.InvalidRequirement:
        return None
    return requirement if requirement.url else None


def direct(texts: Iterable[object]) -> list[str]:
    """The direct references among the requirements, sorted, in one form whatever their blanks."""
    return sorted({str(found) for found in map(_parsed, texts) if found is not None})


def urls(texts: Iterable[object]) -> list[str]:
    return [str(found.url) for found in map(_parsed, texts) if found is not None]


def _transport(url: str) -> str:
    return urllib.parse.urlsplit(url).scheme.rpartition("+")[2].lower()


def is_of_machine(url: str) -> bool:
    """Whether it is a file of this machine, in any spelling. What has no scheme may be one."""
    return _transport(url) in ("", "file")


def is_no_url(url: str) -> bool:
    parts = urllib.parse.urlsplit(url)
    return not parts.scheme or parts.scheme == "file" and not parts.path


def uses_keys(url: str) -> bool:
    return _transport(url) in _SCHEMES_WITH_KEYS


def in_words(url: str, words: Iterable[str]) -> bool:
    """Whether one of the words is the URL, or "name@" and the URL."""
    return any(re.fullmatch(r"(?:[\w.\[\],-]+@)?" + re.escape(url), word) for word in words)


@dataclass
class Permits:
    """The direct references that this resolution may follow, as far as is known by now."""

    allowed: frozenset[str]  # canonical names, of --allow-url
    note: Callable[[str], None]  # called with a name for which that has counted
    written: set[str] = field(default_factory=set)  # URLs, by the user
    # URLs with a wheel or an sdist, each behind the project whose it is: none may choose among
    # those that another one lists.
    published: set[tuple[str, str]] = field(default_factory=set)
    own: set[str] = field(default_factory=set)  # URLs, by projects that the user named by a path

    def publish(self, by: str, texts: Iterable[object], own: bool) -> None:
        """Notes what a project was published with; `own`: the user named it by its path."""
        if own:
            self.own.update(urls(texts))
        else:
            self.published.update((by, url) for url in urls(texts))

    def refusal(self, name: str, url: str, by: str, own: bool) -> str:
        """Why `url` may not be followed for the project `by`, or ""."""
        if url in self.written or url in self.own or own and is_of_machine(url):
            return ""
        if is_of_machine(url):
            return "is a file of this machine"
        is_published = (by, url) in self.published
        if is_published and not uses_keys(url):
            return ""
        if name in self.allowed:
            self.note(name)
            return ""
        why = "would be fetched with your own keys" if is_published else \
            "is a URL that its build has given and that is not in what it was published with"
        return f"{why} (--allow-url {name} takes it from there)"

    @contextlib.contextmanager
    def without_keys(self, name: str, url: str) -> Iterator[None]:
        """While pip fetches `url`: git gets the user's keys only for what the user wrote."""
        if url in self.written or url in self.own or name in self.allowed:
            yield
            return
        with _environment(GIT_ALLOW_PROTOCOL=_git_protocols(), GIT_SSH_COMMAND="false",
                          SVN_SSH="false"):
            yield


def _git_protocols() -> str:
    users = os.environ.get("GIT_ALLOW_PROTOCOL")
    kept = _GIT_PROTOCOLS if users is None else set(_GIT_PROTOCOLS) & set(users.split(":"))
    return ":".join(sorted(kept))


@contextlib.contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
