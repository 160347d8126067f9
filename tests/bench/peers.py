"""The programs that truewheel is measured against, in a virtual environment of their own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PINNED = ("pip==26.3", "uv==0.13.9")


@dataclass(frozen=True)
class Peers:
    python: Path
    uv: Path

    @property
    def pip(self) -> list[object]:
        return [self.python, "-m", "pip"]


def install(build: Path) -> Peers:
    """Made once below the build directory; made anew when other versions are wanted."""
    place = build / "bench-peers"
    mark = place / "installed"
    python = place / "bin" / "python"
    if not mark.exists() or mark.read_text() != "\n".join(PINNED):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PINNED], check=True)
        mark.write_text("\n".join(PINNED))
    return Peers(python, place / "bin" / "uv")
