"""Hold, release, sell, receive, adjust: numbers, ledger, events and refusals, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from shop.catalog.models import Variant
from shop.core import clock, db, events
from shop.core.actor import SYSTEM
from shop.core.errors import InvalidInput, NotAllowed, NotFound
from shop.inventory import service, verify
from shop.inventory.errors import AlreadyHeld, SoldOut, StockPromised
from shop.inventory.events import StockChanged
from shop.inventory.models import Hold, HoldState, StockEntry, StockLevel
from shop.inventory.queries import Level, expired_owners, holds_of, levels, list_entries
from shop.inventory.service import HoldLine
from tests.factories.cast import Cast
from tests.factories.catalog import make_product, variants_of

both = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def skus(cast: Cast) -> list[str]:
    """Two variants with five pieces each."""
    with db.unit_of_work() as session:
        return [variant.id for variant in variants_of(session, make_product(session, cast.brand_a))]


@pytest.fixture
def heard(app: object) -> list[StockChanged]:
    found: list[StockChanged] = []
    events.subscribe(StockChanged, found.append)
    return found


def hold(owner: str, *wanted: tuple[str, int]) -> list[Hold]:
    with db.unit_of_work() as session:
        lines = [HoldLine(variant_id=variant, quantity=count) for variant, count in wanted]
        return service.hold(session, owner_ref=owner, lines=lines, until=clock.now() + timedelta(minutes=10))


def level(variant_id: str) -> Level:
    with db.reading() as session:
        return levels(session, [variant_id])[variant_id]


def is_clean() -> bool:
    with db.reading() as session:
        return verify.check(session) == []


@both
def test_hold_takes_from_what_can_be_sold(skus, heard):
    first, second = skus
    held = hold("order:1", (second, 2), (first, 1))
    assert sorted((row.variant_id, row.quantity) for row in held) == sorted([(first, 1), (second, 2)])
    assert level(first) == Level(stock=5, held=1, sold=0)
    assert level(second).left == 3
    assert heard[-1] == StockChanged(variant_ids=tuple(sorted(skus)))
    assert is_clean()


@both
def test_the_same_hold_again_is_once_and_another_is_refused(skus):
    first, second = skus
    again = [hold("order:1", (first, 2)), hold("order:1", (first, 1), (first, 1))]
    assert [row.id for row in again[0]] == [row.id for row in again[1]]
    with pytest.raises(AlreadyHeld):
        hold("order:1", (second, 1))
    assert level(first).held == 2
    assert level(second).held == 0


@both
def test_a_line_that_is_sold_out_undoes_the_others(skus, heard):
    first, second = skus
    with pytest.raises(SoldOut) as problem:
        hold("order:1", (first, 1), (second, 6))
    assert problem.value.data == {"sku": "PASSO-UNO-39", "left": 5}
    assert level(first) == Level(stock=5, held=0, sold=0)
    assert level(second).held == 0
    assert heard == [] or all(event.variant_ids for event in heard)
    assert is_clean()


@both
def test_pieces_pass_from_one_owner_to_another_whole_in_part_and_back(skus):
    first, second = skus

    def pass_on(giver: str, taker: str, count: int) -> bool:
        with db.unit_of_work() as session:
            return service.hand_over(
                session,
                from_ref=giver,
                to_ref=taker,
                variant_id=first,
                quantity=count,
                until=clock.now() + timedelta(minutes=5),
            )

    def holders() -> dict[str, dict[str, int]]:
        with db.reading() as session:
            rows = session.execute(select(Hold.owner_ref, Hold.variant_id, Hold.quantity).where(Hold.state == "held"))
            found: dict[str, dict[str, int]] = {}
            for owner, variant, count in rows:
                found.setdefault(owner, {})[variant] = count
            return found

    hold("offers:1", (first, 5), (second, 1))
    assert not pass_on("offers:1", "order:1", 6)
    assert not pass_on("nobody", "order:1", 1)
    assert pass_on("offers:1", "order:1", 2)
    assert pass_on("offers:1", "order:2", 1)
    assert holders() == {"offers:1": {first: 2, second: 1}, "order:1": {first: 2}, "order:2": {first: 1}}
    assert pass_on("order:1", "offers:1", 2)
    assert pass_on("offers:1", "order:3", 4)
    assert holders() == {"offers:1": {second: 1}, "order:2": {first: 1}, "order:3": {first: 4}}
    assert level(first) == Level(stock=5, held=5, sold=0)
    assert is_clean()


@both
def test_release_gives_back_and_sell_takes_away_once(skus):
    first, second = skus
    hold("order:1", (first, 2))
    hold("order:2", (first, 3), (second, 1))
    with db.unit_of_work() as session:
        assert [row.state for row in service.release(session, owner_ref="order:1")] == [HoldState.RELEASED]
        assert service.release(session, owner_ref="order:1") == []
        assert service.sell(session, owner_ref="order:1") == []
        assert [row.quantity for row in service.sell(session, owner_ref="order:2")] == [3, 1]
        assert service.sell(session, owner_ref="order:2") == []
        assert service.release(session, owner_ref="order:2") == []
    assert level(first) == Level(stock=5, held=0, sold=3)
    assert level(second) == Level(stock=5, held=0, sold=1)
    assert is_clean()


@both
def test_a_released_owner_can_hold_again(skus):
    hold("order:1", (skus[0], 2))
    with db.unit_of_work() as session:
        service.release(session, owner_ref="order:1")
    hold("order:1", (skus[0], 4))
    with db.reading() as session:
        states = [(row.quantity, row.state) for row in holds_of(session, "order:1")]
    assert sorted(states) == [(2, "released"), (4, "held")]
    assert is_clean()


def test_past_deadline_stays_held_until_somebody_releases_it(frozen, skus):
    hold("order:1", (skus[0], 5))
    clock.move(timedelta(minutes=10))
    with db.unit_of_work() as session:
        assert expired_owners(session, at=clock.now()) == ["order:1"]
        assert levels(session, skus[:1])[skus[0]].left == 0
        service.extend(session, owner_ref="order:1", until=clock.now() + timedelta(minutes=5))
        assert expired_owners(session, at=clock.now()) == []
        service.extend(session, owner_ref="order:1", until=clock.now())
        assert expired_owners(session, at=clock.now()) == []


@both
def test_counting_is_refused_below_what_is_promised(skus, cast):
    hold("order:1", (skus[0], 3))
    with pytest.raises(StockPromised) as problem, db.unit_of_work() as session:
        service.adjust(session, actor=cast.olga, variant_id=skus[0], quantity=-3, reason="Water damage")
    assert problem.value.data == {"left": 2}
    with db.unit_of_work() as session:
        service.adjust(session, actor=cast.pia, variant_id=skus[0], quantity=-2, reason="Water damage")
    assert level(skus[0]) == Level(stock=3, held=3, sold=0)
    assert is_clean()


@pytest.mark.parametrize("quantity", [0, -1])
def test_receiving_nothing_is_refused(skus, cast, quantity):
    with pytest.raises(InvalidInput), db.unit_of_work() as session:
        service.receive(session, actor=cast.olga, variant_id=skus[0], quantity=quantity)
    assert level(skus[0]).stock == 5


def test_an_adjustment_needs_a_reason_and_a_bound(skus, cast):
    for quantity, reason in ((1, " "), (0, "Why not"), (2_000_000, "A typo")):
        with pytest.raises(InvalidInput), db.unit_of_work() as session:
            service.adjust(session, actor=cast.olga, variant_id=skus[0], quantity=quantity, reason=reason)
    assert level(skus[0]).stock == 5


@pytest.mark.parametrize("name", ["ana", "ben", "mia", "ugo", "zed", "root", "guest"])
def test_only_owner_and_producer_change_stock(skus, cast, name):
    with pytest.raises(NotAllowed), db.unit_of_work() as session:
        service.adjust(session, actor=getattr(cast, name), variant_id=skus[0], quantity=1, reason="Found one")
    assert level(skus[0]).stock == 5


def test_unknown_variants_are_not_found(skus, cast):
    with pytest.raises(NotFound), db.unit_of_work() as session:
        service.receive(session, actor=SYSTEM, variant_id="var_00000000000000000000000000", quantity=1)
    with pytest.raises(NotFound):
        hold("order:1", ("var_00000000000000000000000000", 1))


def test_the_ledger_reads_like_a_story(frozen, skus, cast):
    clock.move(timedelta(minutes=1))
    hold("order:1", (skus[0], 2))
    clock.move(timedelta(minutes=1))
    with db.unit_of_work() as session:
        service.sell(session, owner_ref="order:1")
    clock.move(timedelta(minutes=1))
    with db.unit_of_work() as session:
        service.take_back(session, actor=cast.olga, variant_id=skus[0], quantity=1, reason="Too small")
    with db.reading() as session:
        product_id = session.get_one(Variant, skus[0]).product_id
        story = [(e.sku, e.movement.value, e.change, e.by) for e in list_entries(session, product_id=product_id)]
    assert story[:3] == [
        ("PASSO-UNO-38", "returned", 1, "Olga"),
        ("PASSO-UNO-38", "sold", 0, ""),
        ("PASSO-UNO-38", "held", -2, ""),
    ]
    assert level(skus[0]) == Level(stock=6, held=0, sold=2)
    assert is_clean()


@both
def test_verify_names_each_fault(skus):
    hold("order:1", (skus[0], 1))
    with db.unit_of_work() as session:
        session.execute(update(StockLevel).where(StockLevel.variant_id == skus[0]).values(stock=9, held=2))
        session.execute(update(Hold).values(state="sold"))
    with db.reading() as session:
        found = [(finding.invariant, finding.fault) for finding in verify.check(session)]
    assert found[0] == (
        "stock.levels_match_ledger",
        "PASSO-UNO-38: stock 9, held 2, sold 0; the ledger says 5, 1, 0",
    )
    assert ("stock.held_is_sum_of_open_holds", "PASSO-UNO-38: 2 counted as held, 0 in open holds") in found
    assert [name for name, _ in found].count("stock.holds_ended_once") == 1


@both
def test_the_database_itself_refuses_to_oversell(skus):
    with pytest.raises(IntegrityError), db.unit_of_work() as session:
        session.execute(update(StockLevel).values(sold=6))
    with db.reading() as session:
        assert session.scalar(select(StockEntry.id).limit(1)) is not None
    assert is_clean()
