"""Reads what a stranger wrote in a process of its own, which has limits and reaches nothing.

The resolver has the network, the user's credentials and no limits, and the archives that it looks
into come from anywhere. What reads them is a fork of it that has closed every descriptor but those
it was given and can open no more: neither files nor sockets. It ends at a limit of memory, of
processor time, and at a deadline. A fork takes milliseconds, because everything is imported before.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pyshim.errors import ShimError, SourceError

_MAX_ANSWER = 64 << 20


@dataclass(frozen=True)
class Limits:
    memory: int = 1 << 30  # bytes, beyond what the process has when it begins
    processor_s: int = 30
    deadline_s: int = 600  # for a machine that has other things to do

    def for_bytes(self, size: int) -> Limits:
        """As much more time as a large archive takes: bzip2 reads 5 MB of it in a second."""
        more = size // (4 << 20)
        return Limits(self.memory, self.processor_s + more, self.deadline_s + 10 * more)


def run(work: Callable[[], dict[str, Any]], fds: Sequence[int] = (), limits: Limits = Limits()
        ) -> dict[str, Any]:
    """The result of `work`, which may use the descriptors `fds` and open none.

    Raises SourceError when it did, or when it met a limit.
    """
    receive, send = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _run_child(work, [*fds, send], send, limits)
    os.close(send)
    data = b""
    try:
        data = _read_all(receive, time.monotonic() + limits.deadline_s)
    finally:
        os.close(receive)
        if not data:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return _answer(data, limits)


def _answer(data: bytes, limits: Limits) -> dict[str, Any]:
    if not data:  # killed; by the kernel, for its time, or by us
        raise SourceError(f"it cannot be read within {limits.processor_s} seconds of a processor"
                          f" and {limits.memory >> 20} MiB of memory")
    answer: dict[str, Any] = json.loads(data)
    if "refused" in answer:
        raise SourceError(answer["refused"])
    if "failed" in answer:
        print(answer["trace"], end="", flush=True)
        raise ShimError(answer["failed"])
    result: dict[str, Any] = answer["result"]
    return result


def _read_all(fd: int, deadline: float) -> bytes:
    """What the child has sent when it ends; nothing when it sends too much or is late."""
    data = bytearray()
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0 and len(data) <= _MAX_ANSWER:
        if poller.poll(left * 1000):
            part = os.read(fd, 1 << 16)
            if not part:
                return bytes(data)
            data += part
    return b""


def _run_child(work: Callable[[], dict[str, Any]], fds: Sequence[int], send: int, limits: Limits
               ) -> None:
    status = 1
    try:
        _confine(fds, limits)
        _write(send, _attempt(work, limits))
        status = 0
    finally:
        os._exit(status)


def _attempt(work: Callable[[], dict[str, Any]], limits: Limits) -> dict[str, Any]:
    try:
        return {"result": work()}
    except SourceError as exc:
        return {"refused": str(exc)}
    except MemoryError:
        return {"refused": f"it cannot be read within {limits.memory >> 20} MiB of memory"}
    except Exception as exc:
        return {"failed": f"{type(exc).__name__}: {exc}", "trace": traceback.format_exc()}


def _confine(fds: Sequence[int], limits: Limits) -> None:
    gc.disable()  # it would copy the parent's pages
    with contextlib.suppress(OSError):
        os.close(0)  # the caller's
    low = 3
    for fd in sorted(fds):
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    with open("/proc/self/statm", encoding="ascii") as opened:
        used = int(opened.read().split()[0]) * resource.getpagesize()
    for limit, value in (
        (resource.RLIMIT_AS, used + limits.memory), (resource.RLIMIT_CPU, limits.processor_s),
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (most, most))


def _write(fd: int, answer: dict[str, Any]) -> None:
    view = memoryview(json.dumps(answer).encode())
    while view:
        view = view[os.write(fd, view):]
