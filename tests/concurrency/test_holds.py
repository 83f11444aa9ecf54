"""Two hundred buyers for fifty pieces: exactly fifty get one. The twin without the condition sells too many."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from shop.core import clock, db
from shop.inventory import service, verify
from shop.inventory.errors import AlreadyHeld, SoldOut
from shop.inventory.models import Hold, HoldState
from shop.inventory.queries import Level, levels
from shop.inventory.service import HoldLine
from tests.factories.cast import Cast
from tests.factories.catalog import make_product, variants_of

BUYERS, PIECES, POOL = 200, 50, 16

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def variants(cast: Cast) -> list[str]:
    """Two variants with fifty pieces each."""
    with db.unit_of_work() as session:
        product = make_product(session, cast.brand_a, stock=PIECES)
        return [variant.id for variant in variants_of(session, product)]


def all_at_once(app: Flask, buy: Callable[[int], bool]) -> int:
    """How many of the buyers were told that they have it."""
    gate = threading.Event()

    def one(number: int) -> bool:
        gate.wait()
        with app.app_context():
            return buy(number)

    with ThreadPoolExecutor(POOL) as pool:
        answers = [pool.submit(one, number) for number in range(BUYERS)]
        gate.set()
        return sum(answer.result() for answer in answers)


def findings() -> list[str]:
    with db.reading() as session:
        return [f"{finding.invariant}: {finding.fault}" for finding in verify.check(session)]


def hold_one(variant_id: str) -> Callable[[int], bool]:
    def buy(number: int) -> bool:
        try:
            with db.unit_of_work() as session:
                service.hold(
                    session,
                    owner_ref=f"order:{number}",
                    lines=[HoldLine(variant_id=variant_id, quantity=1)],
                    until=clock.now() + timedelta(minutes=10),
                )
        except SoldOut:
            return False
        return True

    return buy


def test_fifty_pieces_reach_fifty_buyers(app, variants):
    assert all_at_once(app, hold_one(variants[0])) == PIECES
    with db.reading() as session:
        assert levels(session, variants)[variants[0]] == Level(stock=PIECES, held=PIECES, sold=0)
        assert session.scalar(sa.select(sa.func.count()).select_from(Hold)) == PIECES
    assert findings() == []


def test_bags_with_both_variants_in_any_order_neither_oversell_nor_lock_up(app, variants):
    def buy(number: int) -> bool:
        wanted = variants if number % 2 else variants[::-1]
        try:
            with db.unit_of_work() as session:
                lines = [HoldLine(variant_id=variant, quantity=1) for variant in wanted]
                service.hold(
                    session, owner_ref=f"order:{number}", lines=lines, until=clock.now() + timedelta(minutes=10)
                )
        except SoldOut:
            return False
        return True

    assert all_at_once(app, buy) == PIECES
    assert findings() == []


def test_each_hold_ends_once_when_everybody_releases_and_sells(app, variants):
    assert all_at_once(app, hold_one(variants[0])) == PIECES

    def end(number: int) -> bool:
        """Twice per owner at the same time, once to release and once to sell."""
        with db.unit_of_work() as session:
            act = service.sell if number % 2 else service.release
            return bool(act(session, owner_ref=f"order:{number // 2}"))

    all_at_once(app, end)
    with db.reading() as session:
        states = dict(session.execute(sa.select(Hold.state, sa.func.count()).group_by(Hold.state)).all())
        level = levels(session, variants)[variants[0]]
    open_now = states.get(HoldState.HELD, 0)
    assert level.held == open_now
    assert level.sold == states.get(HoldState.SOLD, 0)
    assert sum(states.values()) == PIECES
    assert findings() == []


def test_the_same_owner_in_many_requests_holds_once(app, variants):
    def buy(_number: int) -> bool:
        return hold_one(variants[0])(1) is True

    def careful(number: int) -> bool:
        try:
            return buy(number)
        except AlreadyHeld:
            return False

    assert all_at_once(app, careful) >= 1
    with db.reading() as session:
        assert levels(session, variants)[variants[0]].held == 1
    assert findings() == []


def test_the_naive_twin_oversells(app, variants, database_url):
    """Read, decide, write back: what `hold` must never become. The table has no checks, so that the bug can show."""
    database = db.current()
    # Not through unit_of_work: its writer lock and BEGIN IMMEDIATE are a part of the cure on SQLite.
    engine = sa.create_engine(
        database.engine.url,
        pool_size=POOL,
        max_overflow=0,
        connect_args={"timeout": 60, "check_same_thread": False} if database.is_sqlite else {},
    )
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS naive")
        connection.exec_driver_sql("CREATE TABLE naive (id INTEGER PRIMARY KEY, held INTEGER)")
        connection.exec_driver_sql("INSERT INTO naive VALUES (1, 0)")
    pair = threading.Barrier(POOL)

    def buy(_number: int) -> bool:
        with engine.connect() as connection:
            held = connection.exec_driver_sql("SELECT held FROM naive WHERE id = 1").scalar_one()
            connection.rollback()
            # The unlucky moment that a race needs, made certain: everybody has read before anybody writes.
            _meet(pair)
            if held >= PIECES:
                return False
            connection.exec_driver_sql(f"UPDATE naive SET held = {held + 1} WHERE id = 1")
            connection.commit()
            return True

    sold = all_at_once(app, buy)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE naive")
    engine.dispose()
    assert sold > PIECES


def _meet(barrier: threading.Barrier) -> None:
    try:
        barrier.wait(timeout=0.5)
    except threading.BrokenBarrierError:
        barrier.reset()
