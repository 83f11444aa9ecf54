"""Public pages: home, product, brand."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """The public pages."""
    from shop.storefront import brand, home, product, structured

    for module in (home, brand, product):
        app.register_blueprint(module.bp)
    app.jinja_env.filters.update(decimal=structured.decimal, schema_org=structured.product_data)
