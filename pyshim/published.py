"""What an index publishes of a project: a wheel, the sdist that it should come from, and when.

`list_asked` reads requirements as pip does; `fetch` gets the two files of one of them. Upload times
are those of the index's JSON (PEP 700), where it gives them.
"""

from __future__ import annotations

import datetime
import os
import re
import tempfile
from collections.abc import Callable
from typing import Any

from pyshim import archive, confined, project, seams, tree
from pyshim.errors import ShimError, SourceError, UsageError, one_line
from pyshim.wire import Channel

_PINNED = re.compile(r"===?")
_GRACE = datetime.timedelta(days=1)  # what a publisher's tools took may be a little newer
_MAX_NAMES = 200_000


class _Missing(ShimError):
    """The index does not have what the question is about: an answer, not a failure."""


def list_asked(request: dict[str, Any], channel: Channel) -> int:
    """Does one `published-list` request."""
    return _reply(channel, lambda: _list(request))


def fetch(request: dict[str, Any], channel: Channel) -> int:
    """Does one `published-fetch` request."""
    os.environ["TMPDIR"] = tempfile.tempdir = request["target"]
    return _reply(channel, lambda: _fetch(request, channel))


def _reply(channel: Channel, work: Callable[[], dict[str, Any]]) -> int:
    try:
        channel.send({"t": "done", **work()})
    except ShimError as exc:
        channel.send({"t": "error", "kind": exc.kind, "message": one_line(str(exc))})
        return 1
    return 0


def _list(request: dict[str, Any]) -> dict[str, Any]:
    os.chdir(request["cwd"])
    args = list(request["args"])
    command = seams.wheel_command(args)
    options = seams.parse_finding(command, args)
    with seams.session(command, options) as session:
        finder = seams.package_finder(command, options, session)
        try:
            texts = [text for name in request["files"]
                     for text in seams.read_requirements(name, session, finder, options)]
        except seams.pip_error_type() as exc:
            raise UsageError(one_line(str(exc))) from exc
        return {"requirements": texts, "args": seams.finding_args(finder, options)}


def _fetch(request: dict[str, Any], channel: Channel) -> dict[str, Any]:
    os.chdir(request["cwd"])
    try:
        return _Fetch(request, channel).run()
    except _Missing as exc:
        return {"missing": one_line(str(exc))}


class _Fetch:
    """One requirement, or the name of a wheel's file."""

    def __init__(self, request: dict[str, Any], channel: Channel) -> None:
        self.args: list[str] = list(request["args"])
        self.asked: str = request["asked"]
        self.against: str = request["against"]
        self.file: str = request["file"]
        self.target: str = request["target"]
        self.channel = channel

    def run(self) -> dict[str, Any]:
        command = seams.wheel_command(self.args)
        options = seams.parse_finding(command, self.args)
        options.ignore_requires_python = True
        with seams.session(command, options) as session:
            finder = seams.package_finder(command, options, session)
            others = seams.other_finder(command, options, session, self.against) \
                if self.against else finder
            wheel, name, version = self._choose_wheel(finder, others)
            sdist = _choose_sdist(finder, name, version)
            answer: dict[str, Any] = {
                "name": name, "version": version, "as_of": _as_of([wheel, sdist])}
            if wheel is not None:
                answer["wheel"] = self._get(session, wheel)
            answer["sdist"] = self._get(session, sdist)
        answer["names"] = _names_in(answer["sdist"]["path"])
        return answer

    def _choose_wheel(self, finder: Any, others: Any) -> tuple[Any, str, str]:
        if self.file:  # of a wheel that is here; the index may know when it was uploaded
            name, version = seams.wheel_identity(self.file)
            name = project.canonical_name(name)
            same = [link for link in _links(others, name, version) if link.filename == self.file]
            return (same[0] if same else None), name, version
        requirement = seams.requirement(self.asked)
        name = project.canonical_name(requirement.name)
        found = sorted((c for c in others.find_all_candidates(name) if c.link.is_wheel
                        and requirement.specifier.contains(str(c.version), prereleases=True)),
                       key=lambda c: (c.version, *_preference(c.link)))
        if not found:
            where = f" in {seams.redact(self.against)}" if self.against else ""
            raise _Missing(f"there is no wheel of {self.asked} for this Python{where}")
        if not _PINNED.search(str(requirement.specifier)):
            final = [c for c in found if not c.version.is_prerelease]
            found = final or found
        return found[-1].link, name, str(found[-1].version)

    def _get(self, session: Any, link: Any) -> dict[str, Any]:
        self.channel.send({"t": "phase", "text": f"fetching {link.filename}"})
        path = os.path.join(self.target, os.path.basename(link.filename))
        try:
            seams.download(session, link, path)
        except OSError as exc:  # those of requests are, too
            raise ShimError(f"could not fetch '{link.filename}' from"
                            f" {seams.redact(link.url_without_fragment)}: {one_line(str(exc))}"
                            ) from exc
        digest = tree.file_sha256(path)
        if (link.hash_name == "sha256") and digest != link.hash:
            raise ShimError(f"'{link.filename}' is not the file that the index lists: its sha256"
                            f" is {digest}, not {link.hash}")
        return {"file": os.path.basename(link.filename), "path": path, "sha256": digest,
                "url": seams.redact(link.url_without_fragment)}


def _links(finder: Any, name: str, version: str) -> list[Any]:
    return [found.link for found in finder.find_all_candidates(name)
            if project.is_same_version(str(found.version), version)]


def _preference(link: Any) -> tuple[bool, str]:
    """The pure wheel rather than one of a platform."""
    return link.filename.endswith("-none-any.whl"), link.filename


def _choose_sdist(finder: Any, name: str, version: str) -> Any:
    found = [link for link in _links(finder, name, version) if not link.is_wheel]
    if not found:
        raise _Missing(f"the index has no sdist of {name} {version}")
    return min(found, key=lambda link: (not link.filename.endswith(".tar.gz"), link.filename))


def _uploaded(link: Any) -> datetime.datetime | None:
    found = getattr(link, "upload_time", None)
    return found if isinstance(found, datetime.datetime) else None


def _as_of(links: list[Any]) -> str:
    """A day after the later upload; "" where the index does not tell."""
    times = [_uploaded(link) for link in links if link is not None]
    known = [time for time in times if time is not None]
    return (max(known) + _GRACE).isoformat() if known else ""


def _names_in(path: str) -> list[str]:
    """The files of an sdist, without its top directory; none where it cannot be read."""
    names: list[str] = []

    def note(member: str) -> bool:
        if len(names) < _MAX_NAMES:
            names.append(member)
        return False

    project.import_all()
    with open(path, "rb") as raw:
        limits = confined.Limits().for_bytes(os.fstat(raw.fileno()).st_size)

        def work() -> dict[str, Any]:
            archive.peek(raw, os.path.basename(path), note)
            return {"names": names}

        try:
            return list(confined.run(work, [raw.fileno()], limits)["names"])
        except SourceError:
            return []  # the build says why
