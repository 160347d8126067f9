"""What a build is told of the clock, of the times of files and of chance.

libtruewheel-guest.so (driver/preload) answers for them in every program of a build. It lies in the
job's directory `guest`, with the files through which it knows what to answer:

    world    what is settled, and the time with which the clock starts
    tickets  counts the programs that have asked
    notes    what was told to this build alone

The guest library's own headers say what it does.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import Any

from pyshim import guards, tree

LIBRARY = "libtruewheel-guest.so"
DIRECTORY = "guest"
_TICKETS = 4096 * 4  # driver/preload/tickets.h
_NOTES_LIMIT = 64 << 10
_DAYS = 1 << 20  # a power of two, as the guest library wants it; twelve days
_PATIENCE = 60  # seconds after which a process that asks again and again gets real time
_LATEST = 4102444800  # 2100: a zip cannot hold dates that are much later


def _read_library() -> bytes:
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        with open(os.path.join(here, LIBRARY), "rb") as opened:
            return opened.read()
    except FileNotFoundError:
        return b""


_BYTES = _read_library()  # read here: the file cannot be seen in a sandbox


def digest() -> str:
    """The sha256 of the library; "" when this engine has none."""
    return hashlib.sha256(_BYTES).hexdigest() if _BYTES else ""


def newest(root: str) -> int:
    """The time of the newest file below `root`, in whole seconds, rounded up."""
    found = 0
    pending = [root]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                found = max(found, -(-entry.stat(follow_symlinks=False).st_mtime_ns // 10**9))
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
    return found


def base_and_range(root: str, is_archive: bool, environ: dict[str, str]) -> tuple[int, int]:
    """What the clock starts with, and how long before it times of files are shown as earlier.

    It is SOURCE_DATE_EPOCH or, if that is later, the second behind an archive's newest file:
    programs compare the times of files with the clock. The files of a directory have the times of
    its checkout, which are not to decide about bytes. They are shown in a range of some days before
    the clock, which begins where the first date of a zip is.
    """
    text = environ.get("SOURCE_DATE_EPOCH", "")
    asked = int(text) if re.fullmatch(r"[0-9]{1,11}", text) else 0
    span = 1 if is_archive else _DAYS
    earliest = (newest(root) if is_archive else tree.FIXED_TIME) + span
    return max(tree.FIXED_TIME + span, min(max(asked, earliest), _LATEST)), span


class World:
    """The world of one build, whose job directory is `job`.

    `settled`: it gets a clock and random numbers of its own. Otherwise the guest library only notes
    which it got. Without `guest` there is none.
    """

    def __init__(self, job: str, guest: bool, settled: bool) -> None:
        self._directory = os.path.join(job, DIRECTORY)
        self._can = guest and bool(_BYTES)
        self._settled = settled and self._can
        self._start = 0

    def enter(self, root: str, is_archive: bool, environ: dict[str, str]) -> None:
        """Makes the world, once the source lies in `root`, and names it in `environ`."""
        if not self._can:
            return
        os.makedirs(self._directory, 0o755)
        self._write(LIBRARY, _BYTES)
        self._write("tickets", bytes(_TICKETS))
        self._write("notes", b"")
        off = {"clock": guards.is_off("clock"), "files": guards.is_off("files"),
               "chance": guards.is_off("chance")}
        words = [word for word in off if self._settled and not off[word]]
        words += [] if "chance" in words else ["noted"]
        self._start, span = base_and_range(root, is_archive, environ)
        # Last: the library takes the time of this file for that of the build's start.
        self._write("world", (f"{' '.join(words)} base={self._start} range={span}"
                              f" patience={_PATIENCE}\n").encode())
        library = os.path.join(self._directory, LIBRARY)
        environ["LD_PRELOAD"] = " ".join(filter(None, [library, environ.get("LD_PRELOAD")]))
        # A sanitizer's runtime wants to come first in the list of libraries, and ends the program
        # otherwise.
        environ["ASAN_OPTIONS"] = ":".join(
            filter(None, ["verify_asan_link_order=0", environ.get("ASAN_OPTIONS")]))

    def _write(self, name: str, data: bytes) -> None:
        with open(os.path.join(self._directory, name), "xb") as out:
            out.write(data)

    def told(self) -> dict[str, Any]:
        """The frame `told` (docs/engine-protocol.md), after the build."""
        lines = self._notes()
        state = "real" if not self._settled else "ran" if "clock ran" in lines else "settled"
        chance = [line.partition(" ")[2] for line in lines
                  if re.fullmatch(r"chance ([0-9a-f]{2}){8,16}", line)]
        return {"t": "told", "clock": state, "start": self._start,
                "chance": sorted(set(chance))}

    def _notes(self) -> list[str]:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC  # it may be anything now
        try:
            opened = os.open(os.path.join(self._directory, "notes"), flags)
        except OSError:
            return []
        try:
            return os.read(opened, _NOTES_LIMIT).decode("ascii", "replace").splitlines()
        except OSError:
            return []
        finally:
            os.close(opened)
