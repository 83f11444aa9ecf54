"""The process dies at any step; whatever ran is either whole or gone, and running again ends right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from shop.cart import service as cart
from shop.checkout import service
from shop.checkout.jobs import look_at_waiting_orders
from shop.core import clock, db
from shop.core.jobs import Job
from shop.core.mail import Mail
from shop.inventory import service as inventory
from shop.orders import mails
from shop.orders import service as orders_service
from shop.orders.models import OrderState
from shop.payments import jobs as payment_jobs
from tests.factories.cast import Cast
from tests.support.recording import Recorder
from tests.support.till import Till, faults, level, the_order, work

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


class Crash(BaseException):
    """kill -9 runs no handler, so nothing that catches Exception may see this."""


def crash_in(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, *, after: bool = False) -> None:
    """The next call of this function is the last thing the process does."""
    honest: Callable[..., Any] = getattr(place, name)
    armed = [True]

    def dying(*args: Any, **kwargs: Any) -> Any:
        if not armed[0]:
            return honest(*args, **kwargs)
        if after:
            honest(*args, **kwargs)
        armed[0] = False
        raise Crash(name)

    monkeypatch.setattr(place, name, dying)


STEPS = [
    (service, "note_paid"),
    (service, "find_fault"),
    (service, "_has_goods"),
    (orders_service, "mark_paid"),
    (mails, "thank"),
    (cart, "take_out"),
    (inventory, "sell"),
]


@BOTH
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", range(len(STEPS)), ids=[name for _, name in STEPS])
def test_a_crash_while_finishing_changes_nothing_and_the_next_run_does_all_once(
    *, till: Till, cast: Cast, sent: Recorder, monkeypatch: pytest.MonkeyPatch, step: int, after: bool
) -> None:
    ana = till.visitor().sign_in(cast.ana)
    ana.post("/cart/lines", variant_id="MAREA", quantity="2")
    answer = ana.post("/checkout", seen_total="6290", to="home")
    till.pay(answer)
    crash_in(monkeypatch, *STEPS[step], after=after)
    with pytest.raises(Crash):
        service.finish_payment(till.session_ref(answer))
    assert the_order().state == OrderState.PAYING
    assert level(till.mug) == (5, 2, 0)
    assert sent.names.count("order.paid") == 0
    assert faults() == []
    assert service.finish_payment(till.session_ref(answer)) == "paid"
    assert service.finish_payment(till.session_ref(answer)) == "known"
    till.deliver(times=2)
    work()
    assert the_order().state == OrderState.PAID
    assert level(till.mug) == (5, 0, 2)
    with db.reading() as session:
        assert len(session.scalars(select(Mail)).all()) == 1
    assert sent.names.count("order.paid") == 2
    assert faults() == []


@BOTH
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", ["place", "hold", "new_payment"])
def test_a_crash_while_placing_leaves_no_half_order(
    till: Till, cast: Cast, monkeypatch: pytest.MonkeyPatch, name: str, after: bool
) -> None:
    from shop.checkout import placing

    place = {"place": orders_service, "hold": inventory, "new_payment": placing}[name]
    ana = till.visitor().sign_in(cast.ana)
    crash_in(monkeypatch, place, name, after=after)
    with pytest.raises(Crash):
        ana.post("/checkout/now", variant_id="MAREA")
    assert level(till.mug) == (5, 0, 0)
    assert faults() == []
    ana.get(till.pay(ana.post("/checkout/now", variant_id="MAREA")))
    assert the_order().number == 1001
    assert faults() == []


@BOTH
def test_a_crash_between_the_providers_answer_and_our_note(
    till: Till, cast: Cast, stopped: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = till.visitor().sign_in(cast.ana)
    crash_in(monkeypatch, service, "note_page")
    with pytest.raises(Crash):
        ana.post("/checkout/now", variant_id="MAREA")
    assert (the_order().state, level(till.mug)) == (OrderState.PAYING, (5, 1, 0))
    again = ana.post("/checkout/now", variant_id="MAREA")
    assert len(till.running.client.v1.checkout.sessions.list().data) == 1
    ana.get(till.pay(again))
    assert the_order().state == OrderState.PAID
    assert faults() == []


def test_nobody_comes_back_after_that_crash(
    till: Till, cast: Cast, stopped: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = till.visitor().sign_in(cast.ana)
    crash_in(monkeypatch, service, "note_page")
    with pytest.raises(Crash):
        ana.post("/checkout/now", variant_id="MAREA")
    clock.move(timedelta(minutes=3))
    look_at_waiting_orders()
    assert the_order().state == OrderState.CANCELLED
    assert level(till.mug) == (5, 0, 0)
    assert {one.status for one in till.running.client.v1.checkout.sessions.list().data} == {"expired"}
    assert faults() == []


@BOTH
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_while_refunding_refunds_once(
    till: Till, cast: Cast, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    ana = till.visitor().sign_in(cast.ana)
    answer = ana.post("/checkout/now", variant_id="MAREA")
    till.pay(answer)
    monkeypatch.setattr(service, "find_fault", lambda *_: "it is wrong")
    assert service.finish_payment(till.session_ref(answer)) == "goes back"
    crash_in(monkeypatch, payment_jobs, "_note_refund", after=after)
    with pytest.raises(Crash):
        work()
    assert the_order().state == OrderState.CANCELLED
    with db.unit_of_work() as session:  # The lease of the dead worker runs out.
        for job in session.scalars(select(Job).where(Job.state == "running")):
            job.leased_until = clock.now() - timedelta(seconds=1)
    work()
    assert the_order().state == OrderState.REFUNDED
    assert len(till.running.client.v1.refunds.list().data) == 1
    assert faults() == []
