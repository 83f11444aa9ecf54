"""Webhooks: signed, repeated until accepted, and disturbed on request."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from tests.payments.sandbox.running import SECRET, Running, running_sandbox


@pytest.fixture
def expired(running: Running) -> Running:
    """One event waits: checkout.session.expired."""
    running.client.v1.checkout.sessions.expire(running.session().id)
    return running


def arm(running: Running, kind: str, **options: Any) -> None:
    answer = running.control("/faults", kind=kind, **options)
    assert answer.status_code == 200, answer.text


def last_event(running: Running) -> stripe.Event:
    return running.client.v1.events.list({"limit": 1}).data[0]


def test_deliveries_carry_the_sdks_own_signature(expired: Running) -> None:
    assert expired.deliver() == 1
    event = expired.inbox.verified(0)
    assert (event.type, event.request.idempotency_key is not None) == ("checkout.session.expired", True)
    assert last_event(expired).pending_webhooks == 0
    assert expired.deliver() == 0


def test_a_refused_delivery_is_repeated_on_schedule(expired: Running) -> None:
    expired.inbox.status = 500
    expired.deliver()
    for wait, tries in ((0.5, 1), (0.5, 2), (4, 2), (1, 3), (30, 4)):
        expired.forward(wait)
        expired.deliver()
        assert len(expired.inbox.bodies) == tries
    assert len(expired.client.v1.events.list({"delivery_success": False}).data) == 1
    expired.inbox.status = 200
    expired.forward(300)
    expired.deliver()
    assert len(expired.inbox.bodies) == 5
    assert expired.client.v1.events.list({"delivery_success": False}).data == []
    assert len(set(expired.inbox.bodies)) == 1, "each try carries the same event"


def test_an_unreachable_shop_is_tried_for_three_days_then_given_up(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, webhook_url="http://127.0.0.1:9/hook") as running:
        running.client.v1.checkout.sessions.expire(running.session().id)
        for _ in range(12):
            running.deliver()
            running.forward(86_400)
        delivery = requests.get(f"{running.url}/_control/deliveries", timeout=5).json()["deliveries"][0]
        assert (delivery["state"], delivery["attempts"], delivery["last_error"]) == ("failed", 11, "ConnectionError")


def test_dropped_events_never_arrive_but_stay_in_the_list(expired: Running) -> None:
    arm(expired, "drop")
    expired.deliver()
    expired.forward(86_400)
    expired.deliver()
    assert expired.inbox.bodies == []
    assert last_event(expired).type == "checkout.session.expired"
    assert [e.id for e in expired.client.v1.events.list({"delivery_success": False}).data] == [last_event(expired).id]


def test_duplicates_are_the_same_event(expired: Running) -> None:
    arm(expired, "duplicate")
    expired.deliver()
    assert [expired.inbox.verified(i).id for i in range(2)] == [last_event(expired).id] * 2


def test_a_delayed_event_comes_later(expired: Running) -> None:
    arm(expired, "delay", seconds=60)
    expired.deliver()
    assert expired.inbox.bodies == []
    expired.forward(60)
    expired.deliver()
    assert len(expired.inbox.bodies) == 1


def test_events_can_come_in_the_other_order(running: Running) -> None:
    arm(running, "reorder", match="payment_intent.succeeded")
    running.browser.pay(running.session().id)
    running.deliver()
    assert running.inbox.types == ["checkout.session.completed", "payment_intent.succeeded"]


def test_a_reordered_event_without_a_second_still_arrives(expired: Running) -> None:
    arm(expired, "reorder")
    expired.deliver()
    assert expired.inbox.bodies == []
    expired.forward(2)
    expired.deliver()
    assert len(expired.inbox.bodies) == 1


@pytest.mark.parametrize("kind", ["bad_signature", "old_timestamp"])
def test_forged_deliveries_fail_the_sdks_check(expired: Running, kind: str) -> None:
    arm(expired, kind)
    expired.deliver()
    with pytest.raises(stripe.SignatureVerificationError):
        expired.inbox.verified(0)


def test_a_future_timestamp_is_signed_correctly(expired: Running) -> None:
    """The SDK accepts it, which is why the shop checks the time itself."""
    arm(expired, "future_timestamp")
    expired.deliver()
    stamp = int(expired.inbox.signatures[0].split(",")[0].removeprefix("t="))
    assert stamp == expired.time[0] + 3600
    assert expired.inbox.verified(0).type == "checkout.session.expired"


def test_faults_count_down_and_match(running: Running) -> None:
    arm(running, "drop", count=2, match="checkout.session.expired")
    for _ in range(3):
        running.client.v1.checkout.sessions.expire(running.session().id)
    running.deliver()
    assert len(running.inbox.bodies) == 1
    assert requests.get(f"{running.url}/_control/faults", timeout=5).json()["faults"] == []


def test_an_event_can_be_sent_again(expired: Running) -> None:
    expired.deliver()
    answer = expired.control(f"/events/{last_event(expired).id}/send")
    assert answer.json() == {"ok": True, "statuses": [200]}
    assert [expired.inbox.verified(i).id for i in range(2)] == [last_event(expired).id] * 2
    assert expired.control("/events/evt_none/send").status_code == 404


def test_other_endpoints_get_what_they_asked_for(running: Running) -> None:
    endpoints = running.client.v1.webhook_endpoints
    wanted = endpoints.create({"url": running.inbox.url, "enabled_events": ["customer.created"]})
    assert wanted.secret is not None and wanted.secret.startswith("whsec_")
    running.client.v1.customers.create({"email": "anna@posta.it"})
    running.deliver()
    body, signature = running.inbox.bodies[0].decode(), running.inbox.signatures[0]
    assert stripe.Webhook.construct_event(body, signature, wanted.secret).type == "customer.created"  # type: ignore[no-untyped-call]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, SECRET)  # type: ignore[no-untyped-call]
    endpoints.delete(wanted.id)
    assert [e.id for e in endpoints.list().data] == ["we_shop"]


@pytest.fixture
def by_itself(tmp_path: Path) -> Iterator[Running]:
    with running_sandbox(tmp_path, clock=time.time, background=True) as running:
        yield running


def test_events_go_out_by_themselves(by_itself: Running) -> None:
    by_itself.browser.pay(by_itself.session().id)
    deadline = time.monotonic() + 5
    while len(by_itself.inbox.bodies) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert by_itself.inbox.types == ["payment_intent.succeeded", "checkout.session.completed"]


def test_moving_the_clock_expires_and_tells_by_itself(by_itself: Running) -> None:
    by_itself.session()
    by_itself.forward(86_400)
    deadline = time.monotonic() + 5
    while not by_itself.inbox.bodies and time.monotonic() < deadline:
        time.sleep(0.01)
    assert by_itself.inbox.types == ["checkout.session.expired"]
    assert abs(by_itself.inbox.verified(0).created - time.time() - 86_400) < 10


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/faults", {"kind": "explode"}, 400),
        ("/faults", {"kind": "drop", "count": 0}, 400),
        ("/faults", {"kind": "drop", "count": True}, 400),
        ("/faults", {"kind": "drop", "unknown": 1}, 400),
        ("/faults", {"kind": 5}, 400),
        ("/clock", {"forward_seconds": -1}, 400),
        ("/clock", {"forward_seconds": "soon"}, 400),
        ("/nothing", {}, 404),
    ],
)
def test_senseless_control_is_refused(running: Running, path: str, body: dict[str, Any], status: int) -> None:
    assert running.control(path, **body).status_code == status


def test_control_is_for_this_machine_only(running: Running) -> None:
    post = f"{running.url}/_control/clock"
    for headers in ({"Host": "evil.example"}, {"X-Forwarded-For": "127.0.0.1"}):
        answer = requests.post(post, json={"forward_seconds": 1}, headers=headers, timeout=5)
        assert answer.status_code == 403
    assert requests.post(post, data={"forward_seconds": "1"}, timeout=5).status_code == 415
    assert requests.post(post, data="{", headers={"Content-Type": "application/json"}, timeout=5).status_code == 400
    nan = '{"forward_seconds": NaN}'
    assert requests.post(post, data=nan, headers={"Content-Type": "application/json"}, timeout=5).status_code == 400
    assert running.sandbox.clock.offset == 0


def test_control_asks_for_its_token_when_it_has_one(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, control_token="open sesame") as running:
        url = f"{running.url}/_control/faults"
        assert requests.get(url, timeout=5).status_code == 403
        assert requests.get(url, headers={"Authorization": "Bearer open sesame"}, timeout=5).status_code == 200
