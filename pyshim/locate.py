"""Finds pip: the one that the user named, or one that comes with the interpreter."""

from __future__ import annotations

import glob
import importlib
import importlib.util
import os
import sys
import sysconfig

from pyshim.errors import ShimError


def find_pip(location: str) -> None:
    """Makes `import pip` work, with the pip of `location`, which is a directory or a wheel.

    For "" it is the pip that the interpreter can import, else one in its site directories, else
    ensurepip's wheel, else the wheel that Debian has for ensurepip. Raises ShimError, which names
    the places.
    """
    if location:
        _use_location(location)
        return
    if importlib.util.find_spec("pip") is not None:
        return
    candidates = _site_directories() + _bundled_wheels()
    for candidate in candidates:
        if _holds_pip(candidate):
            sys.path.append(candidate)  # last: the packages beside pip must not hide others
            importlib.invalidate_caches()
            return
    raise ShimError("no pip found for this interpreter: it has none installed and none bundled"
                    f" (looked at: {', '.join(candidates) or 'nothing'})")


def _holds_pip(location: str) -> bool:
    if os.path.isdir(location):
        return os.path.isfile(os.path.join(location, "pip", "__init__.py"))
    return os.path.isfile(location) and location.endswith(".whl")


def _use_location(location: str) -> None:
    if not os.path.exists(location):
        raise ShimError(f"pip was to be taken from '{location}', which does not exist")
    if not _holds_pip(location):
        raise ShimError(f"pip was to be taken from '{location}', which holds no pip")
    if location not in sys.path:
        sys.path.insert(0, os.path.abspath(location))
    importlib.invalidate_caches()
    if importlib.util.find_spec("pip") is None:
        raise ShimError(f"pip cannot be imported from '{location}'")


def _site_directories() -> list[str]:
    """The interpreter's directories for packages, which it may have started without."""
    found = [sysconfig.get_path("purelib")]
    major, minor = sys.version_info[:2]
    found.append(f"{sys.base_prefix}/lib/python{major}.{minor}/site-packages")
    found.append(f"{sys.base_prefix}/lib/python{major}/dist-packages")
    return [path for path in dict.fromkeys(found) if os.path.isdir(path)]


def _bundled_wheels() -> list[str]:
    stdlib = sysconfig.get_path("stdlib")
    wheels = sorted(glob.glob(os.path.join(stdlib, "ensurepip", "_bundled", "pip-*.whl")))
    return wheels + sorted(glob.glob("/usr/share/python-wheels/pip-*.whl"))
