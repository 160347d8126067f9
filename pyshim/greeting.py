"""The engine's greeting: what its interpreter is; and imports before the first fork, which make
forks cheap."""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import os
import sys
import sysconfig
import threading
import zlib
from typing import Any

from pyshim import seams, world
from pyshim.errors import ShimError

# The shim's own modules that children need.
_OWN = ("archive", "basis", "build", "confined", "conflict", "failure", "gate", "install",
        "installed", "kept", "patches", "project", "references", "requirement", "resolve",
        "settings", "settings_file", "settings_lines", "tree", "wire", "world")


def preload() -> dict[str, Any]:
    """Imports everything that jobs need; returns the fields of the greeting.

    Raises ShimError when this pip lacks a seam. Starts no thread: the engine only forks.
    """
    gc.disable()  # everything that is imported stays: there is no garbage to look for
    seams.import_all()
    for name in _OWN:
        importlib.import_module(f"pyshim.{name}")
    gc.freeze()  # a collection in a child would write to all these objects, and copy their pages
    gc.enable()
    if threading.active_count() != 1:
        raise ShimError("importing pip started a thread; the engine cannot fork then")
    include = sysconfig.get_path("include")
    return {
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        "executable": base_executable(),
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "pip": seams.pip_version(),
        "tag": _tag(),
        "version": sys.version,
        "config": _config_digest(),
        "shim": _shim_digest(),
        "guest": world.digest(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "include": include,
        "has_headers": os.path.isfile(os.path.join(include, "Python.h")),
        "paths": _paths(include),
        "named": _named(),
        "markers": seams.markers(),
    }


def base_executable() -> str:
    """The interpreter itself, where `sys.executable` is a venv's or a symlink."""
    base: str = getattr(sys, "_base_executable", "") or sys.executable
    return os.path.realpath(base)


def _tag() -> str:
    first = seams.first_tag()
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return f"{first.interpreter}-{first.abi}-{platform}"


def _config_digest() -> str:
    """A digest of the interpreter's build configuration, which has the flags of extensions."""
    variables = {str(key): str(value) for key, value in sysconfig.get_config_vars().items()
                 if key != "userbase"}  # which is the caller's home
    return hashlib.sha256(json.dumps(variables, sort_keys=True).encode()).hexdigest()


def _shim_digest() -> str:
    """A digest of pyshim's files, also of those that lie in build environments (guest/)."""
    root = os.path.dirname(os.path.abspath(__file__))
    digest = hashlib.sha256()
    for directory, names, files in os.walk(root):
        names.sort()
        for name in sorted(name for name in files if name.endswith(".py")):
            path = os.path.join(directory, name)
            with open(path, "rb") as opened:
                content = hashlib.sha256(opened.read()).hexdigest()
            digest.update(f"{content} {os.path.relpath(path, root)}\n".encode())
    return digest.hexdigest()


def _paths(include: str) -> list[str]:
    found = [
        sys.base_prefix,
        sys.base_exec_prefix,
        os.path.dirname(base_executable()),
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("platstdlib"),
        include,
        str(sysconfig.get_config_var("LIBDIR") or ""),
    ]
    real = [os.path.realpath(path) for path in found if path and os.path.isdir(path)]
    return list(dict.fromkeys(real))


# Of its build configuration: the programs and flags that build backends take from it.
_FLAGS = (
    "AR", "CC", "CFLAGS", "CPPFLAGS", "CXX", "LDCXXSHARED", "LDFLAGS", "LDSHARED", "LIBS", "OPT",
    "PY_CFLAGS", "PY_LDFLAGS")


def _named() -> list[str]:
    """Texts with paths that this interpreter, or a build for it, may need."""
    found = [str(sysconfig.get_config_var(name) or "") for name in _FLAGS]
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            mapped = {line.split(maxsplit=5)[5].strip() for line in maps if ".so" in line}
    except OSError:
        mapped = set()
    return [text for text in found if text] + sorted({os.path.dirname(path) for path in mapped})
