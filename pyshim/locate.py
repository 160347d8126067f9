"""Finding pip: the one that was named, or the interpreter's own."""

from __future__ import annotations

import glob
import importlib
import importlib.util
import os
import sys
import sysconfig

from pyshim.errors import ShimError


def find_pip(location: str) -> None:
    """Makes `import pip` work: from `location` (directory or wheel), or "" for any.

    Any means: a pip that the interpreter can import, else ensurepip's bundled wheel, else the
    wheel that Debian keeps for ensurepip. Raises ShimError with what was looked at.
    """
    if location:
        _use(location)
        return
    if importlib.util.find_spec("pip") is not None:
        return
    candidates = _site_directories() + _bundled_wheels()
    for candidate in candidates:
        if _holds_pip(candidate):
            sys.path.append(candidate)  # last: packages beside pip must shadow nothing
            importlib.invalidate_caches()
            return
    raise ShimError("no pip found for this interpreter: it has none installed and none bundled"
                    f" (looked at: {', '.join(candidates) or 'nothing'})")


def _holds_pip(location: str) -> bool:
    if os.path.isdir(location):
        return os.path.isfile(os.path.join(location, "pip", "__init__.py"))
    return os.path.isfile(location) and location.endswith(".whl")


def _use(location: str) -> None:
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
    """Where the interpreter keeps packages, also when it started without `site`."""
    found = [sysconfig.get_path("purelib")]
    major, minor = sys.version_info[:2]
    found.append(f"{sys.base_prefix}/lib/python{major}.{minor}/site-packages")
    found.append(f"{sys.base_prefix}/lib/python{major}/dist-packages")
    return [path for path in dict.fromkeys(found) if os.path.isdir(path)]


def _bundled_wheels() -> list[str]:
    stdlib = sysconfig.get_path("stdlib")
    wheels = sorted(glob.glob(os.path.join(stdlib, "ensurepip", "_bundled", "pip-*.whl")))
    return wheels + sorted(glob.glob("/usr/share/python-wheels/pip-*.whl"))
