"""What something costs, which price may be struck, and what history says."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from shop.catalog import service
from shop.catalog.errors import LivePriceTooHigh
from shop.catalog.models import LivePrice, PricePeriod, Product, VariantPrice
from shop.catalog.queries import PriceQuote, load_product_view, quote_prices, thirty_day_low
from shop.core import clock, db
from shop.core.actor import SYSTEM
from shop.core.errors import InvalidInput, NotAllowed, NotFound
from shop.core.money import Money
from shop.core.verify import check_all
from tests.factories.cast import Cast
from tests.factories.catalog import make_product, variants_of

both = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def product(frozen: datetime, cast: Cast) -> Product:
    """Sold at 109.00 euro for 40 days."""
    with db.unit_of_work() as session:
        made = make_product(session, cast.brand_a, sizes=("38",))
    clock.move(40 * DAY)
    return made


def euro(amount: int) -> Money:
    return Money(amount, "EUR")


def quote(product: Product, at: datetime | None = None, currency: str = "EUR") -> PriceQuote:
    with db.reading() as session:
        (variant,) = variants_of(session, product)
        return quote_prices(session, [variant.id], currency, at or clock.now())[variant.id]


def go_live(product: Product, amount: int, ref: str = "pin_1", lasts: timedelta = 5 * MINUTE) -> None:
    with db.unit_of_work() as session:
        service.start_live_price(
            session,
            product_id=product.id,
            amounts={"EUR": amount},
            starts_at=clock.now(),
            ends_at=clock.now() + lasts,
            source_ref=ref,
        )


def set_price(product: Product, amount: int, currency: str = "EUR") -> None:
    with db.unit_of_work() as session:
        (variant,) = variants_of(session, product)
        service.set_price(session, actor=SYSTEM, variant_id=variant.id, price=Money(amount, currency))


def is_clean() -> bool:
    with db.reading() as session:
        return [finding for finding in check_all(session) if finding.invariant.startswith("prices.")] == []


def test_the_normal_price_without_anything_struck(product):
    assert quote(product) == PriceQuote(
        amount=euro(10900), list_price=euro(10900), struck=None, live_ends_at=None, source_ref=None
    )
    assert quote(product, currency="USD").amount == Money(11900, "USD")


@both
def test_a_live_price_holds_from_its_start_until_before_its_end(product):
    start = clock.now()
    go_live(product, 8900)
    end = start + 5 * MINUTE
    assert quote(product, start - timedelta(microseconds=1)).amount == euro(10900)
    live = quote(product, start)
    assert (live.amount, live.list_price, live.struck, live.percent) == (euro(8900), euro(10900), euro(10900), 18)
    assert (live.live_ends_at, live.source_ref) == (end, "pin_1")
    assert quote(product, end - timedelta(microseconds=1)).amount == euro(8900)
    assert quote(product, end).amount == euro(10900)
    assert quote(product, start, "USD").amount == Money(11900, "USD")


@both
def test_the_struck_price_is_the_lowest_of_thirty_days_not_the_last(product):
    set_price(product, 9900)
    clock.move(5 * DAY)
    set_price(product, 10900)
    clock.move(20 * DAY)
    go_live(product, 8900)
    assert quote(product).struck == euro(9900)
    assert quote(product).percent == 10
    assert is_clean()


def test_a_low_price_older_than_thirty_days_no_longer_counts(product):
    set_price(product, 9900)
    clock.move(5 * DAY)
    set_price(product, 10900)
    clock.move(30 * DAY)
    go_live(product, 8900)
    assert quote(product).struck == euro(10900)


def test_nothing_is_struck_when_the_live_price_is_not_lower(product):
    set_price(product, 8500)
    clock.move(5 * DAY)
    set_price(product, 10900)
    go_live(product, 8900)
    assert quote(product).amount == euro(8900)
    assert quote(product).struck is None
    assert quote(product).percent == 0


def test_pins_that_follow_each_other_are_one_reduction(product):
    go_live(product, 8900)
    clock.move(60 * MINUTE)
    go_live(product, 8900, "pin_2")
    assert quote(product).struck == euro(10900)
    clock.move(60 * MINUTE)
    go_live(product, 7900, "pin_3")
    assert quote(product).struck == euro(10900)


@both
def test_an_earlier_show_counts_as_a_price_of_the_last_thirty_days(product):
    go_live(product, 8900)
    clock.move(3 * DAY)
    go_live(product, 8900, "pin_2")
    assert quote(product).amount == euro(8900)
    assert quote(product).struck is None
    clock.move(3 * DAY)
    go_live(product, 7900, "pin_3")
    assert quote(product).struck == euro(8900)


def test_a_reduction_cannot_be_kept_alive_for_ever(product):
    for number in range(9):
        go_live(product, 8900, f"pin_{number}")
        clock.move(timedelta(hours=23))
    go_live(product, 8900, "pin_last")
    assert quote(product).struck is None


def test_a_live_price_above_the_normal_one_is_never_charged(product):
    go_live(product, 12900)
    assert quote(product).amount == euro(10900)
    assert not quote(product).is_live


def test_two_live_prices_at_once_charge_the_lower(product):
    go_live(product, 8900, "pin_1")
    go_live(product, 8500, "pin_2")
    assert (quote(product).amount, quote(product).source_ref) == (euro(8500), "pin_2")


def test_ending_and_extending(product):
    start = clock.now()
    go_live(product, 8900)
    with db.unit_of_work() as session:
        service.extend_live_price(session, product_id=product.id, source_ref="pin_1", ends_at=start + 10 * MINUTE)
    assert quote(product).live_ends_at == start + 10 * MINUTE
    clock.move(MINUTE)
    with db.unit_of_work() as session:
        service.end_live_price(session, product_id=product.id, source_ref="pin_1", at=clock.now())
    assert quote(product).amount == euro(10900)
    with db.unit_of_work() as session:
        service.extend_live_price(session, product_id=product.id, source_ref="pin_1", ends_at=start + DAY)
    assert quote(product).amount == euro(10900)


@both
def test_a_live_price_must_be_lower_than_the_low(product):
    with db.reading() as session:
        for amount in (10900, 12900):
            with pytest.raises(LivePriceTooHigh) as problem:
                service.check_live_price(session, product_id=product.id, price=euro(amount), at=clock.now())
            assert problem.value.data == {"low": euro(10900)}
        assert service.check_live_price(session, product_id=product.id, price=euro(10899), at=clock.now()) == euro(
            10900
        )
        with pytest.raises(InvalidInput):
            service.check_live_price(session, product_id=product.id, price=Money(5000, "GBP"), at=clock.now())


def test_the_low_is_that_of_the_cheapest_active_variant(frozen, cast):
    with db.unit_of_work() as session:
        made = make_product(session, cast.brand_a, sizes=("38", "39"))
        service.set_price(session, actor=SYSTEM, variant_id=variants_of(session, made)[1].id, price=euro(9900))
    with db.reading() as session:
        assert thirty_day_low(session, made.id, "EUR", clock.now()) == euro(9900)


def test_the_same_price_again_writes_no_history(product):
    set_price(product, 10900)
    with db.reading() as session:
        assert len(session.scalars(select(PricePeriod).where(PricePeriod.price_currency == "EUR")).all()) == 1


@both
def test_two_changes_in_the_same_instant_leave_one_period(product):
    set_price(product, 9900)
    set_price(product, 9500)
    with db.reading() as session:
        rows = session.scalars(
            select(PricePeriod).where(PricePeriod.price_currency == "EUR").order_by(PricePeriod.starts_at)
        ).all()
    assert [(row.price_amount, row.ends_at is None) for row in rows] == [(10900, False), (9500, True)]
    assert is_clean()


@pytest.mark.parametrize("amount", [0, 1, 49, 100_000_000])
def test_prices_out_of_bounds_are_refused(product, amount):
    with pytest.raises(InvalidInput):
        set_price(product, amount)
    assert quote(product).amount == euro(10900)


@pytest.mark.parametrize("name", ["ana", "ben", "mia", "ugo", "zed", "guest"])
def test_only_owner_and_producer_set_prices(product, cast, name):
    with db.unit_of_work() as session:
        (variant,) = variants_of(session, product)
        with pytest.raises((NotAllowed, NotFound)):
            service.set_price(session, actor=getattr(cast, name), variant_id=variant.id, price=euro(100))
    assert quote(product).amount == euro(10900)


def test_a_currency_can_be_taken_away(product):
    with db.unit_of_work() as session:
        (variant,) = variants_of(session, product)
        service.remove_price(session, actor=SYSTEM, variant_id=variant.id, currency="USD")
    with db.reading() as session:
        assert quote_prices(session, [variant.id], "USD", clock.now()) == {}
        view = load_product_view(session, slug="passo-uno", currency="USD")
    assert view.sold_out
    assert view.price_from is None
    assert is_clean()


def test_past_prices_must_not_overlap(product):
    with db.unit_of_work() as session:
        (variant,) = variants_of(session, product)
        first = clock.now() - 40 * DAY
        service.record_past_price(
            session, variant_id=variant.id, price=euro(9900), starts_at=first - 9 * DAY, ends_at=first
        )
        with pytest.raises(InvalidInput):
            service.record_past_price(
                session, variant_id=variant.id, price=euro(9900), starts_at=first - 3 * DAY, ends_at=first
            )
    assert is_clean()


@both
def test_verify_names_overlaps_and_wrong_prices(product):
    with db.unit_of_work() as session:
        session.execute(update(VariantPrice).where(VariantPrice.price_currency == "EUR").values(price_amount=1))
        period = session.scalars(select(PricePeriod).where(PricePeriod.price_currency == "USD")).one()
        session.add(
            PricePeriod(
                variant_id=period.variant_id,
                price_amount=1,
                price_currency="USD",
                starts_at=clock.now() - DAY,
                ends_at=clock.now(),
            )
        )
    with db.reading() as session:
        assert {finding.invariant for finding in check_all(session)} == {
            "prices.open_period_is_price",
            "prices.periods_do_not_overlap",
        }


def test_a_live_price_that_ends_before_it_begins_is_refused(product):
    with pytest.raises(InvalidInput):
        go_live(product, 8900, lasts=timedelta(0))
    with db.reading() as session:
        assert session.scalars(select(LivePrice)).all() == []
