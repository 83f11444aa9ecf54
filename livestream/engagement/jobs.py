"""Purchase notices wait their turn as jobs, so that two processes never tell at once."""

from __future__ import annotations

from livestream.engagement import service
from shop.core import db, jobs
from shop.orders.events import OrderPaid


@jobs.job("engagement.tell_purchases")
def tell_purchases(room_id: str) -> None:
    with db.unit_of_work() as session:
        service.tell_purchases(session, room_id=room_id)


def on_order_paid(event: OrderPaid) -> None:
    """Runs after the commit that made the order paid, in whichever process that was."""
    with db.unit_of_work() as session:
        service.note_sale(session, paid=event)
