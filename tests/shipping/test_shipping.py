"""Groups of countries, and the day a parcel leaves."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from shop.core.errors import NotAllowed
from shop.core.money import Money
from shop.shipping.countries import EU, OTHERS, countries_in, group_for
from shop.shipping.dates import dispatch_on
from shop.shipping.models import CountryGroup
from shop.shipping.queries import quote
from shop.shipping.service import set_rates
from tests.factories.cast import Cast


@pytest.mark.parametrize(
    ("country", "brand", "group"),
    [("IT", "IT", "home"), ("FR", "IT", "eu"), ("IT", "FR", "eu"), ("GB", "IT", "world"), ("GB", "GB", "home")],
)
def test_group_of_a_country(country: str, brand: str, group: str) -> None:
    assert group_for(country, brand) == group


def test_groups_do_not_overlap() -> None:
    assert not EU & OTHERS
    home, union, world = (set(countries_in(group, ["IT"])) for group in CountryGroup)
    assert home == {"IT"}
    assert not home & union
    assert not union & world
    assert countries_in(CountryGroup.HOME, ["IT", "FR"]) == ()
    assert {"IT", "FR"} <= set(countries_in(CountryGroup.EU, ["IT", "FR"]))


@pytest.mark.parametrize(
    ("at", "days", "leaves"),
    [
        (datetime(2026, 11, 24, 12, tzinfo=UTC), 2, date(2026, 11, 26)),
        (datetime(2026, 11, 27, 12, tzinfo=UTC), 1, date(2026, 11, 30)),  # Friday, so Monday.
        (datetime(2026, 11, 28, 12, tzinfo=UTC), 0, date(2026, 11, 28)),
        (datetime(2026, 11, 24, 23, 30, tzinfo=UTC), 1, date(2026, 11, 26)),  # Already Wednesday in Rome.
    ],
)
def test_weekends_do_not_count(at: datetime, days: int, leaves: date) -> None:
    assert dispatch_on(at, days, zone="Europe/Rome") == leaves


def test_rates_are_replaced_by_those_who_may(cast: Cast, session: Session) -> None:
    brand_id = cast.brand_a.id
    rates = {CountryGroup.HOME: Money(490, "EUR"), CountryGroup.EU: Money(0, "EUR"), CountryGroup.WORLD: None}
    set_rates(session, actor=cast.pia, brand_id=brand_id, currency="EUR", rates=rates)
    assert quote(session, [brand_id], CountryGroup.HOME, "EUR") == {brand_id: Money(490, "EUR")}
    assert quote(session, [brand_id], CountryGroup.EU, "EUR") == {brand_id: Money(0, "EUR")}
    assert quote(session, [brand_id, cast.brand_b.id], CountryGroup.WORLD, "EUR") == {
        brand_id: None,
        cast.brand_b.id: None,
    }
    assert quote(session, [brand_id], CountryGroup.HOME, "USD") == {brand_id: None}
    for actor in (cast.ben, cast.mia, cast.ugo, cast.zed, cast.ana, cast.guest):
        with pytest.raises(NotAllowed):
            set_rates(session, actor=actor, brand_id=brand_id, currency="EUR", rates={})
    assert quote(session, [brand_id], CountryGroup.HOME, "EUR") == {brand_id: Money(490, "EUR")}
