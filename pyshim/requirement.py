"""What pip's requirements (InstallRequirement) say of who asked for what."""

from __future__ import annotations

import os
from typing import Any

from pyshim import project, seams


def name_of(requirement: Any) -> str:
    """The canonical name by which the project was asked for; "" when it was not."""
    return project.canonical_name(requirement.name) if requirement.name else ""


def shown_place(link: Any) -> str:
    """What people call the place of a source: a path as it can be typed, or a URL."""
    if not link.is_file:
        return seams.redact(link.url)
    path = str(link.file_path)
    below = os.path.relpath(path)
    return path if below.startswith(os.pardir) else os.path.join(os.curdir, below)


def is_path(requirement: Any) -> bool:
    """Whether it was required by a path or a file URL, and not found in a local directory."""
    named: Any = getattr(requirement, "original_link", None)
    return named is not None and str(named.scheme).rpartition("+")[2].lower() == "file"


def is_named_path(requirement: Any) -> bool:
    """Whether the user required it by a path, or something that the user required so did."""
    if not is_path(requirement):
        return False
    by = requirement.comes_from
    return bool(requirement.user_supplied) or not isinstance(by, str) and is_named_path(by)
