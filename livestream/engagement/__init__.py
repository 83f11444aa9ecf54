"""Hearts, purchase notices and the studio's figures."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Socket commands, beats of the pulse, news of paid orders."""
    from livestream.engagement import hearts, jobs, realtime, studio  # noqa: F401  (commands register at import)
    from livestream.rooms import pulse
    from shop.core.events import subscribe
    from shop.orders.events import OrderPaid

    hearts.forget_all()
    pulse.every(hearts.TELL_SECONDS, hearts.tell_hearts)
    pulse.every(studio.COUNT_SECONDS, studio.tell_crews)
    subscribe(OrderPaid, jobs.on_order_paid)
