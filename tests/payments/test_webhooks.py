"""Forged, stale, foreign and repeated events change nothing."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import stripe
from sqlalchemy import select

from shop.core import db
from shop.orders.models import OrderState
from shop.payments.models import ProviderEvent
from tests.factories.cast import Cast
from tests.payments.sandbox.running import SECRET
from tests.support.till import Till, faults, level, the_order, the_payment, work

sign = stripe.WebhookSignature.generate_signature_header


def paid_event(till: Till, cast: Cast) -> tuple[bytes, str]:
    """An order was paid at the provider; its genuine event, not delivered yet."""
    ana = till.visitor().sign_in(cast.ana)
    till.pay(ana.post("/checkout/now", variant_id="MAREA"))
    till.running.deliver()
    bodies = till.running.inbox.bodies
    body = next(one for one in bodies if json.loads(one)["type"] == "checkout.session.completed")
    return body, sign(body.decode(), SECRET)


def inbox() -> list[ProviderEvent]:
    with db.reading() as session:
        return list(session.scalars(select(ProviderEvent)))


def changed(body: bytes, **fields: Any) -> bytes:
    return json.dumps({**json.loads(body), **fields}).encode()


def test_a_genuine_event_is_kept_once_and_finishes_the_order(till: Till, cast: Cast) -> None:
    body, signature = paid_event(till, cast)
    assert till.post_event(body, signature).get_json() == {"received": True}
    assert till.post_event(body, signature).status_code == 200
    work()
    assert [row.outcome for row in inbox()] == ["paid"]
    assert the_order().state == OrderState.PAID
    assert set(inbox()[0].payload) == {"payment", "session", "intent", "api_version"}  # No names, no addresses.


@pytest.mark.parametrize(
    "forge",
    [
        lambda body: (body, ""),
        lambda body: (body, "t=,v1="),
        lambda body: (body, "nonsense"),
        lambda body: (body, sign(body.decode(), "whsec_of_somebody_else")),
        lambda body: (body, sign(body.decode(), SECRET, int(time.time()) - 301)),
        lambda body: (body, sign(body.decode(), SECRET, int(time.time()) + 320)),
        lambda body: (body + b" ", sign(body.decode(), SECRET)),
        lambda body: (body.replace(b"2900", b"1"), sign(body.decode(), SECRET)),
        lambda body: _signed(changed(body, livemode=True)),
        lambda body: _signed(changed(body, account="acct_of_somebody")),
        lambda body: _signed(b"[]"),
        lambda body: _signed(b"{}"),
        lambda body: _signed(b"not json"),
        lambda body: _signed(changed(body, data=None)),
        lambda body: _signed(changed(body, id=7)),
        lambda body: (b"\xff\xfe", sign("x", SECRET)),
        lambda body: (body, sign(body.decode(), SECRET).replace("v1=", "v0=")),
    ],
)
def test_forgeries_have_no_effect(till: Till, cast: Cast, forge: Any) -> None:
    body, _ = paid_event(till, cast)
    answer = till.post_event(*forge(body))
    assert answer.status_code == 400
    assert answer.get_json()["error"]["code"] == "untrusted_event"
    work()
    assert inbox() == []
    assert the_order().state == OrderState.PAYING
    assert level(till.mug) == (5, 1, 0)


def _signed(body: bytes) -> tuple[bytes, str]:
    return body, sign(body.decode(), SECRET)


def test_an_honest_looking_event_about_unpaid_money_pays_nothing(till: Till, cast: Cast) -> None:
    """Somebody who stole the secret still cannot invent money: the object is fetched."""
    ana = till.visitor().sign_in(cast.ana)
    ana.post("/checkout/now", variant_id="MAREA")
    payment = the_payment(the_order())
    thing = {
        "object": "checkout.session",
        "id": payment.session_ref,
        "payment_status": "paid",
        "metadata": {"payment": payment.id},
    }
    event = {
        "object": "event",
        "id": "evt_invented",
        "type": "checkout.session.completed",
        "livemode": False,
        "api_version": "x",
        "data": {"object": thing},
    }
    assert till.post_event(*_signed(json.dumps(event).encode())).status_code == 200
    work()
    assert the_order().state == OrderState.PAYING
    assert [row.outcome for row in inbox()] == ["open"]


@pytest.mark.parametrize("ref", ["cs_test_unknown", "", "'; DROP TABLE orders", "x" * 5000])
def test_events_about_nothing_of_ours_are_kept_and_closed(till: Till, cast: Cast, ref: str) -> None:
    thing = {"object": "checkout.session", "id": ref, "metadata": {"payment": ref or "pay_x"}}
    event = {
        "object": "event",
        "id": "evt_foreign",
        "type": "checkout.session.completed",
        "livemode": False,
        "data": {"object": thing},
    }
    assert till.post_event(*_signed(json.dumps(event).encode())).status_code == 200
    work()
    assert [row.outcome for row in inbox()] == ["unknown payment"]


def test_an_oversized_event_is_refused(till: Till, cast: Cast) -> None:
    assert till.post_event(b"x" * (1024 * 1024 + 1), "t=1,v1=x").status_code == 413
    assert inbox() == []


def test_the_intents_event_alone_is_enough(till: Till, cast: Cast) -> None:
    paid_event(till, cast)
    bodies = till.running.inbox.bodies
    body = next(one for one in bodies if json.loads(one)["type"] == "payment_intent.succeeded")
    assert till.post_event(*_signed(body)).status_code == 200
    work()
    assert the_order().state == OrderState.PAID
    assert faults() == []


def test_an_expired_page_is_told_by_its_event(till: Till, cast: Cast) -> None:
    ana = till.visitor().sign_in(cast.ana)
    ana.post("/checkout/now", variant_id="MAREA")
    till.running.forward(32 * 60)
    till.running.deliver()
    for body in till.running.inbox.bodies:
        assert till.post_event(*_signed(body)).status_code == 200
    work()
    assert the_order().state == OrderState.CANCELLED
    assert level(till.mug) == (5, 0, 0)
    assert faults() == []
