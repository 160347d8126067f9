"""Runs the build hooks of one source: started by pyshim.build with the build environment's Python.

    python truewheel_hooks.py REQUESTS-FD ANSWERS-FD

Standard library only, Python 3.8 and later. Frames as in docs/engine-protocol.md (4-byte
little-endian length, JSON). `load` imports the backend, once; each `hook` runs a
hook in a fork of this process, so a hook can leave nothing behind but files, as if it had a fresh
interpreter. The fork ends as an interpreter ends (atexit, non-daemon threads).

    {"op": "path"}                                 -> {"ok": true, "path": [sys.path]}
    {"op": "load", "backend", "backend_path"}      -> {"ok": true, "path": [sys.path]}
    {"op": "hook", "name", "args", "kwargs"}       -> {"ok": true, "missing": bool, "result"}
    either fails                                   -> {"ok": false, "message": "one line"}
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import struct
import sys
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# Names and requirement lists are short; a longer answer is a broken backend.
_MAX_ANSWER = 1 << 20


def _read_frame(fd: int) -> Any:
    head = _read(fd, 4)
    if not head:
        return None
    return json.loads(_read(fd, struct.unpack("<I", head)[0]).decode("utf-8"))


def _read(fd: int, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = os.read(fd, count - len(data))
        if not part:
            return b""
        data += part
    return bytes(data)


def _write_frame(fd: int, frame: Any) -> None:
    data = json.dumps(frame).encode("utf-8")
    view = memoryview(struct.pack("<I", len(data)) + data)
    while view:
        view = view[os.write(fd, view):]


def _message(exc: BaseException) -> str:
    if isinstance(exc, SystemExit):
        if isinstance(exc.code, str):
            return exc.code
        return "the backend called sys.exit(%r)" % (exc.code,)
    lines = traceback.format_exception_only(type(exc), exc)
    return lines[-1] if lines else type(exc).__name__


def _failed(exc: BaseException) -> dict[str, Any]:
    if not (isinstance(exc, SystemExit) and isinstance(exc.code, str)):
        traceback.print_exc()
    else:
        print(exc.code, file=sys.stderr)
    sys.stderr.flush()
    return {"ok": False, "message": " ".join(_message(exc).split())[:600]}


def _load(request: dict[str, Any]) -> Any:
    """Imports the backend. With a backend-path it must come from there (PEP 517)."""
    paths = [os.path.abspath(path) for path in request["backend_path"]]
    sys.path[:0] = paths
    name, _, attributes = request["backend"].partition(":")
    backend: Any
    try:
        backend = importlib.import_module(name)
    except ImportError as exc:
        traceback.print_exc()
        raise ImportError("cannot import build backend '%s': %s" % (name, exc))
    if paths and not any(_is_below(backend, path) for path in paths):
        raise ImportError("build backend '%s' was not loaded from its backend-path" % name)
    for attribute in filter(None, attributes.split(".")):
        backend = getattr(backend, attribute)
    return backend


def _is_below(module: Any, path: str) -> bool:
    found = getattr(module, "__file__", None)
    if found is None:
        return False
    return bool(os.path.realpath(found).startswith(os.path.realpath(path) + os.sep))


def _run_hook(backend: Any, request: dict[str, Any], answer_fd: int) -> None:
    """In the fork. The answer is written before the interpreter ends."""
    sys.argv[1:] = [request["name"]]
    try:
        hook = getattr(backend, request["name"], None)
        if hook is None:
            answer: Any = {"ok": True, "missing": True, "result": None}
        else:
            result = hook(*request["args"], **request["kwargs"])
            answer = {"ok": True, "missing": False, "result": result}
        size = len(json.dumps(answer))
        if size > _MAX_ANSWER:
            raise ValueError("%s returned %d bytes" % (request["name"], size))
    except BaseException as exc:  # noqa: B902 - whatever a backend raises is a result
        answer = _failed(exc)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    _write_frame(answer_fd, answer)
    os.close(answer_fd)


def _death(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = "signal %d" % number
        return "the backend was killed by %s" % name
    return "the backend ended the interpreter with status %d" % os.WEXITSTATUS(status)


def _serve(requests: int, answers: int) -> bool:
    """Until the requests end; True in a fork that has done its hook."""
    backend: Any = None
    answer: Any
    while True:
        request = _read_frame(requests)
        if request is None:
            return False
        if request["op"] == "path":
            _write_frame(answers, {"ok": True, "path": list(sys.path)})
            continue
        if request["op"] == "load":
            try:
                backend = _load(request)
                answer = {"ok": True, "path": list(sys.path)}
            except BaseException as exc:  # noqa: B902 - importing runs the backend's code
                answer = _failed(exc)
            _write_frame(answers, answer)
            continue
        receive, send = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            for fd in (requests, answers, receive):
                os.close(fd)
            _run_hook(backend, request, send)
            return True
        os.close(send)
        answer = _read_frame(receive)
        os.close(receive)
        _, status = os.waitpid(pid, 0)
        if answer is None:
            answer = {"ok": False, "message": _death(status)}
        _write_frame(answers, answer)


def _main() -> None:
    requests, answers = int(sys.argv[1]), int(sys.argv[2])
    for fd in (requests, answers):
        os.set_inheritable(fd, False)
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != here]
    sys.argv[1:] = []
    stdout: Any = sys.stdout
    stdout.reconfigure(line_buffering=True)
    _serve(requests, answers)


if __name__ == "__main__":
    _main()
