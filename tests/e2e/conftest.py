"""End to end: the built program, local packages, no network. Everything is in fixtures/."""

from fixtures.plugin import *  # noqa: F401,F403
