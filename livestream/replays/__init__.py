"""The show after the show, and streams on the shop's own pages."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """The replay page; fills the places that the storefront offers to streams."""
    from livestream.replays import home, threads, views
    from shop.storefront import slots

    app.register_blueprint(views.bp)
    slots.fill(load_streams=home.load_streams, find_live=home.find_live)
    threads.register()
