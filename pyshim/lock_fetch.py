"""Fetches what a lock file names, checks every hash, and lays it out for pip's resolver.

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
from typing import Any

from pyshim import locks, seams
from pyshim.errors import ShimError, one_line
from pyshim.kept import path_of
from pyshim.wire import Channel

_BLOCK = 1 << 20


def fetch(request: dict[str, Any], channel: Channel) -> int:
    """Does one `lock-fetch` request."""
    os.chdir(request["cwd"])
    os.environ["TMPDIR"] = tempfile.tempdir = request["target"]
    found = locks.read_all(request["file"])
    if request["check"]:
        _compare(found[""], request["facts"], channel)
    target = request["target"]
    os.makedirs(os.path.join(target, "files"), 0o700)
    files = _by_name(found.values())
    _Fetcher(request["args"], target, channel).fetch_all(files)
    channel.send({
        "t": "done",
        "files": sorted(files),
        "urls": {name: file.url for name, file in files.items()},
        "sets": {directory: _lay_out(target, number, lock)
                 for number, (directory, lock) in enumerate(found.items())},
        "inputs": found[""].about.get("inputs") or {},
        "builds": {file.own["dir"]: file.own for lock in found.values() for file in lock.files
                   if file.own},
    })
    return 0


def _compare(lock: locks.LockFile, facts: dict[str, str], channel: Channel) -> None:
    """Another Python could not use what was locked; another compiler may give other bytes."""
    for name in ("python", "tag"):
        if lock.about.get(name) != facts[name]:
            raise ShimError(f"lock file '{lock.path}' is for {name} {lock.about.get(name)}, and"
                            f" this is {facts[name]}")
    for name in ("compiler", "pip", "truewheel"):
        if lock.about.get(name) != facts[name]:
            channel.send({"t": "warning", "text": one_line(
                f"the lock was made with another {name}: '{lock.about.get(name)}', and here it is"
                f" '{facts[name]}'")})


def _by_name(found: Iterable[locks.LockFile]) -> dict[str, locks.LockedFile]:
    files: dict[str, locks.LockedFile] = {}
    for lock in found:
        for file in lock.files:
            other = files.setdefault(file.name, file)
            if other.sha256 != file.sha256:
                raise ShimError(f"lock file '{lock.path}': '{file.name}' is another file than in"
                                " another lock file beside it")
    return files


def _lay_out(target: str, number: int, lock: locks.LockFile) -> list[str]:
    """The arguments of a resolver that is to find this set."""
    place = os.path.join(target, "sets", str(number))
    links = os.path.join(place, "links")
    os.makedirs(links, 0o700)
    for file in lock.files:
        os.link(os.path.join(target, "files", file.name), os.path.join(links, file.name))
    names = os.path.join(place, "requirements.txt")
    with open(names, "x", encoding="utf-8") as out:
        out.writelines(_line(file, not number) + "\n" for file in lock.files)
    return ["--isolated", "--no-index", "--find-links", links, "--no-deps", "--require-hashes",
            "--ignore-requires-python", "--no-cache-dir", "-r", names]


def _line(file: locks.LockedFile, with_settings: bool) -> str:
    line = file.pin
    for key, value in (file.own.get("config-settings") or {}).items() if with_settings else ():
        for one in value if isinstance(value, list) else [value]:
            if "\n" in f"{key}{one}":
                raise ShimError(f"{file.project}: a config setting with a newline cannot be locked")
            line += f" --config-settings {shlex.quote(f'{key}={one}')}"
    return line


class _Fetcher:
    """Copies files from --find-links, else from where the lock says."""

    def __init__(self, args: list[str], target: str, channel: Channel) -> None:
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
                self._fetch(file, session)

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
