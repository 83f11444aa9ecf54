"""Products, variants, prices and their history."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """The invariants; pages belong to storefront and dashboard."""
    from shop.catalog import verify  # noqa: F401  # registers the invariants
