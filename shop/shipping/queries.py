"""Reading shipping rates."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from shop.core.money import Money
from shop.shipping.models import CountryGroup, ShippingRate


def quote(
    session: Session, brand_ids: Sequence[str], country_group: CountryGroup, currency: str
) -> dict[str, Money | None]:
    """What each brand asks for one parcel to that group; None: the brand does not deliver there. One statement."""
    rates = all_rates(session, brand_ids, currency)
    return {brand_id: rates.get((brand_id, country_group)) for brand_id in brand_ids}


@cache
def _rates() -> Select[str, CountryGroup, int]:
    return select(ShippingRate.brand_id, ShippingRate.country_group, ShippingRate.price_amount).where(
        ShippingRate.brand_id.in_(bindparam("brand_ids", expanding=True)),
        ShippingRate.price_currency == bindparam("currency"),
    )


def all_rates(session: Session, brand_ids: Sequence[str], currency: str) -> dict[tuple[str, CountryGroup], Money]:
    """Every rate of these brands in one currency, by brand and group."""
    if not brand_ids:
        return {}
    rows = session.execute(_rates(), {"brand_ids": sorted(set(brand_ids)), "currency": currency})
    return {(brand_id, CountryGroup(group)): Money(amount, currency) for brand_id, group, amount in rows}
