"""What the axes need compiled: the libraries to preload, a locale, a pip to compare with."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

_SOURCES = Path(__file__).resolve().parent.parent / "preload"


@functools.cache
def place() -> Path:
    """A directory that every user can read, for as long as this process lives."""
    directory = tempfile.TemporaryDirectory(prefix="perturb-", dir="/var/tmp")
    _held.append(directory)
    path = Path(directory.name)
    path.chmod(0o755)
    return path


_held: list[tempfile.TemporaryDirectory[str]] = []


@functools.cache
def preload(name: str) -> Path:
    """The library built from ``tests/preload/<name>.c``; for zlib, a real other one if named."""
    other = os.environ.get("PERTURB_ZLIB")
    if name == "perturb_zlib" and other:
        return Path(shutil.copy(other, place() / "libz-other.so"))
    library = place() / f"lib{name}.so"
    compiler = os.environ.get("CC", "cc")
    subprocess.run(
        [
            compiler,
            "-shared",
            "-fPIC",
            "-O1",
            "-D_GNU_SOURCE",
            "-o",
            str(library),
            str(_SOURCES / f"{name}.c"),
            "-ldl",
        ],
        check=True,
    )
    library.chmod(0o755)
    return library


@functools.cache
def locales() -> Path:
    """A LOCPATH that has et_EE.UTF-8, when this machine can make it."""
    directory = place() / "locales"
    directory.mkdir()
    if shutil.which("localedef"):
        subprocess.run(
            ["localedef", "-i", "et_EE", "-f", "UTF-8", str(directory / "et_EE.UTF-8")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    return directory


@functools.cache
def bundled_pip(python: str) -> Path | None:
    """The pip that came with an interpreter, unpacked into a directory, when it brings one."""
    found = subprocess.run(
        [python, "-I", "-c", _FIND_BUNDLED], stdout=subprocess.PIPE, text=True, check=False
    ).stdout.split()
    if not found:
        return None
    directory = place() / "bundled-pip"
    with zipfile.ZipFile(found[0]) as wheel:
        wheel.extractall(directory)
    return directory


_FIND_BUNDLED = """
import glob, os
try:
    import ensurepip
    places = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")]
except ImportError:
    places = []
for place in places + ["/usr/share/python-wheels"]:
    print("\\n".join(glob.glob(os.path.join(place, "pip-*.whl"))))
"""
