"""The capturing sdists, made in code: one an axis, the same bytes every time."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

_PARTS = Path(__file__).resolve().parent / "sdist"
_PYPROJECT = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "perturb_{0}"
version = "1.0"
"""


def files(capture: str) -> dict[str, bytes]:
    """What the sdist of one capture holds, by name."""
    return {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: perturb_{capture}\nVersion: 1.0\n".encode(),
        "axis.txt": capture.encode(),
        "backend.py": (_PARTS / "backend.py").read_bytes(),
        "deep/deeper/file.txt": b"its directories have no members of their own in the archive\n",
        "captures.py": (_PARTS / "captures.py").read_bytes(),
        "pyproject.toml": _PYPROJECT.format(capture).encode(),
    }


def archive(capture: str, directory: Path) -> Path:
    """Writes ``perturb_<capture>-1.0.tar.gz``; gives its path."""
    return packed(f"perturb_{capture}-1.0", files(capture), directory)


def packed(stem: str, held: Mapping[str, bytes], directory: Path) -> Path:
    """Writes ``<stem>.tar.gz``, the same bytes for the same files; gives its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{stem}.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name, data in sorted(held.items()):
            member = tarfile.TarInfo(f"{stem}/{name}")
            member.size, member.mode, member.mtime = len(data), 0o644, 315532800
            tar.addfile(member, io.BytesIO(data))
    return path


def tree(capture: str, directory: Path, umask: int = 0o022) -> Path:
    """Writes the same files as a directory, like a checkout; gives its path."""
    path = directory / f"perturb_{capture}"
    shutil.rmtree(path, ignore_errors=True)
    before = os.umask(umask)
    try:
        for name, data in files(capture).items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
    finally:
        os.umask(before)
    directory.chmod(0o755)
    return path
