"""Comment to buy: a comment in the room becomes a held, payable offer."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Socket commands, pages, what chat, offers and stock mean for claims."""
    from livestream.chat.service import SLOTS
    from livestream.claims import answers, jobs, pausing, realtime, service, verify, views  # noqa: F401  (these register at import)
    from livestream.rooms.service import HOOKS
    from shop.core.events import subscribe
    from shop.inventory.events import StockChanged
    from shop.offers.events import OfferChanged

    app.register_blueprint(views.bp)
    SLOTS.answer = answers.answer_message
    SLOTS.is_urgent = service.is_urgent
    HOOKS.on_host_left(pausing.pause_holds)
    HOOKS.on_host_returned(pausing.resume_holds)
    HOOKS.on_ending(pausing.unpause_at_end)
    subscribe(OfferChanged, jobs.on_offer_changed)
    subscribe(StockChanged, jobs.on_stock_changed)
