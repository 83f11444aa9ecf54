"""What is always true of prices."""

from __future__ import annotations

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from shop.catalog.models import PricePeriod, Variant, VariantPrice
from shop.core.verify import invariant


@invariant("prices.periods_do_not_overlap")
def periods_do_not_overlap(session: Session) -> list[str]:
    """At any instant a variant has at most one normal price per currency."""
    later = aliased(PricePeriod)
    rows = session.execute(
        select(Variant.sku, PricePeriod.price_currency, PricePeriod.starts_at, later.starts_at.label("other"))
        .join(Variant, Variant.id == PricePeriod.variant_id)
        .join(
            later,
            and_(
                later.variant_id == PricePeriod.variant_id,
                later.price_currency == PricePeriod.price_currency,
                later.id != PricePeriod.id,
                later.starts_at >= PricePeriod.starts_at,
                or_(PricePeriod.ends_at.is_(None), PricePeriod.ends_at > later.starts_at),
            ),
        )
        .order_by(Variant.sku)
    )
    return [f"{row.sku}: {row.price_currency} periods from {row.starts_at} and {row.other} overlap" for row in rows]


@invariant("prices.open_period_is_price")
def open_period_is_price(session: Session) -> list[str]:
    """The open period says what the variant costs, and only variants with a price have one."""
    price = {
        (row.variant_id, row.price_currency): row.price_amount
        for row in session.execute(
            select(VariantPrice.variant_id, VariantPrice.price_currency, VariantPrice.price_amount)
        )
    }
    open_now = {
        (row.variant_id, row.price_currency): row.price_amount
        for row in session.execute(
            select(PricePeriod.variant_id, PricePeriod.price_currency, PricePeriod.price_amount).where(
                PricePeriod.ends_at.is_(None)
            )
        )
    }
    return [
        f"{variant_id} in {currency}: costs {price.get((variant_id, currency))}, "
        f"history says {open_now.get((variant_id, currency))}"
        for variant_id, currency in sorted(price.keys() | open_now.keys())
        if price.get((variant_id, currency)) != open_now.get((variant_id, currency))
    ]
