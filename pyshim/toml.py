"""Reads TOML, with the standard library; before Python 3.11 with pip's copy of tomli."""

from __future__ import annotations

import importlib
from typing import Any


def loads(text: str) -> dict[str, Any]:
    """The document as a dict. Raises ValueError."""
    try:
        reader = importlib.import_module("tomllib")
    except ImportError:
        reader = importlib.import_module("pip._vendor.tomli")
    table: dict[str, Any] = reader.loads(text)
    return table
