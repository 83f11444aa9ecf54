"""The one place that decides what something costs, and which price may be struck.

Rule of the struck price: the lowest price of the 30 days before the reduction began (EU directive 98/6/EC, article
6a). Earlier live prices count; pins that follow each other within a day are one reduction (paragraph 5), for a week
at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, String, and_, bindparam, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from shop.catalog.models import LivePrice, PricePeriod, Variant, VariantPrice
from shop.core.db import Instant
from shop.core.money import Money, percent_off

LOOK_BACK = timedelta(days=30)
SERIES_GAP = timedelta(days=1)
SERIES_LENGTH = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class PriceQuote:
    """What one variant costs at one instant. `struck` and `live_ends_at` are set only while a live price holds."""

    amount: Money
    list_price: Money
    struck: Money | None
    live_ends_at: datetime | None
    source_ref: str | None

    @property
    def is_live(self) -> bool:
        return self.live_ends_at is not None

    @property
    def percent(self) -> int:
        return percent_off(self.amount, self.struck) if self.struck else 0


@dataclass(frozen=True, kw_only=True)
class PriceColumns:
    """Labelled columns and the join that a statement over variants needs to be read by `quote_of`."""

    columns: tuple[Any, ...]
    live_on: ColumnElement[bool]
    price_on: ColumnElement[bool]


CURRENCY = bindparam("currency", type_=String(3))
AT = bindparam("at", type_=Instant())


@cache
def price_columns() -> PriceColumns:
    """For statements over `Variant` that outer-join VariantPrice and LivePrice; run with `currency` and `at`.

    Bound, not written in: building these statements anew cost more than running them.
    """
    return PriceColumns(
        columns=(
            VariantPrice.price_amount.label("list_amount"),
            LivePrice.price_amount.label("live_amount"),
            LivePrice.ends_at.label("live_ends_at"),
            LivePrice.source_ref.label("live_source_ref"),
            _lowest_normal().label("low_normal"),
            _lowest_live().label("low_live"),
        ),
        price_on=and_(VariantPrice.variant_id == Variant.id, VariantPrice.price_currency == CURRENCY),
        live_on=and_(
            LivePrice.product_id == Variant.product_id,
            LivePrice.price_currency == CURRENCY,
            LivePrice.starts_at <= AT,
            LivePrice.ends_at > AT,
        ),
    )


def _lowest_normal() -> ScalarSelect[int]:
    """Lowest normal price in the reference days of the joined live price; null without one."""
    lowest = select(func.min(PricePeriod.price_amount)).where(
        PricePeriod.variant_id == Variant.id,
        PricePeriod.price_currency == CURRENCY,
        PricePeriod.starts_at < LivePrice.reference_until_at,
        or_(PricePeriod.ends_at.is_(None), PricePeriod.ends_at > LivePrice.reference_from_at),
    )
    return lowest.correlate(Variant, LivePrice).scalar_subquery()


def _lowest_live() -> ScalarSelect[int]:
    """Lowest live price of earlier reductions in the same days."""
    earlier = aliased(LivePrice)
    lowest = select(func.min(earlier.price_amount)).where(
        earlier.product_id == Variant.product_id,
        earlier.price_currency == CURRENCY,
        earlier.starts_at < LivePrice.reference_until_at,
        earlier.ends_at > LivePrice.reference_from_at,
    )
    return lowest.correlate(Variant, LivePrice).scalar_subquery()


def quote_of(row: Any, currency: str) -> PriceQuote | None:
    """The quote of one row with `price_columns`; None when the variant has no price in this currency."""
    if row.list_amount is None:
        return None
    list_price = Money(row.list_amount, currency)
    if row.live_amount is None or row.live_amount >= row.list_amount:
        return PriceQuote(amount=list_price, list_price=list_price, struck=None, live_ends_at=None, source_ref=None)
    known = [low for low in (row.low_normal, row.low_live) if low is not None]
    low = min(known) if row.low_normal is not None else None
    return PriceQuote(
        amount=Money(row.live_amount, currency),
        list_price=list_price,
        struck=Money(low, currency) if low is not None and low > row.live_amount else None,
        live_ends_at=row.live_ends_at,
        source_ref=row.live_source_ref,
    )


def lower(one: PriceQuote | None, other: PriceQuote | None) -> PriceQuote | None:
    """When two pins hold at the same instant the shopper pays the lower price; the later end of equal ones counts."""
    if one is None or other is None:
        return one or other
    if one.amount.amount != other.amount.amount:
        return one if one.amount < other.amount else other
    return one if _end(one) >= _end(other) else other


def _end(quote: PriceQuote) -> float:
    return quote.live_ends_at.timestamp() if quote.live_ends_at else 0.0


def quote_prices(session: Session, variant_ids: Sequence[str], currency: str, at: datetime) -> dict[str, PriceQuote]:
    """What each variant costs at that instant; variants without a price in the currency are left out.

    One statement. Inside an order's transaction it is the price that is charged.
    """
    if not variant_ids:
        return {}
    rows = session.execute(_quotes(), {"currency": currency, "at": at, "variant_ids": sorted(set(variant_ids))})
    found: dict[str, PriceQuote] = {}
    for row in rows:
        quote = lower(found.get(row.variant_id), quote_of(row, currency))
        if quote is not None:
            found[row.variant_id] = quote
    return found


@cache
def _quotes() -> Select[Any]:
    price = price_columns()
    return (
        select(Variant.id.label("variant_id"), *price.columns)
        .outerjoin(VariantPrice, price.price_on)
        .outerjoin(LivePrice, price.live_on)
        .where(Variant.id.in_(bindparam("variant_ids", expanding=True)))
    )


def reference_days(session: Session, product_id: str, currency: str, at: datetime) -> tuple[datetime, datetime]:
    """The 30 days whose lowest price a reduction starting at this instant is measured against.

    A live price that follows another one within a day continues its reduction.
    """
    before = session.execute(
        select(LivePrice.reference_until_at)
        .where(
            LivePrice.product_id == product_id,
            LivePrice.price_currency == currency,
            LivePrice.starts_at <= at,
            LivePrice.ends_at > at - SERIES_GAP,
            LivePrice.reference_until_at > at - SERIES_LENGTH,
        )
        .order_by(LivePrice.reference_until_at)
        .limit(1)
    ).scalar()
    until = before or at
    return until - LOOK_BACK, until


def lowest_prices(session: Session, product_id: str, currency: str, at: datetime) -> dict[str, Money]:
    """The 30-day low of each variant of a product, as a live price starting at this instant would see it."""
    since, until = reference_days(session, product_id, currency, at)
    rows = session.execute(
        select(PricePeriod.variant_id, func.min(PricePeriod.price_amount))
        .join(Variant, Variant.id == PricePeriod.variant_id)
        .where(
            Variant.product_id == product_id,
            PricePeriod.price_currency == currency,
            # A price that was set this very instant counts: there is no older one to promise against.
            PricePeriod.starts_at <= until,
            or_(PricePeriod.ends_at.is_(None), PricePeriod.ends_at > literal(since, Instant())),
        )
        .group_by(PricePeriod.variant_id)
    ).all()
    live = session.scalar(
        select(func.min(LivePrice.price_amount)).where(
            LivePrice.product_id == product_id,
            LivePrice.price_currency == currency,
            LivePrice.starts_at < until,
            LivePrice.ends_at > since,
        )
    )
    return {variant_id: Money(amount if live is None else min(amount, live), currency) for variant_id, amount in rows}


def thirty_day_low(session: Session, product_id: str, currency: str, at: datetime) -> Money | None:
    """The lowest of a product's active variants; None without any price in the currency."""
    active = set(session.scalars(select(Variant.id).where(Variant.product_id == product_id, Variant.is_active)))
    lows = [low for variant, low in lowest_prices(session, product_id, currency, at).items() if variant in active]
    return min(lows, key=lambda low: low.amount) if lows else None
