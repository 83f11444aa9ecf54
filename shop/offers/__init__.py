"""Offers: a brand offers one thing at one price inside a shopper's thread; the shopper pays there."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """The card, its pages, jobs and invariants; what orders, threads and stock mean for offers."""
    from shop.catalog.events import PriceChanged
    from shop.core.events import subscribe
    from shop.inventory.events import StockChanged
    from shop.messaging.cards import CardKind, register_card
    from shop.messaging.events import ThreadRead
    from shop.messaging.slots import use_labels
    from shop.offers import cards, jobs, news, verify, views  # noqa: F401  # jobs and invariants register themselves
    from shop.offers.following import OfferFollower
    from shop.offers.service import CARD
    from shop.orders import slots

    app.register_blueprint(views.bp)
    app.register_blueprint(views.brand_bp)
    news.register()
    register_card(
        CardKind(
            name=CARD,
            template="offers/_card.html",
            load=cards.load_offers,
            can_attach=cards.can_attach,
            by_service=True,
            has_own_notice=True,
        )
    )
    slots.follow(OfferFollower())
    use_labels(cards.label_threads)
    subscribe(ThreadRead, jobs.on_thread_read)
    subscribe(StockChanged, jobs.on_stock_changed)
    subscribe(PriceChanged, jobs.on_price_changed)
