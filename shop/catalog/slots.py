"""What the catalogue asks of the features above it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause


@dataclass(frozen=True, kw_only=True, eq=False)  # Compared by identity: columns answer == with SQL.
class StockSource:
    """Where the stock of a variant is read: a table to join outwards, and expressions over it.

    An expression instead of a function, so that a page asks for product, price and stock in one statement.
    """

    table: FromClause
    variant_id: ColumnElement[str]
    total: ColumnElement[int]
    left: ColumnElement[int]


_stock: StockSource | None = None


def use_stock(source: StockSource) -> None:
    """Filled once by inventory."""
    global _stock
    _stock = source


def stock() -> StockSource:
    if _stock is None:
        raise RuntimeError("inventory has not said where stock is read")
    return _stock
