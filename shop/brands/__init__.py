"""Brands, their people and roles."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Routes, the loader of actors, and the names that nobody else may wear."""
    from shop.accounts import names
    from shop.brands import actors, views
    from shop.brands.queries import brand_name_keys

    names.reserve_names_of(brand_name_keys)
    actors.install(app)
    app.register_blueprint(views.bp)
