"""Hearts: counted in memory as they come, written and told twice a second."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import update

from livestream.engagement.events import ReactionCounted
from livestream.rooms.models import Room
from shop.core import channel, db
from shop.core.events import publish

TELL_SECONDS = 0.5
_waiting: Counter[str] = Counter()


def add(room_id: str, count: int) -> None:
    _waiting[room_id] += count


def tell_hearts() -> None:
    """One UPDATE and one message per room, however many people tapped."""
    for room_id in list(_waiting):
        added = _waiting.pop(room_id)
        with db.unit_of_work() as session:
            hearts = session.scalar(
                update(Room)
                .where(Room.id == room_id)
                .values(hearts=Room.hearts + added)
                .returning(Room.hearts)
                .execution_options(synchronize_session=False)
            )
            if hearts is not None:
                publish(session, ReactionCounted(room_id=room_id, hearts=hearts, added=added), to=channel.room(room_id))


def forget_all() -> None:
    """A fresh process (tests)."""
    _waiting.clear()
