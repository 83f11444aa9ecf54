"""What must hold between rooms, pins and live prices at any moment."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from livestream.pins.models import Pin
from livestream.rooms.models import Room, Stream, StreamState
from shop.catalog.models import LivePrice
from shop.core import clock
from shop.core.verify import invariant


@invariant("pins.only_in_live_rooms")
def only_in_live_rooms(session: Session) -> list[str]:
    """No pin outlives its show."""
    rows = session.scalars(
        select(Pin.id)
        .join(Room, Room.id == Pin.room_id)
        .join(Stream, Stream.id == Room.stream_id)
        .where(Pin.unpinned_at.is_(None), Stream.state != StreamState.LIVE)
    )
    return [f"pin {pin_id} is on top of a room that is not live" for pin_id in rows]


@invariant("pins.live_prices_have_their_pin")
def live_prices_have_their_pin(session: Session) -> list[str]:
    """A live price that a pin opened holds only while that pin is on top."""
    current = set(session.scalars(select(Pin.id).where(Pin.unpinned_at.is_(None), ~Pin.price_ended)))
    running = session.scalars(select(LivePrice.source_ref).where(LivePrice.ends_at > clock.now()).distinct())
    return [
        f"the live price of {ref} runs without its pin" for ref in running if ref[:4] == "pin_" and ref not in current
    ]
