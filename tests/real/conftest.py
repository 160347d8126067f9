"""
Real sdists from an index: the fixtures of tests/e2e, with the machine's own configuration of pip.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from fixtures.plugin import *  # noqa: E402,F401,F403
