"""WebSocket frames: every message survives every way of cutting its bytes; what breaks the protocol is named."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode

from shop.core.broadcast import frames
from shop.core.broadcast.frames import CloseCode, FrameError, FrameReader, Op

MAXIMUM = 32 * 1024
MASK = b"\x01\x02\x03\x04"
messages = st.lists(st.one_of(st.text(max_size=300), st.binary(max_size=300)), max_size=6)


def browser_frame(op: int, body: bytes, *, last: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    size = len(body)
    first = (0x80 if last else 0) | reserved | op
    mask_bit = 0x80 if masked else 0
    if size < 126:
        head = bytes((first, mask_bit | size))
    elif size < 65536:
        head = bytes((first, mask_bit | 126)) + struct.pack("!H", size)
    else:
        head = bytes((first, mask_bit | 127)) + struct.pack("!Q", size)
    return head + (MASK + frames.unmask(MASK, body) if masked else body)


def read(data: bytes, *, step: int | None = None) -> list[tuple[Op, str | bytes]]:
    reader, found = FrameReader(MAXIMUM), []
    for start in range(0, len(data), step or len(data) or 1):
        found += list(reader.feed(data[start : start + (step or len(data))]))
    return found


@given(messages, st.integers(1, 40))
def test_what_wsproto_writes_as_a_browser_is_read_in_any_pieces(said: list[str | bytes], step: int) -> None:
    peer = FrameProtocol(client=True, extensions=[])
    data = b"".join(peer.send_data(message, fin=True) for message in said)
    expected = [(Op.TEXT if isinstance(message, str) else Op.BINARY, message) for message in said]
    assert read(data, step=step) == expected


@given(st.one_of(st.text(max_size=70_000), st.binary(max_size=70_000)))
def test_what_is_written_is_read_by_wsproto(message: str | bytes) -> None:
    peer = FrameProtocol(client=True, extensions=[])
    peer.receive_bytes(frames.encode(message))
    got = list(peer.received_frames())
    assert got[0].opcode is (Opcode.TEXT if isinstance(message, str) else Opcode.BINARY)
    whole = [frame.payload for frame in got]
    assert "".join(map(str, whole)) == message if isinstance(message, str) else b"".join(map(bytes, whole)) == message


def test_the_close_frame_says_why() -> None:
    peer = FrameProtocol(client=True, extensions=[])
    peer.receive_bytes(frames.encode_close(CloseCode.TRY_AGAIN_LATER))
    (frame,) = peer.received_frames()
    assert frame.payload == (CloseReason.TRY_AGAIN_LATER, "")


@given(st.binary(min_size=4, max_size=4), st.binary(max_size=200))
def test_unmasking_is_the_byte_by_byte_rule(mask: bytes, body: bytes) -> None:
    assert frames.unmask(mask, body) == bytes(value ^ mask[at % 4] for at, value in enumerate(body))


def test_fragments_are_one_message_and_pings_may_lie_between() -> None:
    data = (
        browser_frame(Op.TEXT, "però".encode()[:-1], last=False)
        + browser_frame(Op.PING, b"hi")
        + browser_frame(Op.CONTINUATION, "però".encode()[-1:] + b"!")
    )
    for step in (1, 3, 1000):
        assert read(data, step=step) == [(Op.PING, b"hi"), (Op.TEXT, "però!")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (browser_frame(Op.TEXT, b"x", masked=False), CloseCode.PROTOCOL_ERROR),
        (browser_frame(Op.TEXT, b"x", reserved=0x40), CloseCode.PROTOCOL_ERROR),
        (browser_frame(0x3, b"x"), CloseCode.PROTOCOL_ERROR),
        (browser_frame(Op.CONTINUATION, b"x"), CloseCode.PROTOCOL_ERROR),
        (browser_frame(Op.TEXT, b"x", last=False) + browser_frame(Op.TEXT, b"y"), CloseCode.PROTOCOL_ERROR),
        (browser_frame(Op.PING, b"x" * 126), CloseCode.PROTOCOL_ERROR),
        (browser_frame(Op.PING, b"x", last=False), CloseCode.PROTOCOL_ERROR),
        (browser_frame(Op.TEXT, b"\xff"), CloseCode.NOT_TEXT),
        (browser_frame(Op.TEXT, b"\xed\xa0\x80"), CloseCode.NOT_TEXT),
    ],
    ids=["unmasked", "reserved", "opcode", "orphan", "nested", "long-ping", "cut-ping", "latin", "surrogate"],
)
def test_what_breaks_the_protocol_is_named(data: bytes, code: CloseCode) -> None:
    with pytest.raises(FrameError) as caught:
        read(data)
    assert caught.value.code is code


def test_too_big_is_refused_by_the_header_alone() -> None:
    reader = FrameReader(MAXIMUM)
    head = browser_frame(Op.TEXT, b"x" * (MAXIMUM + 1))[:8]
    with pytest.raises(FrameError) as caught:
        list(reader.feed(head))
    assert caught.value.code is CloseCode.TOO_BIG


def test_many_small_fragments_count_together() -> None:
    reader = FrameReader(100)
    list(reader.feed(browser_frame(Op.TEXT, b"x" * 60, last=False)))
    with pytest.raises(FrameError) as caught:
        list(reader.feed(browser_frame(Op.CONTINUATION, b"x" * 60)))
    assert caught.value.code is CloseCode.TOO_BIG


def test_a_handshake_is_answered_as_in_the_standard() -> None:
    environ = {"HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==", "HTTP_SEC_WEBSOCKET_VERSION": "13"}
    answer = frames.accept(environ)
    assert answer is not None
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer  # RFC 6455, section 1.3.
    for broken in (
        {"HTTP_SEC_WEBSOCKET_VERSION": "8"},
        {"HTTP_SEC_WEBSOCKET_KEY": "x"},
        {"HTTP_SEC_WEBSOCKET_KEY": ""},
    ):
        assert frames.accept({**environ, **broken}) is None
