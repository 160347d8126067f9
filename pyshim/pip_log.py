"""pip's log while it resolves: progress, warnings, and the reasons why it found nothing.

The log says more than pip's exceptions: only there it says that an extra does not exist, that a
version was yanked, and which versions were left out, and why.
"""

from __future__ import annotations

import collections
import logging
import re

from pyshim import seams
from pyshim.errors import one_line
from pyshim.wire import Channel

_PROGRESS = ("Collecting ", "Obtaining ", "Processing ", "Downloading ")
_FOUND = re.compile(
    r"Could not find a (final )?version that satisfies the requirement .* \(from versions: (.*)\)$")
_IGNORED = re.compile(r"Ignored the following (.+?): (.*)$")
_SHOWN = 8  # versions, the newest


class PipLog(logging.Handler):
    """Sends what the user has to see to the driver, and keeps what explains a failure."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(logging.INFO)
        self._channel = channel
        self._ignored: list[str] = []
        self._found: str | None = None
        self._only_final = False
        self._last = ""
        self.output: collections.deque[str] = collections.deque(maxlen=200)

    def emit(self, record: logging.LogRecord) -> None:
        text = one_line(_message(record), 100_000)
        if record.levelno >= logging.ERROR:
            self._last = text
            self._keep_explanation(text)
        elif record.levelno >= logging.WARNING:
            self._channel.send({"t": "warning", "text": text[:500]})
        elif record.name == "pip.subprocessor":
            self._keep_output(text)
        elif text.startswith(_PROGRESS):
            self._channel.send({"t": "phase", "text": text[:200]})

    def _keep_output(self, line: str) -> None:
        """Keeps the output of the program that pip started last."""
        if line.startswith("Running command "):
            self.output.clear()
        else:
            self.output.append(line)

    def _keep_explanation(self, text: str) -> None:
        if match := _IGNORED.match(text):
            self._ignored.append(f"ignored {match[1]}: {_newest(match[2], '; ')}")
        elif match := _FOUND.match(text):
            self._only_final = bool(match[1])
            self._found = match[2].strip()

    def last_error(self) -> str:
        """pip's last error message, for when it gives up without an exception."""
        return self._last

    def why_not_found(self, from_source: bool) -> str:
        """What to add to the message that nothing matches; "" when the log says no more."""
        parts = list(self._ignored)
        if self._found and self._found != "none":
            parts.append(f"versions: {_newest(self._found, ', ')}")
        elif self._found and from_source:
            parts.append("it has no sdist; --only-binary NAME takes a wheel")
        if self._only_final:
            parts.append("--only-final takes no pre-releases")
        return "; ".join(parts)


def _message(record: logging.LogRecord) -> str:
    message = record.getMessage()
    is_text = bool(record.args) and isinstance(record.args, tuple) and isinstance(
        record.args[0], str)
    if getattr(record, "markup", False) or getattr(record, "rich", False) and is_text:
        return seams.plain(message)
    return message


def _newest(listed: str, separator: str) -> str:
    """The last of a list of versions, which pip sorts from old to new."""
    items = listed.split(separator)
    more = ["…"] if len(items) > _SHOWN else []
    return separator.join([*more, *items[-_SHOWN:]])
