"""Around what pip fetches and reads: whether it may, and errors that name the requirement."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from typing import Any

from pyshim import archive, failure, metadata, project, references, seams
from pyshim.errors import SourceError
from pyshim.requirement import is_named_path, name_of


class Gate:
    """Judges direct references, for one resolution. Its methods are what pip's functions become."""

    def __init__(self, allowed: frozenset[str], note: Callable[[str], None]) -> None:
        self._permits = references.Permits(allowed, note)

    def install(self) -> None:
        seams.wrap_preparation(self._prepare)
        seams.wrap_requirements(_make_requirement)
        seams.wrap_wheel_metadata(_check_wheel)

    def add_written(self, urls: Iterable[str]) -> None:
        """The user wrote these."""
        self._permits.written.update(urls)

    def _prepare(self, original: Callable[..., Any], preparer: Any, requirement: Any,
                 *args: Any, **kwargs: Any) -> Any:
        """Around everything that fetches a requirement: its file, or its metadata alone."""
        named = requirement.original_link
        name, url = name_of(requirement), str(named.url) if named else ""
        if named:
            self._check_reference(requirement, name, url)
        else:
            _check_page(requirement.link)
        try:
            with self._permits.without_keys(name, url) if named else contextlib.nullcontext():
                dist = original(preparer, requirement, *args, **kwargs)
        except (AssertionError, ValueError) as exc:
            if not named or not failure.is_about_url(exc):
                raise
            raise _unreadable(_asked_for(name, url), requirement.comes_from, exc) from exc
        if requirement.is_wheel:
            self._permits.publish(name_of(requirement), seams.requires_dist(dist),
                                  is_named_path(requirement))
        return dist

    def _check_reference(self, requirement: Any, name: str, url: str) -> None:
        by, asked = requirement.comes_from, _asked_for(name, url)
        whose = "" if by is None or isinstance(by, str) else name_of(by)
        refusal = self._permits.refusal(name, url, whose, is_named_path(requirement))
        if not refusal and references.is_no_url(url):
            raise _unreadable(asked, by, ValueError("a file is written as file:///home/me/file"))
        if refusal:
            who = getattr(by, "name", None) or str(by or "a requirement")
            raise seams.installation_error("metadata", f"{who} requires '{asked}', which {refusal}")

    def note_metadata(self, about: project.Project, text: str, requirement: Any) -> None:
        """Notes which direct references of a source's metadata may be followed."""
        own = is_named_path(requirement)
        parsed = metadata.parse(text)
        whose, said = project.canonical_name(parsed.name), references.direct(parsed.requires_dist)
        if said in about.listed or about.static_text == text:
            self._permits.publish(whose, said, own)
        elif own:
            known = {one for listed in about.listed for one in listed}
            self._permits.publish(
                whose, [one for one in said if one in known
                        or references.in_words(references.urls([one])[0], about.words)], own)


def _make_requirement(original: Callable[..., Any], asked: Any, *args: Any,
                      **kwargs: Any) -> Any:
    """Around everything by which pip makes a requirement out of text."""
    try:
        return original(asked, *args, **kwargs)
    except (AssertionError, ValueError) as exc:
        if not failure.is_about_url(exc):
            raise
        by = getattr(asked, "comes_from", args[0] if args else kwargs.get("comes_from"))
        raise _unreadable(str(getattr(asked, "requirement", asked)), by, exc) from exc


def _asked_for(name: str, url: str) -> str:
    shown = seams.redact(url)
    return f"{name} @ {shown}" if name else shown


def _unreadable(text: str, by: Any, exc: Exception) -> Exception:
    """The error for a requirement out of which pip can make none; `by` is whoever asks for it."""
    is_file = isinstance(exc, AssertionError)
    if by is None or isinstance(by, str):
        where = f" ({by})" if by else ""
        why = "the scheme of a file's URL is 'file', in lower case" if is_file else exc
        return seams.installation_error("file", f"cannot read '{text}'{where}: {why}")
    why = "is a file of this machine" if is_file else f"cannot be read: {exc}"
    return seams.installation_error("metadata", f"{by.name or by} requires '{text}', which {why}")


def _check_wheel(original: Callable[..., Any], distribution: Any) -> Any:
    """Before pip reads the metadata of a wheel, whole."""
    path = str(distribution.req.local_file_path)
    try:
        archive.check_wheel(path)
    except SourceError as exc:
        raise seams.installation_error(
            "metadata", f"{distribution.req}: wheel '{os.path.basename(path)}': {exc}") from exc
    return original(distribution)


def _check_page(link: Any) -> None:
    """Refuses a file of this machine that the page of a server offers."""
    page = str(getattr(link.comes_from, "url", link.comes_from) or "")
    if references.is_of_machine(link.url) and not references.is_of_machine(page):
        raise seams.installation_error(
            "metadata", f"{seams.redact(page)} offers '{link.url}', a file of this machine")


def urls_for_hook(about: project.Project, own: bool) -> list[str]:
    """The URLs that its backend may ask for."""
    written = references.urls(about.requires)
    if own:
        written += [word[word.find("@") + 1:] if "@" in word.partition("://")[0] else word
                    for word in about.words]
    return written
