"""Reads TOML, with the standard library; before Python 3.11 with pip's copy of tomli."""

from __future__ import annotations

import importlib
from typing import Any


def reader() -> Any:
    """The module that reads it, imported."""
    try:
        return importlib.import_module("tomllib")
    except ImportError:
        return importlib.import_module("pip._vendor.tomli")


def loads(text: str) -> dict[str, Any]:
    """The document as a dict. Raises ValueError."""
    table: dict[str, Any] = reader().loads(text)
    return table
