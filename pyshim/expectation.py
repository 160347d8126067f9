"""Checks in the sandbox that a local source is there as it was outside.

A program that asks git for a version, and gets no answer or another one than it would get outside,
often goes on with some other version. So git is asked here first. A link to something that the
build does not see may be taken for nothing at all: a package is then missing from the wheel.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from typing import Any

from pyshim import git
from pyshim.errors import SourceError, one_line


def check(src: str, project: str, expect: dict[str, Any], environ: dict[str, str]) -> str:
    """Raises SourceError; returns a warning or "".

    `src` is R/<dir>/src, `project` the project's place in it.
    """
    for link in expect.get("links") or []:
        _check_link(src, str(link["path"]), str(link["target"]))
    if not expect.get("git"):
        return ""
    program = shutil.which("git", path=environ.get("PATH"))
    if program is None:
        return ("builds do not see the git on your PATH, so none of them reads a version from it:"
                " install git in /usr/bin, or show it with --bind and --env PATH=…")
    _check_git(program, project, expect["git"], environ)
    return ""


def _check_link(src: str, path: str, target: str) -> None:
    if os.path.exists(os.path.join(src, path)):
        return
    raise SourceError(f"its link '{path}' leads to '{target}', which builds do not see;"
                      f" --bind {target} shows it")


def _check_git(program: str, project: str, expect: dict[str, str], environ: dict[str, str]
               ) -> None:
    described = _ask(program, project, git.DESCRIBE, environ)
    status = hashlib.sha256(_ask(program, project, git.STATUS, environ)).hexdigest()
    if os.fsdecode(described).strip() != expect["describe"]:
        raise SourceError("git calls its commit another name in the sandbox than outside:"
                          f" '{os.fsdecode(described).strip()}', not '{expect['describe']}'")
    if status != expect["status"]:
        raise SourceError("git sees other changes to its files in the sandbox than outside")


def _ask(program: str, project: str, arguments: tuple[str, ...], environ: dict[str, str]) -> bytes:
    environ = {**environ, "GIT_OPTIONAL_LOCKS": "0"}
    done = subprocess.run([program, *arguments], cwd=project, env=environ, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        said = one_line(os.fsdecode(done.stderr), 300)
        raise SourceError(f"git fails in the sandbox, but not outside: {said}")
    return done.stdout
