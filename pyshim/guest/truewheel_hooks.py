"""Runs the build hooks of one source, in the build environment's Python.

pyshim/build.py starts it:

    python truewheel_hooks.py REQUESTS-FD ANSWERS-FD

docs/engine-protocol.md describes requests and answers. `load` imports the backend, once. Each
`hook` runs in a fork of this process, and so leaves nothing behind but files, as if it had an
interpreter of its own. The fork ends as an interpreter does: atexit functions run, and non-daemon
threads are waited for.

Needs the standard library only, Python 3.8 or later.
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


# Hooks return names and lists of requirements; what is longer than this is no such thing.
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
    """Imports the backend, which must come from backend-path when there is one (PEP 517)."""
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
    """Runs in the fork. The answer is written before the interpreter ends, which may take long."""
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
    except BaseException as exc:  # noqa: B902 - whatever a backend raises is its answer
        answer = _failed(exc)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    _write_frame(answer_fd, answer)
    os.close(answer_fd)


def _describe_death(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = "signal %d" % number
        return "the backend was killed by %s" % name
    return "the backend ended the interpreter with status %d" % os.WEXITSTATUS(status)


def _serve(requests: int, answers: int) -> bool:
    """Answers requests until there are no more. Returns True in a fork that has run its hook."""
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
        try:
            answer = _read_frame(receive)
        except (ValueError, RecursionError) as exc:  # nested deeper than this interpreter reads
            answer = {"ok": False, "message": "%s returned what cannot be read: %s"
                      % (request["name"], exc)}
        os.close(receive)
        _, status = os.waitpid(pid, 0)
        if answer is None:
            answer = {"ok": False, "message": _describe_death(status)}
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
