"""The bag of members and guests."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Pages, the number on the bag, and the merge at sign-in."""
    from shop.accounts.events import SignedIn
    from shop.cart import shared, views
    from shop.cart.subscribers import on_signed_in
    from shop.core.events import subscribe
    from shop.core.templating import slot
    from shop.social import panels
    from shop.social.models import Datum

    app.register_blueprint(views.bp)
    slot(app, "bag_count", views.bag_count)
    subscribe(SignedIn, on_signed_in)
    panels.fill(Datum.BAG, shared.in_bag)
