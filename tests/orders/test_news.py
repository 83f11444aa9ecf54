"""What shoppers with an account are told about their orders: once each, and never in two mails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from shop.core import db
from shop.core.mail import Mail
from shop.orders import service
from shop.orders.queries import load_parts
from tests.factories.cast import Cast
from tests.factories.catalog import variants_of
from tests.notifications.conftest import board
from tests.support.till import Till, open_till, the_order, work


@pytest.fixture
def till(app: Flask, cast: Cast, tmp_path: Path) -> Iterator[Till]:
    with open_till(app, cast, tmp_path) as opened:
        yield opened


def subjects(to: str) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Mail.subject).where(Mail.to_address == to).order_by(Mail.id)))


def test_paid_sent_and_arrived_are_told_once(till: Till, cast: Cast) -> None:
    shopper = till.visitor().sign_in(cast.ana)
    with db.reading() as session:
        sku = variants_of(session, till.shoes)[0].sku
    till.pay(shopper.post("/checkout/now", variant_id=sku, quantity="1"))
    assert till.deliver(times=2)
    work()
    order = the_order()
    with db.reading() as session:
        (part,) = load_parts(session, order.id)
    for _again in range(2):
        with db.unit_of_work() as session:
            service.ship_part(session, actor=cast.olga, part_id=part.id, carrier="BRT", tracking_number="X1")
    for _again in range(2):
        with db.unit_of_work() as session:
            service.deliver_part(session, actor=cast.olga, part_id=part.id)
    work()
    rows = board(cast.ana)
    assert [(row.title, row.text) for row in rows] == [
        (f"Your parcel {order.number}-A from Brand A arrived", ""),
        (f"Brand A sent your parcel {order.number}-A.", "BRT X1"),
        (f"Your order {order.number} is paid", ""),
    ]
    assert {row.url for row in rows} == {f"/orders/{order.number}"}
    sent = subjects(order.email) + ([] if order.email == "ana@example.test" else subjects("ana@example.test"))
    assert len(sent) == len(set(sent)) == 3  # Thanks, on its way, arrived.


def test_guests_have_no_board(till: Till, cast: Cast) -> None:
    guest = till.visitor()
    guest.become_guest()
    with db.reading() as session:
        sku = variants_of(session, till.shoes)[0].sku
    till.pay(guest.post("/checkout/now", variant_id=sku, quantity="1"), email="guest@example.test")
    till.deliver()
    work()
    assert the_order().state == "paid"
    assert board(cast.ana) == []
