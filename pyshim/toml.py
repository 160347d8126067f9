"""Reading TOML: with the standard library, or before Python 3.11 with what pip brings."""

from __future__ import annotations

import importlib
from typing import Any


def loads(text: str) -> dict[str, Any]:
    """The document, or a ValueError."""
    try:
        reader = importlib.import_module("tomllib")
    except ImportError:
        reader = importlib.import_module("pip._vendor.tomli")
    table: dict[str, Any] = reader.loads(text)
    return table
