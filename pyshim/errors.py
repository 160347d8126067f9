"""Errors to be reported: each has the `kind` of a frame and a message of one line."""

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
    """`text` on one line, cut at `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
