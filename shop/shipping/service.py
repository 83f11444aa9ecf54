"""Setting shipping rates."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from shop.core.actor import SYSTEM, Actor
from shop.core.errors import NotAllowed, require
from shop.core.money import Money
from shop.shipping.models import CountryGroup, ShippingRate
from shop.shipping.policy import can_set_rates


def set_rates(
    session: Session, *, actor: Actor, brand_id: str, currency: str, rates: dict[CountryGroup, Money | None]
) -> None:
    """Replace a brand's flat rates in one currency; None or a missing group: not delivered to.

    Open orders keep the shipping they were placed with. Raises NotAllowed.
    """
    require(actor is SYSTEM or can_set_rates(actor, brand_id), NotAllowed)
    session.execute(
        delete(ShippingRate).where(ShippingRate.brand_id == brand_id, ShippingRate.price_currency == currency)
    )
    for group, price in rates.items():
        if price is not None:
            session.add(
                ShippingRate(brand_id=brand_id, country_group=group, price_amount=price.amount, price_currency=currency)
            )
    session.flush()
