"""What stands before programs of a build, in <job>/bin, the first directory of its PATH.

Programs that run many jobs at once get guest/truewheel_tools.py before them. A compiler cache that
nobody asked for is stepped over: meson, and many a CMakeLists.txt, use one as soon as the machine
has it. Then a machine that has it would compile other text (what is preprocessed before) than one
that has not, and in locked mode builds would compile in a server that another build, or another
user, has started on a well-known port. Who wants one names it, in a variable or a config setting.
With namespaces the driver has hidden it (driver/inputs/compiler_caches.h).
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
# As a launcher (`ccache cc -c …`): the compiler alone. Asked for what it is: not a cache.
_STEPPED_OVER = """#!/bin/sh
case ${1:--} in
-*) echo "$(basename "$0"): not used: nobody asked truewheel for it" >&2; exit 1 ;;
esac
exec "$@"
"""

with open(_GUEST, encoding="utf-8") as _opened:  # now: a sandbox does not show our own files
    _SOURCE = _opened.read()


def stand_before(job: str, env: str, environ: dict[str, str], settings: Any = None) -> None:
    """Writes <job>/bin and puts it into PATH; for each program that the build would find.

    `settings` are the config settings of the build. Without a jobserver nothing stands before make.
    """
    directory, path = os.path.join(job, "bin"), environ.get("PATH", os.defpath)
    scripts = _for_jobs(job, env, directory, path)
    named = any("ccache" in text for text in (*environ.values(), str(settings)))
    if not named and not guards.is_off("compiler-caches"):
        scripts.update((name, _STEPPED_OVER) for name in _CACHES if shutil.which(name, path=path))
    if not scripts:
        return
    os.mkdir(directory, 0o755)
    _write(os.path.join(directory, _SCRIPT), _SOURCE, 0o644)
    for name, text in scripts.items():
        _write(os.path.join(directory, name), text, 0o755)
    environ["PATH"] = f"{directory}:{path}"


def _for_jobs(job: str, env: str, directory: str, path: str) -> dict[str, str]:
    """By name, what stands before make and ninja."""
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
