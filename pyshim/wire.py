"""Frames of the engine protocol: a 4-byte little-endian length, then one JSON object.

Used on the channel to the driver, on the hooks socket of a build, and on the pipes to
guest/truewheel_hooks.py, which has its own implementation because it runs without this package.

A file's name may have bytes that are not UTF-8, which are lone surrogates here (PEP 383). In JSON
each such byte is one character of a private plane (driver/base/json.h says more), so that it comes
back as it was.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from typing import Any

MAX_FRAME = 16 << 20
MAX_HOOKS_FRAME = 8 << 20  # what the driver takes from the inside of a sandbox

_LENGTH = struct.Struct("<I")


_PRIVATE = range(0x10FF80, 0x110000)  # 0x10FF00 plus the byte
_SURROGATE = range(0xDC80, 0xDD00)  # 0xDC00 plus the byte
_TO_JSON: dict[int, str] = {code: chr(code + 0x10FF00 - 0xDC00) for code in _SURROGATE}
_TO_JSON.update((code, "".join(chr(0x10FF00 + byte) for byte in chr(code).encode()))
                for code in _PRIVATE)
_FROM_JSON = {code: code - 0x10FF00 + 0xDC00 for code in _PRIVATE}


class FrameTooLong(ValueError):
    """A frame that the other side would refuse."""


class ChannelClosed(Exception):
    """The other side is gone, so nothing can be reported any more."""


def dumps(value: object) -> str:
    """JSON for the driver. NUL and other surrogates, which its reader refuses, become "?"."""
    text = json.dumps(value, ensure_ascii=False)
    if "\\u0000" in text:
        text = json.dumps(_without_nul(value), ensure_ascii=False)
    return text.translate(_TO_JSON).encode("utf-8", "replace").decode("utf-8")


def loads(text: str) -> Any:
    if any(ord(char) in _FROM_JSON for char in set(text)):
        # Bytes that are UTF-8 together are characters again, as in the names that os gives.
        text = text.translate(_FROM_JSON)
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return json.loads(text)


def encode(frame: Mapping[str, object], most: int = MAX_FRAME) -> bytes:
    data = dumps(frame).encode("utf-8")
    if len(data) > most:
        raise FrameTooLong(f"a frame of {len(data)} bytes is too long")
    return _LENGTH.pack(len(data)) + data


def _without_nul(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\0", "?")
    if isinstance(value, Mapping):
        return {_without_nul(k): _without_nul(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nul(v) for v in value]
    return value


class Channel:
    """Sends and receives frames, of `most` bytes each. The descriptors stay the caller's."""

    def __init__(self, fd_in: int, fd_out: int | None = None, most: int = MAX_FRAME) -> None:
        self._most = most
        self._in = fd_in
        self._out = fd_in if fd_out is None else fd_out

    def send(self, frame: Mapping[str, object]) -> None:
        view = memoryview(encode(frame, self._most))
        try:
            while view:
                view = view[os.write(self._out, view):]
        except (BrokenPipeError, ConnectionResetError) as exc:
            raise ChannelClosed(str(exc)) from exc

    def receive(self) -> dict[str, Any] | None:
        """The next frame, or None when the other side closed between two frames."""
        head = self._read(_LENGTH.size, at_start=True)
        if head is None:
            return None
        (length,) = _LENGTH.unpack(head)
        if length > self._most:
            raise FrameTooLong(f"a frame of {length} bytes is too long")
        data = self._read(length)
        frame = loads((data or b"").decode("utf-8"))
        if not isinstance(frame, dict):
            raise ValueError("a frame is not an object")
        return frame

    def _read(self, count: int, at_start: bool = False) -> bytes | None:
        parts = bytearray()
        while len(parts) < count:
            try:
                part = os.read(self._in, count - len(parts))
            except ConnectionResetError as exc:
                raise ChannelClosed(str(exc)) from exc
            if not part:
                if at_start and not parts:
                    return None
                raise ChannelClosed("the connection ended inside a frame")
            parts += part
        return bytes(parts)
