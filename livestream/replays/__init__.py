"""The show after the show, and streams on the shop's own pages."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Fills the places that the storefront offers to streams."""
    from livestream.replays import home
    from shop.storefront import slots

    slots.fill(load_streams=home.load_streams, find_live=home.find_live)
