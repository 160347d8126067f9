"""Wrappers for some programs of a build, in <job>/bin, the first directory of its PATH.

make and ninja get guest/truewheel_tools.py, through which builds share the processors. ccache and
sccache get a script that runs the compiler without them, unless the user named one in a variable or
a config setting. meson and many a CMakeLists.txt use a cache as soon as the machine has one. It
would compile preprocessed text, which gives other bytes than on a machine without it; and in locked
mode sccache's server may have been started by another build or another user. With namespaces the
driver hides the caches instead (driver/inputs/compiler_caches.h).
"""

from __future__ import annotations

import os
import shlex
import shutil
from typing import Any

from pyshim import guards

_SCRIPT = "truewheel_tools.py"
_GUEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest", _SCRIPT)
_NAMES = ("make", "gmake", "ninja", "ninja-build", "samu")
_CACHES = ("ccache", "sccache")
# `ccache cc -c …` runs cc. `ccache --version`, by which builds look for a cache, fails.
_SKIPPED_CACHE = """#!/bin/sh
case ${1:--} in
-*) echo "$(basename "$0"): not used: nobody asked truewheel for it" >&2; exit 1 ;;
esac
exec "$@"
"""

with open(_GUEST, encoding="utf-8") as _opened:  # read here: the file cannot be seen in a sandbox
    _SOURCE = _opened.read()


def write_wrappers(job: str, env: str, environ: dict[str, str], settings: Any = None) -> None:
    """Writes <job>/bin and puts it first in PATH. Only programs that are on PATH get wrappers.

    `settings` are the config settings of the build. Without a jobserver make and ninja get none.
    """
    directory, path = os.path.join(job, "bin"), environ.get("PATH", os.defpath)
    scripts = _job_wrappers(job, env, directory, path)
    named = any("ccache" in text for text in (*environ.values(), str(settings)))
    if not named and not guards.is_off("compiler-caches"):
        scripts.update((name, _SKIPPED_CACHE) for name in _CACHES if shutil.which(name, path=path))
    if not scripts:
        return
    os.mkdir(directory, 0o755)
    _write(os.path.join(directory, _SCRIPT), _SOURCE, 0o644)
    for name, text in scripts.items():
        _write(os.path.join(directory, name), text, 0o755)
    environ["PATH"] = f"{directory}:{path}"


def _job_wrappers(job: str, env: str, directory: str, path: str) -> dict[str, str]:
    """The wrappers of make and ninja, by name."""
    fifo = os.path.join(job, "jobserver")
    if not os.path.exists(fifo):
        return {}
    start = [os.path.join(env, "bin", "python"), "-I", "-S", os.path.join(directory, _SCRIPT)]
    found = {name: shutil.which(name, path=path) for name in _NAMES}
    return {name: f'#!/bin/sh\nexec {shlex.join([*start, real, fifo])} "$@"\n'
            for name, real in found.items() if real}


def _write(path: str, text: str, mode: int) -> None:
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, mode)
