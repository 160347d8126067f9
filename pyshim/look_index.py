"""Whether the indexes that pip would ask can be reached: one question to each, by pip's session.

What is asked for is the page of pip itself, which every mirror of PyPI has. An index that does not
know it has answered all the same.
"""

from __future__ import annotations

import os
from typing import Any

from pyshim import conflict, failure, resolve, seams
from pyshim.errors import one_line
from pyshim.kept import path_of
from pyshim.wire import Channel

_PAGE = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.2, text/html"

# Names of exceptions, pip's and those of its libraries, the most telling first.
_STATES = (
    ("certificate", ("SSLError", "SSLVerificationError", "CertificateError")),
    ("proxy", ("ProxyError", "ProxyConnectionError")),
    ("silent", ("Timeout", "ConnectionTimeoutError")),
)


def look(request: dict[str, Any], channel: Channel) -> int:
    """Does one `look-index` request."""
    os.chdir(request["cwd"])
    resolve.enter_prefix(request["prefix"])
    args = ["--retries", "0", *request["args"]]
    command = seams.wheel_command(args)
    options = seams.parse_finding(command, args)
    indexes = [] if options.no_index else [options.index_url, *options.extra_index_urls]
    seams.disable_prompts()
    with seams.session(command, options) as session:
        for url in indexes:
            _send(channel, url, *_ask(session, url))
    for link in options.find_links or []:
        if path := path_of(link):
            there = os.path.exists(path)
            _send(channel, link, "answers" if there else "wrong",
                  "a directory or file of this machine" if there else "there is no such file")
    channel.send({"t": "done"})
    return 0


def _send(channel: Channel, url: str, state: str, text: str) -> None:
    channel.send({"t": "index", "url": seams.redact(url), "state": state, "text": one_line(text)})


def _ask(session: Any, url: str) -> tuple[str, str]:
    if path := path_of(url):
        found = os.path.isdir(path)
        return ("answers", "a directory") if found else ("wrong", f"there is no '{path}'")
    try:
        page = url.rstrip("/") + "/pip/"
        with session.get(page, headers={"Accept": _PAGE}, stream=True) as response:
            return _judge(response.status_code, response.reason)
    except Exception as exc:  # pip's, those of its libraries, and those for a wrong URL
        return _state_of(exc), _message_of(exc)


def _message_of(error: Exception) -> str:
    said = failure.describe(error, [], conflict.Constraints("the constraint"))["message"]
    return str(said)


def _judge(status: int, reason: str) -> tuple[str, str]:
    if status in (401, 403):
        return "credentials", f"{status} {reason}"
    if status == 407:
        return "proxy", f"{status} {reason}"
    if status >= 500:
        return "unreachable", f"{status} {reason}"
    return "answers", f"{status} {reason}"


def _state_of(error: BaseException) -> str:
    names = set()
    seen: BaseException | None = error
    while seen is not None:
        names |= {kind.__name__ for kind in type(seen).__mro__}
        seen = seen.__cause__ or seen.__context__
    for state, telling in _STATES:
        if names & set(telling):
            return state
    return "wrong" if names & {"InvalidURL", "MissingSchema", "InvalidSchema"} else "unreachable"
