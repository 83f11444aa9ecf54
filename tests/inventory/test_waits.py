"""Tell me when it is back: one notice per wait, whatever brings the piece back and however often."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.catalog.models import Variant
from shop.core import clock, db, jobs
from shop.core.actor import SYSTEM, Actor
from shop.core.errors import NotFound, SignInNeeded
from shop.core.mail import Mail
from shop.inventory import service, waits
from shop.inventory.errors import InStock
from shop.inventory.models import StockWait
from shop.notifications.models import Notice
from tests.factories.cast import Cast
from tests.factories.catalog import make_product, variants_of
from tests.support.visitor import JSON, Visitor

both = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
pytestmark = pytest.mark.usefixtures("sent")


@pytest.fixture
def gone(cast: Cast) -> Variant:
    """Size 38, of which there is none."""
    with db.unit_of_work() as session:
        product = make_product(session, cast.brand_a, stock=0)
        return variants_of(session, product)[0]


def wait(actor: Actor, variant: Variant) -> None:
    with db.unit_of_work() as session:
        waits.wait_for(session, actor=actor, variant_id=variant.id)


def receive(variant: Variant, quantity: int = 1) -> None:
    with db.unit_of_work() as session:
        service.receive(session, actor=SYSTEM, variant_id=variant.id, quantity=quantity)


def hold(variant: Variant, owner: str) -> None:
    with db.unit_of_work() as session:
        line = service.HoldLine(variant_id=variant.id, quantity=1)
        service.hold(session, owner_ref=owner, lines=[line], until=clock.now() + timedelta(minutes=10))


def told(actor: Actor) -> list[tuple[str, str]]:
    with db.reading() as session:
        rows = session.execute(select(Notice.kind, Notice.url).where(Notice.account_id == actor.account_id))
        return [(kind, url) for kind, url in rows]


BACK = ("stock.back", "/p/passo-uno?variant=PASSO-UNO-38")


@both
def test_goods_that_come_in_tell_each_who_waits_once(cast: Cast, gone: Variant) -> None:
    wait(cast.ana, gone)
    wait(cast.ana, gone)
    wait(cast.sam, gone)
    receive(gone)
    receive(gone)
    jobs.run_due_jobs()
    assert (told(cast.ana), told(cast.sam), told(cast.mia)) == ([BACK], [BACK], [])
    with db.reading() as session:
        assert list(session.scalars(select(Mail.subject).order_by(Mail.id))) == ["Passo Uno is back"] * 2


def test_a_second_wait_is_told_again(cast: Cast, gone: Variant) -> None:
    wait(cast.ana, gone)
    receive(gone)
    jobs.run_due_jobs()
    hold(gone, "order:1")
    wait(cast.ana, gone)
    receive(gone)
    jobs.run_due_jobs()
    assert told(cast.ana) == [BACK, BACK]


@both
def test_a_checkout_that_ends_without_money_tells_too(cast: Cast, gone: Variant) -> None:
    receive(gone)
    hold(gone, "order:1")
    wait(cast.ana, gone)
    with db.unit_of_work() as session:
        service.release(session, owner_ref="order:1")
    jobs.run_due_jobs()
    assert told(cast.ana) == [BACK]


def test_a_piece_that_is_gone_again_keeps_people_waiting(cast: Cast, gone: Variant) -> None:
    wait(cast.ana, gone)
    receive(gone)
    hold(gone, "order:1")
    jobs.run_due_jobs()
    assert told(cast.ana) == []
    receive(gone)
    jobs.run_due_jobs()
    assert told(cast.ana) == [BACK]


@both
def test_eight_jobs_at_once_tell_once(app: Flask, cast: Cast, gone: Variant) -> None:
    for person in (cast.ana, cast.sam, cast.mia):
        wait(person, gone)
    receive(gone)
    gate = threading.Barrier(8)

    def one(_number: int) -> None:
        with app.app_context():
            gate.wait()
            waits.tell_waiting(variant_id=gone.id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 3


@both
def test_a_wait_made_while_the_goods_come_in_is_refused_or_told(app: Flask, cast: Cast, gone: Variant) -> None:
    gate = threading.Barrier(2)

    def ask() -> bool:
        with app.app_context():
            gate.wait()
            try:
                wait(cast.ana, gone)
            except InStock:
                return False
            return True

    def bring() -> None:
        with app.app_context():
            gate.wait()
            receive(gone)

    with ThreadPoolExecutor(2) as pool:
        asked, brought = pool.submit(ask), pool.submit(bring)
        brought.result()
        waits_now = asked.result()
    jobs.run_due_jobs()
    assert told(cast.ana) == ([BACK] if waits_now else [])


def test_nobody_waits_for_what_can_be_bought_or_is_not_there(cast: Cast, gone: Variant) -> None:
    with pytest.raises(SignInNeeded):
        wait(cast.guest, gone)
    receive(gone)
    with pytest.raises(InStock):
        wait(cast.ana, gone)
    with pytest.raises(NotFound), db.unit_of_work() as session:
        waits.wait_for(session, actor=cast.ana, variant_id="var_00000000000000000000000000")
    with db.reading() as session:
        assert list(session.scalars(select(StockWait.id))) == []


def test_the_product_page_asks_and_takes_back(visitor: Visitor, cast: Cast, gone: Variant) -> None:
    page = visitor.get("/p/passo-uno").get_data(as_text=True)
    assert 'href="/signin?next=/p/passo-uno"' in page
    visitor.sign_in(cast.ana)
    answer = visitor.post("/p/passo-uno/waits", wait=gone.sku)
    assert (answer.status_code, answer.location) == (303, "/p/passo-uno#back")
    assert f'name="stop" value="{gone.sku}"' in visitor.get("/p/passo-uno").get_data(as_text=True)
    visitor.post("/p/passo-uno/waits", stop=gone.sku)
    assert f'name="wait" value="{gone.sku}"' in visitor.get("/p/passo-uno").get_data(as_text=True)
    receive(gone)
    jobs.run_due_jobs()
    assert told(cast.ana) == []
    assert visitor.post("/p/passo-uno/waits", headers=JSON, wait=gone.sku).json["error"]["code"] == "in_stock"
    assert visitor.post("/p/passo-uno/waits", headers=JSON, wait="nonsense").status_code == 404
