"""Reading stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.catalog.models import Product, Variant
from shop.core.errors import NotFound
from shop.inventory.models import Hold, HoldState, Movement, StockEntry, StockLevel


@dataclass(frozen=True, kw_only=True)
class Level:
    """Counters of one variant."""

    stock: int
    held: int
    sold: int

    @property
    def left(self) -> int:
        """What can still be bought."""
        return self.stock - self.held - self.sold

    @property
    def on_hand(self) -> int:
        """What lies on the shelf: sold pieces have left."""
        return self.stock - self.sold


NOTHING = Level(stock=0, held=0, sold=0)


def levels(session: Session, variant_ids: Sequence[str]) -> dict[str, Level]:
    """The counters of each variant asked for; zeros for those that never had stock."""
    if not variant_ids:
        return {}
    rows = session.execute(
        select(StockLevel.variant_id, StockLevel.stock, StockLevel.held, StockLevel.sold).where(
            StockLevel.variant_id.in_(set(variant_ids))
        )
    )
    found = {row.variant_id: Level(stock=row.stock, held=row.held, sold=row.sold) for row in rows}
    return {variant_id: found.get(variant_id, NOTHING) for variant_id in variant_ids}


def holds_of(session: Session, owner_ref: str) -> list[Hold]:
    """All holds an owner ever had, oldest first."""
    return list(
        session.scalars(
            select(Hold)
            .where(Hold.owner_ref == owner_ref)
            .order_by(Hold.variant_id, Hold.id)
            .execution_options(populate_existing=True)
        )
    )


def open_holds(session: Session, owner_ref: str) -> list[Hold]:
    return [hold for hold in holds_of(session, owner_ref) if hold.state == HoldState.HELD]


def expired_owners(session: Session, *, at: datetime, limit: int = 200) -> list[str]:
    """Owners whose holds are past their deadline. They stay held until their checkout is known to be closed."""
    return list(
        session.scalars(
            select(Hold.owner_ref)
            .where(Hold.state == HoldState.HELD, Hold.expires_at <= at)
            .group_by(Hold.owner_ref)
            .order_by(Hold.owner_ref)
            .limit(limit)
        )
    )


def brand_of_variant(session: Session, variant_id: str) -> str:
    """The brand that sells this variant; raises NotFound."""
    brand_id = session.scalar(
        select(Product.brand_id).join(Variant, Variant.product_id == Product.id).where(Variant.id == variant_id)
    )
    if brand_id is None:
        raise NotFound
    return brand_id


@dataclass(frozen=True, kw_only=True)
class EntryView:
    """One line of the ledger for people. `change` is what it did to the number that can be sold."""

    at: datetime
    sku: str
    movement: Movement
    quantity: int
    change: int
    reason: str
    by: str


CAN_SELL_SIGN = {
    Movement.RECEIVED: 1,
    Movement.ADJUSTED: 1,
    Movement.RETURNED: 1,
    Movement.HELD: -1,
    Movement.RELEASED: 1,
    Movement.SOLD: 0,
}


def list_entries(session: Session, *, product_id: str, limit: int = 50) -> list[EntryView]:
    """The newest lines of a product's ledger."""
    rows = session.execute(
        select(StockEntry, Variant.sku, Account.display_name)
        .join(Variant, Variant.id == StockEntry.variant_id)
        .outerjoin(Account, Account.id == StockEntry.by_account_id)
        .where(Variant.product_id == product_id)
        .order_by(StockEntry.at.desc(), StockEntry.id.desc())
        .limit(limit)
    )
    return [
        EntryView(
            at=entry.at,
            sku=sku,
            movement=Movement(entry.movement),
            quantity=entry.quantity,
            change=entry.quantity * CAN_SELL_SIGN[Movement(entry.movement)],
            reason=entry.reason,
            by=name or "",
        )
        for entry, sku, name in rows
    ]


def sold_since(session: Session, product_ids: Sequence[str], since: datetime) -> dict[str, int]:
    """Pieces sold of each product since an instant, from the ledger; products without sales are left out."""
    if not product_ids:
        return {}
    rows = session.execute(
        select(Variant.product_id, func.sum(StockEntry.quantity))
        .join(Variant, Variant.id == StockEntry.variant_id)
        .where(Variant.product_id.in_(set(product_ids)), StockEntry.movement == Movement.SOLD, StockEntry.at >= since)
        .group_by(Variant.product_id)
    )
    return {product_id: int(count) for product_id, count in rows}
