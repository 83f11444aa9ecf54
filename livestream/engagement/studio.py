"""The studio's figures, told to open studios by the pulse."""

from __future__ import annotations

from livestream.engagement.queries import count_studio
from livestream.rooms import presence
from livestream.rooms.models import Room
from shop.core import channel, db, events
from shop.core.web import settings

COUNT_SECONDS = 1.5


def tell_crews() -> None:
    """Paid orders and unique viewers of every room with an open studio."""
    for room_id in presence.crewed_rooms():
        with db.reading() as session:
            room = session.get(Room, room_id)
            if room is None:
                continue
            figures = count_studio(session, room=room, currency=settings().default_currency)
        events.deliver(figures, (channel.crew(room_id),))
