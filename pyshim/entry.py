"""The functions that the engine calls.

`find_pip` and `preload` run once, in the engine itself; they raise ShimError with a message of one
line. The others run in freshly forked children and return an exit status: they catch everything,
send it as an `error` frame, and flush the output.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

from pyshim.errors import ShimError, one_line
from pyshim.wire import MAX_FRAME, MAX_HOOKS_FRAME, Channel, ChannelClosed


def find_pip(location: str) -> None:
    """Makes pip importable, from this directory or wheel; "" means that one is looked for."""
    from pyshim import locate

    locate.find_pip(location)


def preload() -> dict[str, Any]:
    """Imports what jobs need; returns the fields of the greeting."""
    from pyshim import greeting

    return greeting.preload()


def resolve(request: dict[str, Any], channel_fd: int) -> int:
    """Runs pip's resolver."""
    from pyshim import resolve as job

    return _run_job(job.resolve, request, channel_fd, {"kind": "other", "detail": ""})


def install(request: dict[str, Any], channel_fd: int) -> int:
    """Fills one build environment."""
    from pyshim import install as job

    return _run_job(job.install, request, channel_fd, {})


def lock_write(request: dict[str, Any], channel_fd: int) -> int:
    """Makes the text of lock files."""
    from pyshim import locks as job

    return _run_job(job.write, request, channel_fd, {})


def lock_fetch(request: dict[str, Any], channel_fd: int) -> int:
    """Fetches what a lock file names."""
    from pyshim import lock_fetch as job

    return _run_job(job.fetch, request, channel_fd, {})


def look_index(request: dict[str, Any], channel_fd: int) -> int:
    """Asks every index that pip's configuration names."""
    from pyshim import look_index as job

    return _run_job(job.look, request, channel_fd, {})


def published_list(request: dict[str, Any], channel_fd: int) -> int:
    """Reads for which requirements somebody asks what is published."""
    from pyshim import published as job

    return _run_job(job.list_asked, request, channel_fd, {"kind": "other"})


def published_fetch(request: dict[str, Any], channel_fd: int) -> int:
    """Fetches what is published of a project."""
    from pyshim import published as job

    return _run_job(job.fetch, request, channel_fd, {"kind": "other"})


def settings(request: dict[str, Any], channel_fd: int) -> int:
    """Reads a settings file."""
    from pyshim import settings_file as job

    return _run_job(job.job, request, channel_fd, {"kind": "usage"})


def settings_check(request: dict[str, Any], channel_fd: int) -> int:
    """Finds what a settings file would apply to."""
    from pyshim import settings_check as job

    return _run_job(job.check, request, channel_fd, {"kind": "usage"})


def fetch(request: dict[str, Any], hooks_fd: int) -> int:
    """Fetches a source's crates: before `build`, in its sandbox, but with the network."""
    from pyshim import build as job

    fields = {"kind": "other", "phase": "fetch"}
    return _run_job(job.fetch, request, hooks_fd, fields, MAX_HOOKS_FRAME)


def build(request: dict[str, Any], hooks_fd: int) -> int:
    """Runs the hooks of one source, in its sandbox."""
    from pyshim import build as job

    fields = {"kind": "other", "phase": "unpack"}
    return _run_job(job.build, request, hooks_fd, fields, MAX_HOOKS_FRAME)


def _run_job(job: Callable[[dict[str, Any], Channel], int], request: dict[str, Any], fd: int,
             fields: dict[str, Any], most: int = MAX_FRAME) -> int:
    channel = Channel(fd, most=most)
    _write_by_line()
    try:
        return job(request, channel)
    except ChannelClosed:
        return 1
    except (Exception, SystemExit, KeyboardInterrupt) as exc:
        if not isinstance(exc, ShimError):
            traceback.print_exc()
        said = str(exc) if isinstance(exc, ShimError) else f"{type(exc).__name__}: {exc}"
        return _report(channel, {"t": "error", **fields, "message": one_line(said)})
    finally:
        _flush()


def _report(channel: Channel, frame: dict[str, Any]) -> int:
    try:
        channel.send(frame)
    except ChannelClosed:
        pass  # the driver is gone
    return 1


def _write_by_line() -> None:
    """Makes stdout and stderr anew, so that the log has every line even when this is killed.

    The engine's own streams are for the descriptors that it had when it started.
    """
    for name, fd in (("stdout", 1), ("stderr", 2)):
        stream = open(fd, "w", buffering=1, encoding="utf-8", errors="backslashreplace",
                      closefd=False)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            pass  # nobody reads the output any more; the frame has been sent
