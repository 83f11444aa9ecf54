"""Past orders, so that no page is empty."""

from __future__ import annotations


def seed_past_orders(products: dict[str, str]) -> None:
    """Orders of the last weeks."""
