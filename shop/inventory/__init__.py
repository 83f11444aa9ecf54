"""Stock: counters that one conditional statement changes, and the ledger of every change."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Tell the catalogue where stock is read; the invariants; news for those who wait."""
    from shop.catalog import slots
    from shop.inventory import verify, waits  # noqa: F401  # verify registers the invariants
    from shop.inventory.models import StockLevel

    waits.register()
    slots.use_stock(
        slots.StockSource(
            table=StockLevel.__table__,
            variant_id=StockLevel.__table__.c.variant_id,
            total=StockLevel.__table__.c.stock,
            left=StockLevel.__table__.c.stock - StockLevel.__table__.c.held - StockLevel.__table__.c.sold,
        )
    )
