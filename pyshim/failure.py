"""Turns pip's exceptions into `error` frames: a kind and one clear line.

Exception classes are recognised by name, because no pip has all of them.
"""

from __future__ import annotations

import re
import textwrap
import traceback
import urllib.parse
import urllib.request
from collections.abc import Sequence
from typing import Any

from pyshim import conflict, seams
from pyshim.conflict import Constraints
from pyshim.errors import ShimError, one_line

_KINDS = {
    "RequirementsFileParseError": "file",
    "CommandError": "usage",
    "InvalidEggFragment": "usage",
    "ConfigurationError": "usage",
    "ConfigurationFileCouldNotBeLoaded": "file",
    "DistributionNotFound": "not-found",
    "UnsupportedPythonVersion": "conflict",
    "ResolutionTooDeepError": "conflict",
    "HashErrors": "hash",
    "HashError": "hash",
    "NetworkConnectionError": "network",
    "ConnectionFailedError": "network",
    "ConnectionTimeoutError": "network",
    "SSLMissingError": "network",
    "SSLVerificationError": "network",
    "ProxyConnectionError": "network",
    "IncompleteDownloadError": "network",
    "InvalidURL": "file",
    "MissingSchema": "file",
    "InvalidSchema": "file",
    "LocationParseError": "file",
    "RequestException": "network",
    "HTTPError": "network",
    "MetadataInconsistent": "metadata",
    "MetadataInvalid": "metadata",
    "InvalidWheelFilename": "file",
    "UnsupportedWheel": "not-found",
    "InvalidWheel": "metadata",
}

_TEXTS = (
    (re.compile(r"^(Invalid requirement|Could not open (requirements|constraint) file"
                r"|.*is not a valid editable requirement|.*does not exist"
                r"|.*should either be a path|.*is not installable|File .* not found"
                r"|.*looks like a path)", re.I), "file"),
    (re.compile(r"HTTP error|connection|timed out|SSL", re.I), "network"),
)

_MOST_LINES = 60
_LOGIN = re.compile(r"://[^/@\s]+@")
_FROM_LINE = re.compile(r"\s*\(from line (\d+) of (.+?)\)")


def describe(exc: BaseException, output: Sequence[str], constraints: Constraints
             ) -> dict[str, Any]:
    """The fields kind, message, detail and, when it is known, id of an `error` frame.

    `output` is the output of the program that pip started last, which is git in most cases.
    """
    opposed = conflict.explain(exc, constraints)
    message, detail = _shape(opposed or _message(exc))
    if _is_of_program(exc):
        said = [_LOGIN.sub("://****@", line) for line in output if line.strip()]
        message = f"{exc}: {_reason(said)}" if said else str(exc)
        detail = "\n".join(said)[-8000:]
    kind = "conflict" if opposed else _kind(exc)
    frame: dict[str, Any] = {"kind": kind, "message": one_line(message),
                             "detail": detail or _detail(exc)}
    job_id = getattr(exc, "truewheel_id", None)
    if job_id is not None:
        frame["id"] = job_id
    return frame


def _shape(text: str) -> tuple[str, str]:
    """
    The first line, and the others as pip has written them: what a caret points at, the sides of a
    conflict, one requirement a line.
    """
    first, *more = text.strip("\n").split("\n")
    lines = [line.rstrip()[:500] for line in more[:_MOST_LINES]]
    if len(more) > _MOST_LINES:
        lines.append(f"… and {len(more) - _MOST_LINES} more lines")
    return first.rstrip(":") if lines else first, textwrap.dedent("\n".join(lines)).strip("\n")


def _kind(exc: BaseException) -> str:
    marked = getattr(exc, "truewheel_kind", None)
    if isinstance(marked, str):
        return marked
    if isinstance(exc, ShimError):
        return exc.kind
    if _file_url(exc):
        return "file"
    for cls in type(exc).__mro__:
        if cls.__name__ in _KINDS:
            return _KINDS[cls.__name__]
    if isinstance(exc, FileNotFoundError) or _undecodable(exc):
        return "file"
    text = str(exc)
    for pattern, kind in _TEXTS:
        if pattern.search(text):
            return kind
    return "other"


def is_about_url(exc: BaseException) -> bool:
    """Whether it says that a URL cannot be read, and not that something is wrong with pip."""
    if isinstance(exc, UnicodeEncodeError):  # a path of this machine, of which none can be made
        return False
    return not isinstance(exc, AssertionError) or "file: urls" in str(exc)


def _message(exc: BaseException) -> str:
    name = type(exc).__name__
    if isinstance(exc, ShimError):
        return str(exc)
    if name == "CommandError" and str(exc).startswith("You must give at least one requirement"):
        # pip's own message suggests a `pip` command.
        return "nothing to build: name a requirement, or a file with -r"
    if name == "HashErrors":
        errors = [_hash_message(error) for error in getattr(exc, "errors", [])]
        return errors[0] if len(errors) == 1 else "\n".join(
            [f"{len(errors)} requirements have another hash than they must, or none", *errors])
    if any(cls.__name__ == "HashError" for cls in type(exc).__mro__):
        return _hash_message(exc)
    if url := _file_url(exc):
        return f"cannot open '{url}': {_why_not_opened(url)}"
    if hasattr(exc, "message") and hasattr(exc, "context"):  # pip's diagnostic errors
        parts = [seams.plain(exc.message), seams.plain(exc.context or "")]
        return ". ".join(part.rstrip(".") for part in parts if part)
    if undecodable := _undecodable(exc):
        return f"{undecodable}: is neither UTF-8 nor in the encoding of the locale: {exc}"
    known = any(cls.__name__ in ("PipError", "OSError") for cls in type(exc).__mro__)
    text = str(exc) if known else f"{name}: {exc}"
    return _located(exc, text) + conflict.place_of_cause(exc)


def _file_url(exc: BaseException) -> str:
    """The file URL that could not be got, or "": pip asks for it as if a server had it."""
    url = str(getattr(getattr(exc, "response", None), "url", ""))
    return url if url[:5].lower() == "file:" else ""


def _why_not_opened(url: str) -> str:
    try:
        with open(urllib.request.url2pathname(urllib.parse.urlsplit(url).path), "rb"):
            return "it cannot be read"
    except OSError as exc:
        return str(exc.strerror)


def _located(exc: BaseException, text: str) -> str:
    """`text` behind "FILE:LINE: ", when the error is in a line of a requirements file."""
    match = _FROM_LINE.search(text)
    if match is not None:
        return f"{match[2]}:{match[1]}: {text.replace(match[0], '')}"
    walked = exc.__traceback__
    while walked is not None:
        frame = walked.tb_frame
        if frame.f_code.co_name == "_parse_file" and "line_number" in frame.f_locals:
            return f"{frame.f_locals.get('filename')}:{frame.f_locals['line_number']}: {text}"
        walked = walked.tb_next
    return text


def _is_of_program(exc: BaseException | None) -> bool:
    """Whether `exc` comes from a program that pip started and that failed."""
    seen: set[int] = set()
    while exc is not None and id(exc) not in seen:
        if any(cls.__name__ == "InstallationSubprocessError" for cls in type(exc).__mro__):
            return True
        seen.add(id(exc))
        exc = exc.__cause__ or exc.__context__
    return False


def _reason(said: Sequence[str]) -> str:
    """The lines that give the cause. The last ones need not: git adds advice behind it."""
    named = [line for line in said if line.startswith(("fatal:", "error:", "abort:"))]
    return "; ".join(named[:2] or said[-2:])


def _undecodable(exc: BaseException) -> str:
    """The requirements or constraints file that could not be decoded, or ""."""
    walked = exc.__traceback__ if isinstance(exc, UnicodeDecodeError) else None
    while walked is not None:
        frame = walked.tb_frame
        if frame.f_code.co_name == "get_file_content" and "url" in frame.f_locals:
            return str(frame.f_locals["url"])
        walked = walked.tb_next
    return ""


def _hash_message(exc: BaseException) -> str:
    subject = str(getattr(exc, "req", None) or "a requirement")
    allowed, gots = getattr(exc, "allowed", None), getattr(exc, "gots", None)
    if isinstance(allowed, dict) and isinstance(gots, dict):
        wanted = ", ".join(f"{alg} {digest}" for alg in sorted(allowed) for digest in allowed[alg])
        got = ", ".join(f"{alg} {gots[alg].hexdigest()}" for alg in sorted(gots))
        return f"hash mismatch for {subject}: expected {wanted}; got {got}"
    head = str(getattr(exc, "head", "")).rstrip(": ")
    body = getattr(exc, "body", None)
    detail = str(body()).strip() if callable(body) else ""
    if head and detail:
        return f"{head}:\n{detail}"
    return f"{head}: {subject}" if head else f"hash of {subject} cannot be checked"


def _detail(exc: BaseException) -> str:
    """What explains the message; of what nobody expected, the traceback."""
    if isinstance(exc, ShimError):
        return exc.detail
    known = any(cls.__name__ in ("PipError", "OSError") for cls in type(exc).__mro__)
    if known or _kind(exc) != "other":
        return ""
    return "".join(traceback.format_exception(type(exc), exc, exc.__traceback__))[-8000:]
