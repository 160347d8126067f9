"""What the engine calls. Every function catches everything, flushes and reports one final frame.

`find_pip` and `preload` run in the engine itself, once; they raise ShimError with one line.
`resolve`, `install` and `build` run in freshly forked children and return an exit status.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

from pyshim.errors import ShimError, one_line
from pyshim.wire import Channel, ChannelClosed


def find_pip(location: str) -> None:
    """Puts pip in sys.path: from a directory or wheel, or for "" wherever one is found."""
    from pyshim import locate

    locate.find_pip(location)


def preload() -> dict[str, Any]:
    """Imports what jobs need; the fields of the greeting."""
    from pyshim import greeting

    return greeting.preload()


def resolve(request: dict[str, Any], channel_fd: int) -> int:
    """pip's resolver, speaking on the channel."""
    from pyshim import resolve as job

    return _guarded(job.resolve, request, channel_fd, {"kind": "other", "detail": ""})


def install(request: dict[str, Any], channel_fd: int) -> int:
    """Fills one build environment."""
    from pyshim import install as job

    return _guarded(job.install, request, channel_fd, {})


def fetch(request: dict[str, Any], hooks_fd: int) -> int:
    """Before `build`, in the same sandbox but with the network: what its lock files name."""
    from pyshim import build as job

    return _guarded(job.fetch, request, hooks_fd, {"kind": "other", "phase": "fetch"})


def build(request: dict[str, Any], hooks_fd: int) -> int:
    """One source through its hooks, inside of its sandbox."""
    from pyshim import build as job

    return _guarded(job.build, request, hooks_fd, {"kind": "other", "phase": "unpack"})


def _guarded(job: Callable[[dict[str, Any], Channel], int], request: dict[str, Any], fd: int,
             fields: dict[str, Any]) -> int:
    channel = Channel(fd)
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
        pass  # nobody is left to hear it
    return 1


def _write_by_line() -> None:
    """The output is a log that somebody follows, and that a kill must not cut short.

    New streams: the engine's were made for what its descriptors were then, perhaps a file.
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
            pass  # the reader of the output is gone; the frame has been sent
