"""WebSocket frames (RFC 6455) without I/O: what a server writes, and a reader of what browsers send.

Our own, because sharing one frame's bytes among all viewers of a room needs the bytes, and because a parser of both
directions with its handshake state costs each connection more memory than everything else we keep of it.
No extensions: permessage-deflate forbids sharing frames and costs a hundred kilobytes per connection.
"""

from __future__ import annotations

import base64
import codecs
import hashlib
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3.
CONTROL_MAXIMUM = 125  # Section 5.5.


class Op(IntEnum):
    """What a frame carries (section 5.2)."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class CloseCode(IntEnum):
    """Why a connection ends (section 7.4.1, and the registry that follows it)."""

    NORMAL = 1000
    PROTOCOL_ERROR = 1002
    NOT_TEXT = 1007
    TOO_BIG = 1009
    TRY_AGAIN_LATER = 1013


class FrameError(Exception):
    """The peer broke the protocol or a limit; `code` is what to close with."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.name)
        self.code = code


def encode(data: str | bytes, op: Op | None = None) -> bytes:
    """One unmasked, unfragmented frame. Text and binary tell themselves apart unless `op` says otherwise."""
    body = data.encode() if isinstance(data, str) else data
    first = 0x80 | (op if op is not None else Op.TEXT if isinstance(data, str) else Op.BINARY)
    size = len(body)
    if size < 126:
        return bytes((first, size)) + body
    if size < 65536:
        return bytes((first, 126, size >> 8, size & 255)) + body
    return bytes((first, 127)) + size.to_bytes(8, "big") + body


def encode_close(code: CloseCode) -> bytes:
    return encode(int(code).to_bytes(2, "big"), Op.CLOSE)


def accept(environ: Mapping[str, Any]) -> bytes | None:
    """The answer to an opening handshake (section 4.2); None when it is not one."""
    key = str(environ.get("HTTP_SEC_WEBSOCKET_KEY", ""))
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13" or not _is_key(key):
        return None
    proof = base64.b64encode(hashlib.sha1((key + GUID).encode(), usedforsecurity=False).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {proof}\r\n\r\n"
    ).encode()


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        return False


class FrameReader:
    """Turns a browser's bytes, in whatever pieces they come, into whole messages and control frames.

    A message over `maximum` bytes is refused by its header, before its body is read into memory.
    """

    __slots__ = ("_buffer", "_maximum", "_op", "_parts", "_size")

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._buffer = b""
        self._op: Op | None = None  # Of the message whose fragments are being collected.
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[tuple[Op, str | bytes]]:
        """What is complete now: text as str, binary and control frames as bytes. Raises FrameError."""
        self._buffer += data
        while (frame := self._take()) is not None:
            op, is_last, body = frame
            if op >= Op.CLOSE:
                yield op, body
            elif (message := self._collect(op, is_last, body)) is not None:
                yield message

    def _take(self) -> tuple[Op, bool, bytes] | None:
        """The next whole frame of the buffer, unmasked; None until more bytes come."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        op = self._op_of(buffer[0])
        size, start = buffer[1] & 0x7F, 2
        if op >= Op.CLOSE and (size > CONTROL_MAXIMUM or not buffer[0] & 0x80):
            raise FrameError(CloseCode.PROTOCOL_ERROR)
        if not buffer[1] & 0x80:  # Browsers must mask (section 5.1).
            raise FrameError(CloseCode.PROTOCOL_ERROR)
        if size > 125:
            width = 2 if size == 126 else 8
            if len(buffer) < 2 + width:
                return None
            size, start = int.from_bytes(buffer[2 : 2 + width], "big"), 2 + width
        if op < Op.CLOSE and self._size + size > self._maximum:
            raise FrameError(CloseCode.TOO_BIG)
        end = start + 4 + size
        if len(buffer) < end:
            return None
        self._buffer = buffer[end:]
        return op, bool(buffer[0] & 0x80), unmask(buffer[start : start + 4], buffer[start + 4 : end])

    @staticmethod
    def _op_of(first: int) -> Op:
        if first & 0x70:  # Reserved for extensions, of which there are none.
            raise FrameError(CloseCode.PROTOCOL_ERROR)
        try:
            return Op(first & 0x0F)
        except ValueError:
            raise FrameError(CloseCode.PROTOCOL_ERROR) from None

    def _collect(self, op: Op, is_last: bool, body: bytes) -> tuple[Op, str | bytes] | None:
        if (op is Op.CONTINUATION) != (self._op is not None):  # A fragment of nothing, or a message inside another.
            raise FrameError(CloseCode.PROTOCOL_ERROR)
        self._op = self._op if self._op is not None else op
        self._parts.append(body)
        self._size += len(body)
        if not is_last:
            return None
        whole, kind = b"".join(self._parts), self._op
        self._op, self._parts, self._size = None, [], 0
        return (kind, _as_text(whole)) if kind is Op.TEXT else (kind, whole)


def unmask(mask: bytes, body: bytes) -> bytes:
    """XOR with the repeated mask (section 5.3), as one big number: a byte at a time would stop every other greenlet."""
    size = len(body)
    stream = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(body, "little") ^ int.from_bytes(stream, "little")).to_bytes(size, "little")


def _as_text(body: bytes) -> str:
    try:
        return codecs.decode(body, "utf-8")
    except UnicodeDecodeError:
        raise FrameError(CloseCode.NOT_TEXT) from None
