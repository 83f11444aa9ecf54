"""Orders: what was bought, from whom, and how far each parcel is."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Pages, the socket command that watches an order, invariants, and what shoppers are told."""
    from shop.cart.slots import use_held_by
    from shop.orders import news, queries, realtime, shared, verify, views  # noqa: F401  # commands and invariants register themselves
    from shop.social import panels
    from shop.social.models import Datum

    app.register_blueprint(views.bp)
    use_held_by(queries.held_by)
    panels.fill(Datum.BUYING, shared.bought_lately)
    news.register()
