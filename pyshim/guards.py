"""Test hook: which guards a test has switched off (driver/base/guard.h)."""

from __future__ import annotations

import os


def off() -> list[str]:
    """Their names; all guards are on in the work of any user."""
    return os.environ.get("TRUEWHEEL_TEST_GUARDS_OFF", "").split(",")
