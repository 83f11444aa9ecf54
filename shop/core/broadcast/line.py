"""One browser's WebSocket: reads in its request's greenlet, writes ready-made frames without waiting.

The only private parts of python-engineio that Vetrina touches are in this module, and
`tests/contracts/test_engineio.py` fails when they change:
- the driver table `server._async`, whose `websocket` is replaced by `Line` (`install`);
- the Engine.IO socket behind the handler that a driver is given, and its `queue`, `schedule_ping`, `connected`,
  `upgraded`, `last_ping`: a line writes packets itself, in the order in which they are sent, so neither a writer
  greenlet nor a ping greenlet per browser is needed.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import structlog
from engineio import exceptions, packet

from shop.core import runtime
from shop.core.broadcast import frames
from shop.core.broadcast.frames import CloseCode, FrameError, FrameReader, Op

log = structlog.get_logger()

READ_BYTES = 4096
THIN_BYTES = 64 * 1024  # From here on a slow viewer is spared what passes (chat, hearts); state still comes.
KERNEL_BYTES = 128 * 1024  # The kernel would keep megabytes for a viewer asleep: old news, and memory.
LAST_WORDS = 5.0
DROP_BYTES = 1024 * 1024  # A viewer so far behind is let go; the page comes back and fetches what holds now.


class Line:
    """A connection as Engine.IO's driver: made per request, called as a WSGI app until the browser is gone."""

    __slots__ = ("__weakref__", "_backlog", "_closing", "_fd", "_flushing", "_sock", "_socket", "behind", "is_open")

    def __init__(self, handler: Callable[..., Any], _server: Any) -> None:
        self._socket: Any = handler.__self__  # type: ignore[attr-defined]  # the bound method of an Engine.IO socket
        self._sock: Any = None
        self._fd = -1
        self._backlog: deque[memoryview] = deque()
        self._flushing = self._closing = False
        self.behind = 0  # Bytes that wait for the browser to read.
        self.is_open = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = frames.accept(environ)
        if answer is None:
            start_response("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"This is a WebSocket address.\n"]
        self._open(environ["gunicorn.socket"], answer)
        try:
            self._read()
        finally:
            self._end()
        raise StopIteration  # Tells gunicorn that the connection was ours and is over.

    def _open(self, sock: Any, answer: bytes) -> None:
        sock.sendall(answer)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        self._sock, self._fd, self.is_open = sock, sock.fileno(), True
        waiting, self._socket.queue = self._socket.queue, DirectQueue(self)
        self._socket.connected = self._socket.upgraded = True
        self._socket.line = self
        self._socket.schedule_ping = self._await_ping
        while not waiting.empty():
            self.send_packet(waiting.get_nowait())

    def _end(self) -> None:
        self.is_open = False
        self._backlog.clear()
        engine = self._socket.server
        try:
            self._socket.close(wait=False, abort=True, reason=engine.reason.TRANSPORT_CLOSE)
        finally:
            self._socket.line = None
            engine.sockets.pop(self._socket.sid, None)

    # Reading.

    def _read(self) -> None:
        reader = FrameReader(self._socket.server.max_http_buffer_size)
        while self.is_open:
            try:
                data = self._sock.recv(READ_BYTES)
                if not data:
                    return
                for op, message in reader.feed(data):
                    self._receive(op, message)
            except FrameError as error:
                self.close(error.code)
                return
            except OSError:
                return

    def _receive(self, op: Op, message: str | bytes) -> None:
        if op is Op.PING:
            self.write(frames.encode(message, Op.PONG))
        elif op is Op.CLOSE:
            self.close(CloseCode.NORMAL)
        elif op is not Op.PONG and message:
            try:
                self._socket.receive(packet.Packet(encoded_packet=message))
            except exceptions.UnknownPacketError:
                return
            except exceptions.SocketIsClosedError:
                self.close(CloseCode.NORMAL)
            except (
                Exception
            ) as error:  # What is no packet of the protocol at all ends the connection, as in the stock driver.
                log.warning("socket spoke nonsense", reason=type(error).__name__)
                self.close(CloseCode.PROTOCOL_ERROR)

    # Writing.

    def send_packet(self, sent: packet.Packet) -> None:
        """An Engine.IO packet for this browser alone (answers, pings)."""
        self.write(frames.encode(sent.encode()))

    def write(self, frame: bytes) -> None:
        """Write now what the kernel takes and keep the rest. Never waits; a lost browser is noticed, not raised."""
        if not self.is_open:
            return
        if self._backlog:
            self._keep(memoryview(frame))
            return
        try:
            written = os.write(self._fd, frame)
        except BlockingIOError:
            written = 0
        except OSError:
            self.abort()
            return
        if written < len(frame):
            self._keep(memoryview(frame)[written:])  # A view: thousands of viewers can wait for the same bytes.

    def _keep(self, rest: memoryview) -> None:
        self._backlog.append(rest)
        self.behind += len(rest)
        if self.behind > DROP_BYTES and not self._closing:
            self._give_up()
        if not self._flushing:
            self._flushing = True
            runtime.spawn(self._flush)

    def _give_up(self) -> None:
        """Forget what waits, save the frame that is half written, and end with a code that says: come back."""
        half = self._backlog.popleft()
        self._backlog.clear()
        self._backlog.append(half)
        self.behind = len(half)
        log.info("viewer too slow", behind=DROP_BYTES)
        self.close(CloseCode.TRY_AGAIN_LATER)

    def _flush(self) -> None:
        try:
            while self._backlog and self.is_open:
                piece = self._backlog[0]
                self._sock.sendall(piece)
                if self._backlog and self._backlog[0] is piece:
                    self._backlog.popleft()
                    self.behind -= len(piece)
            if self._closing:
                self.abort()
        except OSError:
            self.abort()
        finally:
            self._flushing = False

    def close(self, code: CloseCode = CloseCode.NORMAL) -> None:
        """Say why, then hang up; what waits is written first, within `LAST_WORDS` seconds."""
        if not self.is_open or self._closing:
            return
        self._closing = True
        self.write(frames.encode_close(code))
        if self._backlog:
            runtime.spawn(self._abort_soon)
        else:
            self.abort()

    def _abort_soon(self) -> None:
        time.sleep(LAST_WORDS)
        self.abort()

    def abort(self) -> None:
        """Hang up; the greenlet that reads notices and cleans up."""
        self.is_open = False
        self._backlog.clear()
        self.behind = 0
        with suppress(OSError):  # It hung up first.
            self._sock.shutdown(socket.SHUT_RDWR)

    # Pings.

    def _await_ping(self) -> None:
        """Engine.IO calls this when the browser answered a ping."""
        if self._socket.last_ping:
            self._socket.last_ping = None
            WHEEL.add(self, time.monotonic() + self._socket.server.ping_interval)

    def ping(self) -> None:
        if self.is_open and not self._closing:
            self._socket.last_ping = time.time()
            self.send_packet(packet.Packet(packet.PING))


class DirectQueue:
    """Stands where Engine.IO keeps packets for its writer: a line writes them at once."""

    __slots__ = ("_line",)

    def __init__(self, line: Line) -> None:
        self._line = line

    def put(self, sent: packet.Packet | None) -> None:
        if sent is None:
            self._line.close()
        else:
            self._line.send_packet(sent)

    def join(self) -> None:
        """Nothing waits here."""


class PingWheel:
    """One greenlet that pings every line when it is due. All wait equally long, so the first in is the first out."""

    def __init__(self) -> None:
        self._due: deque[tuple[float, Line]] = deque()
        self._turning = False

    def add(self, line: Line, at: float) -> None:
        self._due.append((at, line))
        if not self._turning:
            self._turning = True
            runtime.spawn(self._turn)

    def _turn(self) -> None:
        try:
            while self._due:
                at, line = self._due.popleft()
                wait = at - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                line.ping()
        finally:
            self._turning = False


WHEEL = PingWheel()


def install(engine: Any) -> None:
    """Let this Engine.IO server speak WebSocket through `Line`."""
    engine._async = {**engine._async, "websocket": Line}
