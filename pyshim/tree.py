"""The content hash of a directory tree: what a build of it can depend on, and nothing else."""

from __future__ import annotations

import hashlib
import os
import stat

WHEN = 315532800  # 1980-01-01, where the zip format begins
VCS_NAMES = frozenset({".git", ".hg", ".svn"})


def file_sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as opened:
        while block := opened.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def content_sha256(root: str) -> str:
    """Over sorted relative paths, types, x bits and contents.

    Independent of times, umask, owner and location. Directories of version control are left out:
    they hold times and names of the clone, not of the source.
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


def fix_times(root: str, when: int = WHEN) -> None:
    """Gives everything below `root` one time; a checkout is otherwise as old as its clone."""
    for directory, names, files in os.walk(root):
        names[:] = sorted(n for n in names if n not in VCS_NAMES)
        for name in files:
            os.utime(os.path.join(directory, name), (when, when), follow_symlinks=False)
        os.utime(directory, (when, when))
