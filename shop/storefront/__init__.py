"""Public pages: home, product, brand."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """The public pages."""
    from shop.storefront import brand, home, product

    for module in (home, brand, product):
        app.register_blueprint(module.bp)
