"""Errors that are results: each carries the `kind` of the protocol and a one-line message."""

from __future__ import annotations


class ShimError(Exception):
    """A failure that the user can understand from its message alone."""

    kind = "other"

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class SourceError(ShimError):
    """A source that no build can start from: corrupt, hostile, or with invalid metadata."""

    kind = "sdist"


class UsageError(ShimError):
    """pip's option parser did not understand the arguments."""

    kind = "usage"


def one_line(text: str, limit: int = 600) -> str:
    """`text` on one line, bounded."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
