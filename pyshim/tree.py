"""Directory trees: a hash of their content, and fixed times."""

from __future__ import annotations

import hashlib
import os
import stat

FIXED_TIME = 315532800  # 1980-01-01, the first date of the zip format
VCS_NAMES = frozenset({".git", ".hg", ".svn"})


def file_sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as opened:
        while block := opened.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def content_sha256(root: str) -> str:
    """A hash of names, types, x bits and contents of everything below `root`.

    Not of times, owners, other mode bits, or the place of `root`. Directories of version control
    are left out: their content is that of the clone, not of the source.
    """
    digest = hashlib.sha256()
    _add(os.fsencode(root), b"", digest)
    return digest.hexdigest()


def _add(root: bytes, below: bytes, digest: hashlib._Hash) -> None:
    for name in sorted(os.listdir(os.path.join(root, below))):
        if os.fsdecode(name) in VCS_NAMES:
            continue
        relative = os.path.join(below, name)
        path = os.path.join(root, relative)
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode):
            _record(digest, b"d", relative, b"")
            _add(root, relative, digest)
        elif stat.S_ISLNK(mode):
            _record(digest, b"l", relative, os.readlink(path))
        elif stat.S_ISREG(mode):
            kind = b"x" if mode & 0o111 else b"f"
            _record(digest, kind, relative, file_sha256(os.fsdecode(path)).encode())
        else:
            _record(digest, b"s", relative, b"")


def _record(digest: hashlib._Hash, kind: bytes, name: bytes, content: bytes) -> None:
    digest.update(b"%s%d:%s%d:%s" % (kind, len(name), name, len(content), content))


def set_times(root: str, when: int = FIXED_TIME) -> None:
    """Gives everything below `root` one time. Files of a checkout have the time of its making."""
    for directory, names, files in os.walk(root):
        names[:] = sorted(n for n in names if n not in VCS_NAMES)
        for name in files:
            os.utime(os.path.join(directory, name), (when, when), follow_symlinks=False)
        os.utime(directory, (when, when))
