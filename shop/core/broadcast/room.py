"""Fan-out: Socket.IO's manager, with one encoding per message and one write per viewer and tick.

Passing news of a live room (chat, hearts, counts) waits for the tick and leaves joined; state (pin, price, stock, end)
leaves at once, with what waits before it, so the order of a room is the order in which it was told. Everything else,
and what needs an answer or leaves somebody out, takes Socket.IO's own path after the room was emptied.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import socketio
import structlog
from engineio import packet as engine_packet
from socketio import packet

from shop.core import runtime
from shop.core.broadcast import frames
from shop.core.broadcast.line import THIN_BYTES, Line

log = structlog.get_logger()

SLICE = 256  # Viewers between two chances for everybody else.

Key = tuple[str, str]  # Namespace and channel.


class Waiting(NamedTuple):
    """One message of a room: its frame, and its packet for a connection that is no `Line`."""

    frame: bytes
    packet: str
    is_passing: bool


class RoomManager(socketio.Manager):  # type: ignore[misc]  # python-socketio ships no types
    """`tick` in seconds; `is_passing(event, channel)` says what may wait for it. 0: nothing waits."""

    def __init__(self, *, tick: float, is_passing: Callable[[str, str], bool]) -> None:
        super().__init__()
        self._tick = tick
        self._is_passing = is_passing
        self._waiting: dict[Key, list[Waiting]] = {}
        self._busy: set[Key] = set()
        self._ticking = False

    def emit(  # noqa: PLR0917  # the signature is Socket.IO's
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        **options: Any,
    ) -> None:
        """As Socket.IO's: to a room, to a list of rooms, to everybody."""
        room = to or room
        told = None if callback or skip_sid or not isinstance(room, str) else self._encode(event, data, namespace, room)
        if told is None:
            if isinstance(room, str):
                self.drain((namespace, room))
            super().emit(event, data, namespace, room=room, skip_sid=skip_sid, callback=callback, **options)
            return
        if room not in self.rooms.get(namespace, {}):
            return
        key = (namespace, room)
        self._waiting.setdefault(key, []).append(told)
        if told.is_passing and self._tick:
            self._start_ticking()
        else:
            self.drain(key)

    def _encode(self, event: str, data: Any, namespace: str, room: str) -> Waiting | None:
        """The message once for all; None when it holds bytes, which Socket.IO sends in several packets."""
        values = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        made = self.server.packet_class(packet.EVENT, namespace=namespace, data=[event, *values]).encode()
        if not isinstance(made, str):
            return None
        frame = frames.encode(f"{engine_packet.MESSAGE}{made}")
        return Waiting(frame=frame, packet=made, is_passing=self._is_passing(event, room))

    def enter_room(self, sid: str, namespace: str, room: Any, eio_sid: str | None = None) -> None:
        """Who comes in hears what is told from now on: what waited was for those who were here."""
        if isinstance(room, str):
            self.drain((namespace, room))
        super().enter_room(sid, namespace, room, eio_sid=eio_sid)

    def leave_room(self, sid: str, namespace: str, room: Any) -> None:
        """Who leaves heard what was told until now."""
        if isinstance(room, str):
            self.drain((namespace, room))
        super().leave_room(sid, namespace, room)

    # The tick.

    def _start_ticking(self) -> None:
        if not self._ticking:
            self._ticking = True
            runtime.spawn(self._beat)

    def _beat(self) -> None:
        """Ticks as long as something waits. Small rooms first: a big one must not make them late."""
        try:
            while self._waiting:
                time.sleep(self._tick)
                for key in sorted(self._waiting, key=self._size):
                    try:
                        self.drain(key)
                    except Exception:
                        log.exception("room not drained", channel=key[1])
        finally:
            self._ticking = False

    def _size(self, key: Key) -> int:
        return len(self.rooms.get(key[0], {}).get(key[1], ()))

    def drain(self, key: Key) -> None:
        """Write what waits for a room. One greenlet at a time per room: who finds it busy leaves the frames to it."""
        if key in self._busy or key not in self._waiting:
            return
        self._busy.add(key)
        try:
            while (told := self._waiting.pop(key, None)) is not None:
                self._fan_out(key, told)
        finally:
            self._busy.discard(key)

    def _fan_out(self, key: Key, told: list[Waiting]) -> None:
        everything = b"".join([one.frame for one in told])
        state = b"".join([one.frame for one in told if not one.is_passing])
        sockets = self.server.eio.sockets
        for count, (_sid, engine_sid) in enumerate(self.get_participants(*key), start=1):
            found = sockets.get(engine_sid)
            line: Line | None = getattr(found, "line", None)
            if line is not None:
                line.write(everything if line.behind <= THIN_BYTES else state)
            elif found is not None:
                for one in told:
                    self.server._send_eio_packet(engine_sid, engine_packet.Packet(engine_packet.MESSAGE, one.packet))
            if count % SLICE == 0:
                time.sleep(0)
