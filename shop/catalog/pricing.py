"""Writing prices: normal ones with their history, live ones with their end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from shop.catalog.errors import LivePriceTooHigh
from shop.catalog.events import PriceChanged
from shop.catalog.models import LivePrice, PricePeriod, Product, Variant, VariantPrice
from shop.catalog.policy import can_edit_products
from shop.catalog.prices import reference_days, thirty_day_low
from shop.catalog.queries import lock_product
from shop.core import clock
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotAllowed, NotFound, require
from shop.core.events import publish
from shop.core.i18n import N_
from shop.core.money import EXPONENTS, MAXIMUM_AMOUNT, MINIMUM_CHARGE, Money


def set_price(session: Session, *, actor: Actor, variant_id: str, price: Money) -> None:
    """The normal price of a variant in one currency, from now on; the same price again changes nothing.

    Locks the product. Writes the history. Emits catalog.price_changed. Raises NotAllowed, NotFound, InvalidInput.
    """
    product = _lock_product_of(session, actor, variant_id)
    check_amount(price)
    row = session.scalar(_price_of(variant_id, price.currency))
    if row is not None and row.price_amount == price.amount:
        return
    if row is None:
        session.add(VariantPrice(variant_id=variant_id, price_amount=price.amount, price_currency=price.currency))
    else:
        row.price_amount = price.amount
    now = clock.now()
    _close_period(session, variant_id, price.currency, now)
    session.add(
        PricePeriod(variant_id=variant_id, price_amount=price.amount, price_currency=price.currency, starts_at=now)
    )
    session.flush()
    publish(session, PriceChanged(product_id=product.id))


def remove_price(session: Session, *, actor: Actor, variant_id: str, currency: str) -> None:
    """Stop selling a variant in a currency. Locks the product. Emits catalog.price_changed."""
    product = _lock_product_of(session, actor, variant_id)
    session.execute(
        delete(VariantPrice).where(VariantPrice.variant_id == variant_id, VariantPrice.price_currency == currency)
    )
    _close_period(session, variant_id, currency, clock.now())
    publish(session, PriceChanged(product_id=product.id))


def record_past_price(
    session: Session, *, variant_id: str, price: Money, starts_at: datetime, ends_at: datetime
) -> None:
    """Add history from before this shop kept it (import, demo). It must end before the oldest period begins."""
    oldest = session.scalar(
        select(PricePeriod.starts_at)
        .where(PricePeriod.variant_id == variant_id, PricePeriod.price_currency == price.currency)
        .order_by(PricePeriod.starts_at)
        .limit(1)
    )
    if starts_at >= ends_at or (oldest is not None and ends_at > oldest):
        raise InvalidInput(N_("Price periods must not overlap."))
    session.add(
        PricePeriod(
            variant_id=variant_id,
            price_amount=price.amount,
            price_currency=price.currency,
            starts_at=starts_at,
            ends_at=ends_at,
        )
    )
    session.flush()


def check_amount(price: Money) -> None:
    """Stripe takes no charge below its minimum, so nothing may cost less. Raises InvalidInput."""
    if not MINIMUM_CHARGE[price.currency] <= price.amount <= MAXIMUM_AMOUNT:
        raise InvalidInput(
            N_("A price must be between %(low)s and %(high)s."),
            low=Money(MINIMUM_CHARGE[price.currency], price.currency),
            high=Money(MAXIMUM_AMOUNT, price.currency),
        )


def check_live_price(session: Session, *, product_id: str, price: Money, at: datetime) -> Money:
    """The rule for the run of show; returns the 30-day low it was measured against.

    Raises LivePriceTooHigh with that low, InvalidInput when the product has no price in this currency at all.
    """
    check_amount(price)
    low = thirty_day_low(session, product_id, price.currency, at)
    if low is None:
        raise InvalidInput(fields={"price": N_("This product has no price in this currency.")})
    if not price < low:
        raise LivePriceTooHigh(low=low)
    return low


def start_live_price(
    session: Session,
    *,
    product_id: str,
    amounts: dict[str, int],
    starts_at: datetime,
    ends_at: datetime,
    source_ref: str,
) -> None:
    """Sell a product at these amounts (minor units by currency) in [starts_at, ends_at), because of this pin.

    Locks the product. Starting the same pin again moves its end. Emits catalog.price_changed. The caller asked for
    permission; the 30-day rule is checked where a run of show is written, and decides here only what may be struck.
    """
    require(starts_at < ends_at, InvalidInput(N_("A live price must end after it begins.")))
    lock_product(session, product_id)
    for currency, amount in sorted(amounts.items()):
        require(currency in EXPONENTS, InvalidInput(N_("This product has no price in this currency.")))
        check_amount(Money(amount, currency))
        known = session.scalar(
            select(LivePrice).where(
                LivePrice.product_id == product_id,
                LivePrice.source_ref == source_ref,
                LivePrice.price_currency == currency,
            )
        )
        if known is not None:
            known.price_amount, known.ends_at = amount, ends_at
            continue
        since, until = reference_days(session, product_id, currency, starts_at)
        session.add(
            LivePrice(
                product_id=product_id,
                source_ref=source_ref,
                price_amount=amount,
                price_currency=currency,
                starts_at=starts_at,
                ends_at=ends_at,
                reference_from_at=since,
                reference_until_at=until,
            )
        )
    session.flush()
    publish(session, PriceChanged(product_id=product_id))


def extend_live_price(session: Session, *, product_id: str, source_ref: str, ends_at: datetime) -> None:
    """Move the end of a pin's live price, while it still holds. Locks the product. Emits catalog.price_changed."""
    lock_product(session, product_id)
    _move_end(session, product_id, source_ref, ends_at)


def end_live_price(session: Session, *, product_id: str, source_ref: str, at: datetime) -> None:
    """End a pin's live price at this instant; one that ended before keeps its end.

    Locks the product. Emits catalog.price_changed.
    """
    lock_product(session, product_id)
    _move_end(session, product_id, source_ref, at)


def _move_end(session: Session, product_id: str, source_ref: str, at: datetime) -> None:
    """An end that has passed is a fact that buyers were told; it never moves."""
    rows = session.scalars(
        select(LivePrice).where(
            LivePrice.product_id == product_id,
            LivePrice.source_ref == source_ref,
            LivePrice.ends_at > clock.now(),
        )
    ).all()
    for row in rows:
        row.ends_at = max(at, row.starts_at)
    session.flush()
    if rows:
        publish(session, PriceChanged(product_id=product_id))


def _lock_product_of(session: Session, actor: Actor, variant_id: str) -> Product:
    product_id = session.scalar(select(Variant.product_id).where(Variant.id == variant_id))
    if product_id is None:
        raise NotFound
    product = lock_product(session, product_id)
    require(can_edit_products(actor, product.brand_id), NotAllowed)
    return product


def _price_of(variant_id: str, currency: str) -> Select[VariantPrice]:
    return select(VariantPrice).where(VariantPrice.variant_id == variant_id, VariantPrice.price_currency == currency)


def _close_period(session: Session, variant_id: str, currency: str, at: datetime) -> None:
    """End the open period; one that began this very instant was never offered and goes away."""
    is_open = (
        PricePeriod.variant_id == variant_id,
        PricePeriod.price_currency == currency,
        PricePeriod.ends_at.is_(None),
    )
    session.execute(delete(PricePeriod).where(*is_open, PricePeriod.starts_at >= at))
    session.execute(update(PricePeriod).where(*is_open).values(ends_at=at))
