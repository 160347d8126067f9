"""Puts guest/truewheel_tools.py before the programs of a build that run many jobs at once."""

from __future__ import annotations

import os
import shlex
import shutil

_GUEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest", "truewheel_tools.py")
_NAMES = ("make", "gmake", "ninja", "ninja-build", "samu")

with open(_GUEST, encoding="utf-8") as _opened:  # now: a sandbox does not show our own files
    _SOURCE = _opened.read()


def stand_before(job: str, env: str, environ: dict[str, str]) -> None:
    """Writes <job>/bin and puts it into PATH; for each program that the build would find.

    Without a jobserver, and where there is no such program, the build sees nothing of it.
    """
    fifo = os.path.join(job, "jobserver")
    found = {name: shutil.which(name, path=environ.get("PATH")) for name in _NAMES}
    if not os.path.exists(fifo) or not any(found.values()):
        return
    directory = os.path.join(job, "bin")
    os.mkdir(directory, 0o755)
    script = os.path.join(directory, "truewheel_tools.py")
    _write(script, _SOURCE, 0o644)
    python = os.path.join(env, "bin", "python")
    for name, real in found.items():
        if real:
            command = shlex.join([python, "-I", "-S", script, real, fifo])
            _write(os.path.join(directory, name), f'#!/bin/sh\nexec {command} "$@"\n', 0o755)
    environ["PATH"] = f"{directory}:{environ.get('PATH', os.defpath)}"


def _write(path: str, text: str, mode: int) -> None:
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, mode)
