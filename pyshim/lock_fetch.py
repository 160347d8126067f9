"""Fetches what a lock file names, checks every hash, and lays it out for pip's resolver.

The same for the record of a run, from which its wheels are to be built once more: there what cannot
be had costs the wheels that need it, and not the others.

    target/files/NAME               every file, once
    target/sets/N/requirements.txt  pins and hashes of one lock file
    target/sets/N/links/NAME        links to its files

The resolver of each set gets that directory and no index: it cannot choose anything else.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pyshim import locks, project, records, seams
from pyshim.errors import ShimError, one_line
from pyshim.kept import path_of
from pyshim.wire import Channel

_BLOCK = 1 << 20


def fetch(request: dict[str, Any], channel: Channel) -> int:
    """Does one `lock-fetch` request."""
    os.chdir(request["cwd"])
    os.environ["TMPDIR"] = tempfile.tempdir = request["target"]
    target = request["target"]
    of_record = bool(request["record"])
    found, lost = records.read_all(request["file"]) if of_record else (
        locks.read_all(request["file"]), {})
    if request["check"]:
        _compare(found[""], request["facts"], "record" if of_record else "lock", channel)
    os.makedirs(os.path.join(target, "files"), 0o700)
    files = _by_name(found.values())
    fetcher = _Fetcher(request["args"], target, channel, of_record)
    fetcher.fetch_all(files)
    if request["backwards"]:
        found[""].files.reverse()
    _add_lost(found, fetcher.missing, lost)
    channel.send({
        "t": "done",
        "files": sorted(name for name in files if name not in fetcher.missing),
        "urls": {name: file.url for name, file in files.items()},
        "sets": {directory: _lay_out(target, number, lock, lost)
                 for number, (directory, lock) in enumerate(found.items())
                 if directory not in lost},
        "inputs": found[""].about.get("inputs") or {},
        "builds": {file.own["dir"]: file.own for lock in found.values() for file in lock.files
                   if file.own},
        "lost": lost,
    })
    return 0


def _add_lost(found: dict[str, locks.LockFile], missing: dict[str, str],
              lost: dict[str, str]) -> None:
    """Adds the builds that need a file which is missing, or a build requirement that is lost."""
    before = -1
    while len(lost) != before:
        before = len(lost)
        for directory, lock in found.items():
            for file in lock.files:
                own = file.own.get("dir")
                why = missing.get(file.name) or (lost.get(own) if own else None)
                if why and (directory or own):
                    lost.setdefault(directory or str(own), why)


def _compare(lock: locks.LockFile, facts: dict[str, str], what: str, channel: Channel) -> None:
    """Another Python could not use what was locked; another compiler may give other bytes."""
    for name in ("python", "tag"):
        if lock.about.get(name) != facts[name]:
            where = f"lock file '{lock.path}'" if what == "lock" else "the record"
            raise ShimError(f"{where} is for {name} {lock.about.get(name)}, and this is"
                            f" {facts[name]}")
    for name in ("compiler", "pip", "truewheel"):
        if lock.about.get(name) != facts[name]:
            channel.send({"t": "warning", "text": one_line(
                f"the {what} was made with another {name}: '{lock.about.get(name)}', and here it is"
                f" '{facts[name]}'")})


def _by_name(found: Iterable[locks.LockFile]) -> dict[str, locks.LockedFile]:
    files: dict[str, locks.LockedFile] = {}
    for lock in found:
        for file in lock.files:
            if file.own.get("tree"):
                continue
            other = files.setdefault(file.name, file)
            if other.sha256 != file.sha256:
                raise ShimError(f"'{lock.path}': '{file.name}' is another file in one place than in"
                                " another")
    return files


def _lay_out(target: str, number: int, lock: locks.LockFile, lost: dict[str, str]) -> list[str]:
    """The arguments of a resolver that is to find this set."""
    place = os.path.join(target, "sets", str(number))
    links = os.path.join(place, "links")
    os.makedirs(links, 0o700)
    wanted = [file for file in lock.files if file.own.get("dir") not in lost]
    for file in wanted:
        if not file.own.get("tree"):
            os.link(os.path.join(target, "files", file.name), os.path.join(links, file.name))
    names = os.path.join(place, "requirements.txt")
    hashed = not any(file.own.get("tree") for file in wanted)
    with open(names, "x", encoding="utf-8") as out:
        out.writelines(_line(file, not number, hashed, links) + "\n" for file in wanted)
    hashes = ["--require-hashes"] if hashed else []  # all was hashed here already
    isolation = [] if all(file.own.get("isolated", True) for file in wanted) else [
        "--no-build-isolation"]
    return ["--isolated", "--no-index", "--find-links", links, "--no-deps", *hashes, *isolation,
            "--ignore-requires-python", "--no-cache-dir", "-r", names]


def _line(file: locks.LockedFile, with_settings: bool, hashed: bool, links: str) -> str:
    line = f"{_requirement(file, links)}{f' --hash=sha256:{file.sha256}' if hashed else ''}"
    for key, value in (file.own.get("config-settings") or {}).items() if with_settings else ():
        for one in value if isinstance(value, list) else [value]:
            if "\n" in f"{key}{one}":
                raise ShimError(f"{file.project}: a config setting with a newline cannot be locked")
            line += f" --config-settings {shlex.quote(f'{key}={one}')}"
    return line


def _requirement(file: locks.LockedFile, links: str) -> str:
    """By its name where the resolver finds it by that, else by its place."""
    if file.own.get("tree"):
        return f"{file.project} @ {file.url}"
    subdirectory = file.own.get("subdirectory")
    is_found = not file.own or project.identity_of_file(file.name) == (file.project, file.version)
    if is_found and not subdirectory:
        return f"{file.project}=={file.version}"
    url = Path(os.path.join(links, file.name)).as_uri()
    return f"{file.project} @ {url}" + (f"#subdirectory={subdirectory}" if subdirectory else "")


class _Fetcher:
    """Copies files from --find-links, else from where the lock says."""

    def __init__(self, args: list[str], target: str, channel: Channel, go_on: bool) -> None:
        self.missing: dict[str, str] = {}  # by the file's name: why
        self._go_on = go_on
        self._target = target
        self._channel = channel
        self._command = seams.wheel_command(args)
        self._options = seams.parse_finding(self._command, args)
        self._links = [path for link in self._options.find_links or []
                       if os.path.isdir(path := path_of(link))]

    def fetch_all(self, files: dict[str, locks.LockedFile]) -> None:
        with seams.session(self._command, self._options) as session:
            for file in files.values():
                self._channel.send({"t": "phase", "text": f"fetching {file.name}"})
                try:
                    self._fetch(file, session)
                except ShimError as exc:
                    if not self._go_on:
                        raise
                    self.missing[file.name] = str(exc)

    def _fetch(self, file: locks.LockedFile, session: Any) -> None:
        path = self._find(file)
        if path is None and self._options.no_index:
            raise ShimError(f"'{file.name}' is in no directory of --find-links, and --no-index"
                            f" forbids to fetch it from {file.url}")
        where = path or file.url
        try:
            blocks = _read(path) if path is not None else _download(session, file.url)
            self._keep(file, blocks, where)
        except OSError as exc:  # those of requests are, too
            raise ShimError(f"could not fetch '{file.name}' from {where}: {one_line(str(exc))}"
                            ) from exc

    def _find(self, file: locks.LockedFile) -> str | None:
        for path in (os.path.join(directory, file.name) for directory in self._links):
            if os.path.isfile(path):
                return path
        return path_of(file.url) if file.url.startswith("file:") else None

    def _keep(self, file: locks.LockedFile, blocks: Iterator[bytes], where: str) -> None:
        digest, size = hashlib.sha256(), 0
        with open(os.path.join(self._target, "files", file.name), "xb") as out:
            for block in blocks:
                digest.update(block)
                size += len(block)
                if file.size is not None and size > file.size:
                    break
                out.write(block)
        if file.size is not None and size != file.size:
            raise ShimError(f"'{file.name}' from {where} is not the locked file: it has"
                            f" {'more' if size > file.size else size} bytes, not {file.size}")
        if digest.hexdigest() != file.sha256:
            raise ShimError(f"'{file.name}' from {where} is not the locked file: its sha256 is"
                            f" {digest.hexdigest()}, not {file.sha256}")


def _read(path: str) -> Iterator[bytes]:
    with open(path, "rb") as opened:
        while block := opened.read(_BLOCK):
            yield block


def _download(session: Any, url: str) -> Iterator[bytes]:
    with session.get(url, headers={"Accept-Encoding": "identity"}, stream=True) as response:
        response.raise_for_status()
        yield from response.raw.stream(_BLOCK, decode_content=False)
