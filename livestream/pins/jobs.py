"""Live prices end by the server's clock, whether anybody watches or not."""

from __future__ import annotations

from sqlalchemy import select

from livestream.pins import service
from livestream.pins.models import Pin
from shop.core import clock, db, jobs, queue


@jobs.job("pins.end_price")
def end_price(pin_id: str) -> None:
    """Runs at the planned end; asks again later when the end has moved."""
    with db.unit_of_work() as session:
        again_at = service.end_due_price(session, pin_id=pin_id)
        if again_at is not None:
            service.end_price_later(session, pin_id, again_at)


@queue.every_minute
def end_forgotten_prices() -> None:
    """Ends whose job got lost on the way."""
    overdue = select(Pin.id).where(Pin.ends_at <= clock.now(), ~Pin.price_ended, Pin.unpinned_at.is_(None))
    with db.reading() as session:
        found = list(session.scalars(overdue))
    for pin_id in found:
        end_price(pin_id=pin_id)
