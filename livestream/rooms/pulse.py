"""The heartbeat of the web process: batches what would be too much to tell or write one by one.

It runs only while somebody is in a room. Features add beats in `register`; a beat that fails is logged and the others
go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from livestream.rooms import presence
from livestream.rooms.events import ViewersCounted
from livestream.rooms.models import Room, RoomVisit
from shop.core import channel, db, runtime
from shop.core.events import publish

log = structlog.get_logger()
STEP_SECONDS = 0.5
COUNT_SECONDS = 5.0


@dataclass
class Beat:
    """Call `function` every `seconds` while rooms have people."""

    seconds: float
    function: Callable[[], None]
    last: float = field(default=0.0)


BEATS: list[Beat] = []
_running = False
_guard = threading.Lock()
_told: dict[str, int] = {}


def every(seconds: float, function: Callable[[], None]) -> None:
    """Add a beat; adding it twice is once."""
    if all(beat.function is not function for beat in BEATS):
        BEATS.append(Beat(seconds, function))


def start(app: Flask) -> None:
    """Begin to beat unless it does already. Tests call the beats themselves."""
    global _running
    if app.config["TESTING"] and not app.config.get("PULSE_IN_TESTS"):
        return
    with _guard:
        if _running:
            return
        _running = True
    runtime.spawn(_run, app)


def _run(app: Flask) -> None:
    while _has_reason():
        with app.app_context():
            beat_once(time.monotonic())
        time.sleep(STEP_SECONDS)


def _has_reason() -> bool:
    """Stop when nobody is left; asked under the guard so that somebody who enters just then starts a new one."""
    global _running
    with _guard:
        _running = presence.is_busy()
        return _running


def beat_once(now: float) -> None:
    for beat in BEATS:
        if now - beat.last >= beat.seconds:
            beat.last = now
            try:
                beat.function()
            except Exception:
                log.exception("beat failed", beat=beat.function.__qualname__)


def count_viewers() -> None:
    """Write and tell the number of people of each room, if it changed; note who came for the first time."""
    for room_id in presence.rooms():
        people, visitors = presence.count(room_id), presence.take_new_visitors(room_id)
        if visitors:
            write_visits(room_id, visitors)
        if _told.get(room_id) != people:
            _tell(room_id, people)
        if people == 0:
            _told.pop(room_id, None)
            presence.forget(room_id)


def _tell(room_id: str, people: int) -> None:
    with db.unit_of_work() as session:
        room = session.scalar(select(Room).where(Room.id == room_id).with_for_update())
        if room is None:
            return
        room.viewers = people
        room.viewers_peak = max(room.viewers_peak, people)
        publish(session, ViewersCounted(room_id=room_id, count=people), to=channel.room(room_id))
    _told[room_id] = people


def write_visits(room_id: str, keys: set[str]) -> None:
    """Remember visitors; those who were here before are there already."""
    with db.unit_of_work() as session:
        known = set(
            session.scalars(
                select(RoomVisit.viewer_key).where(RoomVisit.room_id == room_id, RoomVisit.viewer_key.in_(keys))
            )
        )
        for key in sorted(keys - known):
            try:
                with session.begin_nested():
                    session.add(RoomVisit(room_id=room_id, viewer_key=key))
            except IntegrityError:
                # Another process wrote the same visitor a moment ago: the row is there, which is all we want.
                log.debug("visitor was known", room_id=room_id)
