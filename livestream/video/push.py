"""Sends a film through the real ingest, over and over, in real time: `python -m livestream.video.push FILE --url ws://…`.

The demo's streams and tests use it where a person would use a camera. H.264 and AAC are copied, never encoded;
timestamps go on over the loop, so viewers see one endless stream.
"""

from __future__ import annotations

import argparse
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import structlog
import websocket
from av.packet import Packet

log = structlog.get_logger()

FRAGMENT_MICROSECONDS = 200_000
CONNECT_SECONDS = 5
WAITS = (0.5, 1.0, 2.0, 4.0, 5.0)
FINAL_STATUSES = {410: 4410, 413: 4413}  # The same said at the door.
FINAL_CODES = frozenset({4403, 4409, 4410, 4413, 4415})


class PushEnded(Exception):
    """The live process wants no more of this film; `code` is its close code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the live process closed with {code}")
        self.code = code


def push_film(
    path: Path | str, ingest_url: str | Callable[[], str], stop: threading.Event, *, loops: int = 0, speed: float = 1.0
) -> None:
    """Push until `stop` is set or `loops` are done (0: for ever).

    `ingest_url` is an absolute ws:// address, or a function that gets a fresh one: a token starts one session only,
    so only with a function is a lost connection taken up again. Raises PushEnded, and OSError when the film or the
    only address cannot be used.
    """
    fresh = ingest_url if callable(ingest_url) else None
    tries = 0
    while not stop.is_set():
        began = time.monotonic()
        try:
            _push_once(Path(path), ingest_url() if callable(ingest_url) else ingest_url, stop, loops=loops, speed=speed)
            return
        except websocket.WebSocketBadStatusException as problem:
            if problem.status_code in FINAL_STATUSES:
                raise PushEnded(FINAL_STATUSES[problem.status_code]) from None
            if fresh is None:
                raise ConnectionError(f"the ingest answered {problem.status_code}") from problem
            tries += 1
        except (websocket.WebSocketException, ConnectionError, TimeoutError) as problem:
            if fresh is None:
                raise ConnectionError(f"the ingest is gone: {type(problem).__name__}") from problem
            tries = 0 if time.monotonic() - began > WAITS[-1] else tries + 1
            log.info("film lost its connection", film=Path(path).name, reason=type(problem).__name__)
        stop.wait(WAITS[min(tries, len(WAITS) - 1)])


def packets_for_ever(path: Path, *, loops: int = 0) -> Iterator[tuple[Packet[Any], Fraction, str]]:
    """(packet, seconds since the first loop began, "video" or "audio") in decoding order; times go on over the loops."""
    offset = Fraction(0)
    done = 0
    while loops == 0 or done < loops:
        with av.open(str(path)) as film:
            length = _length(film)
            for packet in film.demux():
                kind = packet.stream.type
                if packet.dts is None or packet.pts is None or kind not in {"video", "audio"}:
                    continue
                at = packet.dts * Fraction(packet.time_base)
                if kind == "audio" and not 0 <= at < length:
                    continue  # What the encoder put before or after the film would overlap with the next loop.
                shift = int(offset / Fraction(packet.time_base))
                packet.dts, packet.pts = packet.dts + shift, packet.pts + shift
                yield packet, at + offset, kind
        offset += length
        done += 1


class _Sink:
    """What the muxer writes becomes binary messages."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self._socket = socket
        self.is_shut = False

    def write(self, data: bytes) -> int:
        if not self.is_shut:
            self._socket.send_binary(bytes(data))
        return len(data)


def _push_once(path: Path, url: str, stop: threading.Event, *, loops: int, speed: float) -> None:
    joint = "&" if "?" in url else "?"
    socket = websocket.create_connection(f"{url}{joint}container=mp4", timeout=CONNECT_SECONDS)
    try:
        _send(path, socket, stop, loops=loops, speed=speed)
        socket.send("stop")
    except (websocket.WebSocketException, OSError):
        code = _close_code(socket)
        if code in FINAL_CODES:
            raise PushEnded(code) from None
        raise
    finally:
        socket.close(timeout=1)


def _send(path: Path, socket: websocket.WebSocket, stop: threading.Event, *, loops: int, speed: float) -> None:
    options = {
        "movflags": "empty_moov+default_base_moof",
        "frag_duration": str(FRAGMENT_MICROSECONDS),
        "flush_packets": "1",
    }
    sink = _Sink(socket)
    with av.open(str(path)) as film, av.open(sink, "w", format="mp4", options=options) as muxer:
        outputs: dict[str, Any] = {
            stream.type: muxer.add_stream_from_template(stream)
            for stream in film.streams
            if stream.type in {"video", "audio"}
        }
        began = time.monotonic()
        for packet, at, kind in packets_for_ever(path, loops=loops):
            if stop.wait(max(0.0, began + float(at) / speed - time.monotonic())):
                return
            try:
                _check_open(socket)
            except (PushEnded, websocket.WebSocketException):
                sink.is_shut = True  # The muxer writes once more when it is closed; that must not hide the reason.
                raise
            packet.stream = outputs[kind]
            muxer.mux(packet)


def _check_open(socket: websocket.WebSocket) -> None:
    """Notice a close frame without waiting for one; answer pings."""
    while socket.sock is not None and select.select([socket.sock], [], [], 0)[0]:
        opcode, data = socket.recv_data(control_frame=True)
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            code = int.from_bytes(data[:2], "big")
            if code in FINAL_CODES:
                raise PushEnded(code)
            raise websocket.WebSocketConnectionClosedException


def _close_code(socket: websocket.WebSocket) -> int:
    """The code the server said when it closed, 0 when it said none."""
    try:
        socket.settimeout(1)
        while True:
            opcode, data = socket.recv_data(control_frame=True)
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big")
    except (websocket.WebSocketException, OSError):
        return 0


def _length(film: Any) -> Fraction:
    """Of the pictures; sound is fitted to it."""
    video = film.streams.video[0]
    if video.duration:
        return Fraction(video.duration) * Fraction(video.time_base)
    return Fraction(film.duration, 1_000_000)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m livestream.video.push", description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("--url", required=True, help="absolute ws:// or wss:// address of an ingest grant")
    parser.add_argument("--loops", type=int, default=0, help="how often; 0: for ever")
    options = parser.parse_args()
    if not options.film.is_file():
        parser.error(f"there is no file {options.film}")
    try:
        push_film(options.film, options.url, threading.Event(), loops=options.loops)
    except KeyboardInterrupt:
        return 0
    except (PushEnded, OSError, websocket.WebSocketException) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
