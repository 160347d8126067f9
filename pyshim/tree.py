"""Directory trees: what is in them, a hash of it, and fixed times."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pyshim.errors import SourceError

FIXED_TIME = 315532800  # 1980-01-01, the first date of the zip format
VCS_NAMES = frozenset({".git", ".hg", ".svn"})
_VCS_NAMES = frozenset(os.fsencode(name) for name in VCS_NAMES)

# From this size on a file is hashed without its zeros: it may be sparse, and they take long.
_LARGE = 64 << 20
_BLOCK = 1 << 20
_ZEROS = bytes(_BLOCK)


@dataclass(frozen=True)
class Entry:
    """A file, directory or link. All names are bytes: those of a tree need not be UTF-8."""

    path: bytes
    mode: int
    text: bytes = b""  # of a symbolic link

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)


def file_sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _content_sha256(path: bytes, size: int) -> str:
    """A hash of a file's content. Of a large one only the blocks that are not zero count."""
    if size < _LARGE:
        return file_sha256(os.fsdecode(path))
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as opened:
        for at in _blocks_with_data(opened.fileno(), size):
            block = os.pread(opened.fileno(), _BLOCK, at)
            if block != _ZEROS[:len(block)]:
                digest.update(b"%d:" % at + block)
    digest.update(b"%d" % size)
    return digest.hexdigest()


def _blocks_with_data(fd: int, size: int) -> Iterator[int]:
    """The offsets of the blocks that are not in a hole as a whole."""
    at = 0
    while at < size:
        try:
            found = os.lseek(fd, at, os.SEEK_DATA)
        except OSError as exc:
            if exc.errno == errno.ENXIO:  # only a hole up to the end
                return
            found = at  # a file system without holes
        at = max(at, found - found % _BLOCK)
        yield at
        at += _BLOCK


def entries(root: bytes, leave_out: Callable[[bytes], bool] = lambda _path: False
            ) -> Iterator[Entry]:
    """Everything below `root`, sorted by name, without what is in directories of version control.

    Those themselves are there. What `leave_out` says yes to is not, nor what is below it.
    """
    for name in sorted(os.listdir(root)):
        path = os.path.join(root, name)
        if leave_out(path):
            continue
        entry = entry_of(path)
        yield entry
        if stat.S_ISDIR(entry.mode) and not is_vcs(path):
            yield from entries(path, leave_out)


def entry_of(path: bytes) -> Entry:
    mode = os.lstat(path).st_mode
    return Entry(path, mode, os.readlink(path) if stat.S_ISLNK(mode) else b"")


def is_vcs(path: bytes) -> bool:
    return os.path.basename(path) in _VCS_NAMES


def content_sha256(root: str) -> str:
    """The digest of a whole directory."""
    return digest(os.fsencode(root), entries(os.fsencode(root)))


def digest(root: bytes, listed: Iterable[Entry]) -> str:
    """A hash of names, types, x bits and contents of entries below `root`, in their order.

    Not of times, owners, other mode bits, or the place of `root`. Directories of version control
    are left out: of them not every byte counts (git.py).
    """
    result = hashlib.sha256()
    for entry in listed:
        if not is_vcs(entry.path):
            _add(result, entry, entry.path[len(root) + 1:])
    return result.hexdigest()


def _add(result: hashlib._Hash, entry: Entry, name: bytes) -> None:
    if stat.S_ISDIR(entry.mode):
        _record(result, b"d", name, b"")
    elif entry.is_link:
        _record(result, b"l", name, entry.text)
    elif stat.S_ISREG(entry.mode):
        kind = b"x" if entry.mode & 0o111 else b"f"
        try:
            content = _content_sha256(entry.path, os.stat(entry.path).st_size)
        except OSError as exc:
            raise SourceError(f"cannot read '{os.fsdecode(name)}': {exc.strerror}") from exc
        _record(result, kind, name, content.encode())
    else:
        _record(result, b"s", name, b"")


def _record(result: hashlib._Hash, kind: bytes, name: bytes, content: bytes) -> None:
    result.update(b"%s%d:%s%d:%s" % (kind, len(name), name, len(content), content))


def set_times(root: str, when: int = FIXED_TIME) -> None:
    """Gives everything below `root` one time. Files of a checkout have the time of its making."""
    for directory, names, files in os.walk(root):
        names[:] = sorted(n for n in names if n not in VCS_NAMES)
        for name in files:
            os.utime(os.path.join(directory, name), (when, when), follow_symlinks=False)
        os.utime(directory, (when, when))
