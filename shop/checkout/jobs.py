"""What ends checkouts when nobody comes back: the reaper at the deadline, and a look every minute.

With webhooks switched off these alone finish every order, only later.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from shop.checkout.service import ALARM_AFTER, abandon, call_for_help, look_at_payment
from shop.core import clock, db
from shop.core.errors import ProviderError
from shop.core.jobs import job
from shop.core.queue import every_minute
from shop.orders.models import Order
from shop.orders.queries import paying_orders
from shop.payments.queries import payment_of

log = structlog.get_logger()
POLL_AFTER = timedelta(minutes=2)


@job("checkout.reap")
def reap(order_id: str) -> None:
    """The hold's deadline: close the page, then give the stock back. A silent provider is asked again."""
    abandon(order_id, reason="expired")


@every_minute
def look_at_waiting_orders() -> None:
    """Orders that wait for more than two minutes: ask the provider, and end those that are past their deadline."""
    with db.reading() as session:
        waiting = paying_orders(session, older_than=clock.now() - POLL_AFTER)
    for order in waiting:
        try:
            _look(order)
        except ProviderError:
            log.warning("order could not be looked at", order=order.id)


def _look(order: Order) -> None:
    now = clock.now()
    with db.reading() as session:
        payment = payment_of(session, order.id)
    is_over = order.held_until is None or order.held_until <= now
    try:
        # A page we never learned of was never shown to the shopper, so nothing is taken from anybody.
        if is_over or payment.session_ref is None:
            abandon(order.id, reason="expired")
        else:
            look_at_payment(payment.id)
    finally:
        if order.created_at < now - ALARM_AFTER:
            call_for_help(order.id)
