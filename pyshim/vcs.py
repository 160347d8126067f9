"""Directories of version control whose programs are not asked: a hash of what decides in them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator

from pyshim import tree

# Times and numbers of files, caches, and what was before: they change while nothing else does.
# The objects of git and svn are named by their content in what is not left out.
_CHANGING = {
    b".git": frozenset({b"objects", b"logs", b"index", b"FETCH_HEAD", b"ORIG_HEAD",
                        b"COMMIT_EDITMSG", b"gc.log"}),
    b".hg": frozenset({b"cache", b"wcache", b"last-message.txt"}),
    b".svn": frozenset({b"pristine", b"tmp", b"wc.db-journal"}),
}


def digest(path: bytes) -> str:
    """Of a directory, or of a file that stands for one. Raises OSError."""
    result = hashlib.sha256()
    for entry in _entries(path):
        name = entry.path[len(path):]
        content = entry.text if entry.is_link else _content(entry)
        result.update(b"%d %d:%s%d:" % (stat.S_IFMT(entry.mode), len(name), name, len(content)))
        result.update(content)
    return result.hexdigest()


def _entries(path: bytes) -> Iterator[tree.Entry]:
    entry = tree.entry_of(path)
    if not stat.S_ISDIR(entry.mode):
        yield entry
        return
    changing = _CHANGING[os.path.basename(path)]
    yield from tree.entries(path, lambda inner: inner[len(path) + 1:] in changing
                            or os.path.basename(inner).startswith(b"undo."))


def _content(entry: tree.Entry) -> bytes:
    if not stat.S_ISREG(entry.mode):
        return b""
    if os.path.basename(entry.path).startswith(b"dirstate"):
        return _parents(entry.path)
    return tree.file_sha256(os.fsdecode(entry.path)).encode()


def _parents(dirstate: bytes) -> bytes:
    """The commits that a Mercurial work tree is of; behind them stand times of files."""
    with open(dirstate, "rb") as opened:
        head = opened.read(76)
    return head if head.startswith(b"dirstate-v2\n") else head[:40]
