"""In which line of a TOML document something stands, which its reader does not tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyshim import toml

_TRIES = 300  # for one statement: a longer one is named by a line before it


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The number of the line in which the value at `path` begins; 0 when it is not there.

    The beginning of a document that ends behind one of its statements is a document, too. The
    statement that is looked for lies between the last one that lacks the value and the first one
    that has it.
    """
    lines = text.splitlines(keepends=True)
    without, having = 0, len(lines)
    if not _has(toml.loads(text), path):
        return 0
    while True:
        found = _split(lines, without, having)
        if found is None:
            return without + 1
        end, document = found
        if _has(document, path):
            having = end
        else:
            without = end


def _split(lines: list[str], low: int, high: int) -> tuple[int, Any] | None:
    """A document that ends between these lines, near their middle, and the line; None: there is
    none."""
    middle = (low + high) // 2
    ends = [*range(max(middle, low + 1), high), *range(middle - 1, low, -1)]
    for end in ends[:_TRIES]:
        try:
            return end, toml.loads("".join(lines[:end]))
        except (ValueError, RecursionError):
            pass  # within a statement
    return None


def _has(document: Any, path: Sequence[str | int]) -> bool:
    for key in path:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True
