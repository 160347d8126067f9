"""METADATA and PKG-INFO: the fields that truewheel decides by, as text, read once.

Whether a name, version or requirement is valid is for the caller to judge: an invalid one is an
error in one place and only "not static" in another.
"""

from __future__ import annotations

import email.parser
from dataclasses import dataclass


@dataclass(frozen=True)
class Metadata:
    """Fields that are missing are "" or empty; those that may stand several times are tuples."""

    metadata_version: str = ""
    name: str = ""
    version: str = ""
    requires_dist: tuple[str, ...] = ()
    requires_python: tuple[str, ...] = ()  # at most one in valid metadata
    dynamic: frozenset[str] = frozenset()  # names of fields, in lower case

    def lacks(self) -> str:
        """The field that every METADATA must have and this one has not, or ""."""
        if not self.name:
            return "Name"
        return "" if self.version else "Version"


def parse(text: str) -> Metadata:
    """Never fails: what is no header field is the description."""
    headers = email.parser.HeaderParser().parsestr(text)

    def values(field: str) -> tuple[str, ...]:
        return tuple(str(value) for value in headers.get_all(field, []))

    def first(field: str) -> str:
        return next(iter(values(field)), "")

    return Metadata(
        metadata_version=first("Metadata-Version").strip(),
        name=first("Name"),
        version=first("Version"),
        requires_dist=values("Requires-Dist"),
        requires_python=values("Requires-Python"),
        dynamic=frozenset(value.strip().lower() for value in values("Dynamic")),
    )
