"""What is always true of stock, whatever happened and in which order."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Subquery, case, func, select
from sqlalchemy.orm import Session

from shop.catalog.models import Variant
from shop.core.verify import Finding, invariant
from shop.inventory.models import Hold, HoldState, Movement, StockEntry, StockLevel


def check(session: Session) -> list[Finding]:
    """All stock invariants; empty when all is well."""
    checks = {
        "stock.levels_match_ledger": levels_match_ledger,
        "stock.held_is_sum_of_open_holds": held_is_sum_of_open_holds,
        "stock.never_oversold": never_oversold,
        "stock.holds_ended_once": holds_ended_once,
    }
    return [Finding(name, fault) for name, function in checks.items() for fault in function(session)]


@invariant("stock.levels_match_ledger")
def levels_match_ledger(session: Session) -> list[str]:
    """stock, held and sold are what the ledger adds up to."""
    sums = _ledger_sums()
    rows = session.execute(
        select(
            Variant.sku,
            func.coalesce(StockLevel.stock, 0).label("stock"),
            func.coalesce(StockLevel.held, 0).label("held"),
            func.coalesce(StockLevel.sold, 0).label("sold"),
            func.coalesce(sums.c.stock, 0).label("ledger_stock"),
            func.coalesce(sums.c.held, 0).label("ledger_held"),
            func.coalesce(sums.c.sold, 0).label("ledger_sold"),
        )
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(sums, sums.c.variant_id == Variant.id)
        .order_by(Variant.sku)
    )
    return [
        f"{row.sku}: stock {row.stock}, held {row.held}, sold {row.sold}; the ledger says "
        f"{row.ledger_stock}, {row.ledger_held}, {row.ledger_sold}"
        for row in rows
        if (row.stock, row.held, row.sold) != (row.ledger_stock, row.ledger_held, row.ledger_sold)
    ]


def _ledger_sums() -> Subquery:
    def counted(plus: set[Movement], minus: set[Movement]) -> ColumnElement[int]:
        sign = case((StockEntry.movement.in_(plus), 1), (StockEntry.movement.in_(minus), -1), else_=0)
        return func.sum(sign * StockEntry.quantity)

    return (
        select(
            StockEntry.variant_id,
            counted({Movement.RECEIVED, Movement.ADJUSTED, Movement.RETURNED}, set()).label("stock"),
            counted({Movement.HELD}, {Movement.RELEASED, Movement.SOLD}).label("held"),
            counted({Movement.SOLD}, set()).label("sold"),
        )
        .group_by(StockEntry.variant_id)
        .subquery()
    )


@invariant("stock.held_is_sum_of_open_holds")
def held_is_sum_of_open_holds(session: Session) -> list[str]:
    """What is counted as held has an owner, piece by piece."""
    rows = session.execute(
        select(
            Variant.sku,
            StockLevel.held,
            func.coalesce(
                select(func.sum(Hold.quantity))
                .where(Hold.variant_id == StockLevel.variant_id, Hold.state == HoldState.HELD)
                .correlate(StockLevel)
                .scalar_subquery(),
                0,
            ).label("owned"),
        )
        .join(Variant, Variant.id == StockLevel.variant_id)
        .order_by(Variant.sku)
    )
    return [
        f"{row.sku}: {row.held} counted as held, {row.owned} in open holds" for row in rows if row.held != row.owned
    ]


@invariant("stock.never_oversold")
def never_oversold(session: Session) -> list[str]:
    """0 ≤ held, 0 ≤ sold, held + sold ≤ stock."""
    rows = session.execute(
        select(Variant.sku, StockLevel.stock, StockLevel.held, StockLevel.sold)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .where((StockLevel.held < 0) | (StockLevel.sold < 0) | (StockLevel.held + StockLevel.sold > StockLevel.stock))
        .order_by(Variant.sku)
    )
    return [f"{row.sku}: {row.held} held and {row.sold} sold of {row.stock}" for row in rows]


@invariant("stock.holds_ended_once")
def holds_ended_once(session: Session) -> list[str]:
    """A hold has one line for its start and, once ended, exactly one for its end."""
    ends = (
        select(
            Hold.id,
            Hold.state,
            func.sum(case((StockEntry.movement == Movement.HELD, 1), else_=0)).label("started"),
            func.sum(case((StockEntry.movement == Movement.RELEASED, 1), else_=0)).label("released"),
            func.sum(case((StockEntry.movement == Movement.SOLD, 1), else_=0)).label("sold"),
        )
        .outerjoin(StockEntry, StockEntry.hold_id == Hold.id)
        .group_by(Hold.id, Hold.state)
    )
    expected = {HoldState.HELD: (1, 0, 0), HoldState.RELEASED: (1, 1, 0), HoldState.SOLD: (1, 0, 1)}
    return [
        f"{row.id} is {row.state} with {row.started} starts, {row.released} releases, {row.sold} sales"
        for row in session.execute(ends)
        if (row.started, row.released, row.sold) != expected[HoldState(row.state)]
    ]
