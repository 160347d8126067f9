"""Failures of pip's that come from this machine: a full disk, and paths that pip cannot name."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pyshim.errors import one_line

_FULL = (errno.ENOSPC, errno.EDQUOT)


def explain(exc: BaseException, args: Sequence[str], temporary: str) -> dict[str, Any] | None:
    """The fields kind, message and detail of an `error` frame; None when it is something else.

    `temporary` is where everything that pip fetches goes.
    """
    full = _full_disk(exc)
    if full is not None:
        place = os.fsdecode(full.filename) if full.filename else temporary
        return _fields("machine", f"cannot write below '{place}': {full.strerror}; TMPDIR names"
                       " another place")
    path = _not_utf8(exc)
    if path:
        return _fields("usage", f"pip cannot name '{path}', because it is not UTF-8: rename it, or"
                       " start in a directory whose path is UTF-8")
    path = _cut_off(exc, args)
    if path:
        return _fields("sdist", f"pip cannot name '{path}': it takes what follows ';' for a"
                       " marker; name it from within its directory, as ./NAME")
    return None


def _fields(kind: str, message: str) -> dict[str, Any]:
    return {"kind": kind, "message": one_line(message), "detail": ""}


def is_full(exc: OSError) -> bool:
    return exc.errno in _FULL


def _full_disk(exc: BaseException) -> OSError | None:
    """The error behind this one, if it is that: pip's say that a connection was broken."""
    return next((one for one in _behind(exc) if isinstance(one, OSError) and is_full(one)), None)


def _behind(exc: BaseException) -> Iterator[BaseException]:
    """The exception, what caused it, and what it was made of."""
    waiting: list[object] = [exc]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, (tuple, list)):
            waiting += one
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, *one.args]


def _not_utf8(exc: BaseException) -> str:
    """The path of which pip could make no URL, or ""."""
    if isinstance(exc, UnicodeEncodeError) and os.path.isabs(exc.object):
        return exc.object
    return ""


def _cut_off(exc: BaseException, args: Sequence[str]) -> str:
    """The path that was named, when pip took its end for a marker; or ""."""
    if not re.match("Invalid requirement", str(exc)):
        return ""
    return next((arg for arg in args if ";" in arg and os.path.exists(arg)), "")
