"""The protocol around the operations: keys, versions, errors, idempotency, cursors, expansion."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from tests.payments.sandbox.running import KEY, Running, running_sandbox, session_params


def call(running: Running, method: str = "GET", path: str = "/v1/events", **kwargs: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {KEY}", **kwargs.pop("headers", {})}
    return requests.request(method, running.url + path, headers=headers, timeout=10, **kwargs)


def test_each_reply_has_a_request_id_and_the_version(running: Running) -> None:
    answer = call(running)
    assert answer.status_code == 200
    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == stripe.api_version


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({"Authorization": ""}, 401, "did not provide an API key"),
        ({"Authorization": "Basic !!"}, 401, "did not provide an API key"),
        ({"Authorization": "Bearer sk_live_abc"}, 401, "takes no live key"),
        ({"Authorization": "Bearer pk_test_abc"}, 401, "Invalid API Key"),
        ({"Stripe-Version": "2024-06-20"}, 400, "Invalid Stripe API version"),
        ({"Stripe-Account": "acct_1"}, 400, "sandbox does not model the header Stripe-Account"),
    ],
)
def test_callers_are_checked(running: Running, headers: dict[str, str], status: int, message: str) -> None:
    answer = call(running, headers=headers)
    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]


def test_basic_authentication_works_as_with_curl(running: Running) -> None:
    answer = requests.get(f"{running.url}/v1/events", auth=(KEY, ""), timeout=10)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "kwargs", "status"),
    [
        ("GET", "/v1/unicorns", {}, 404),
        ("DELETE", "/v1/refunds/re_1", {}, 404),
        ("PUT", "/v1/refunds", {}, 405),
        ("GET", "/nothing", {}, 404),
        ("GET", "/v1/refunds/re_none", {}, 404),
        ("POST", "/v1/refunds", {"data": b"a[b=1"}, 400),
        ("POST", "/v1/refunds", {"data": b"\xff\xfe"}, 400),
        ("POST", "/v1/refunds", {"data": b"charge=%00"}, 400),
        ("POST", "/v1/refunds", {"json": {"charge": "ch_1"}}, 400),
        ("POST", "/v1/refunds", {"data": "charge=" + "x" * 1_200_000}, 413),
        ("POST", "/v1/refunds", {"data": "&".join(f"a{i}=1" for i in range(2000))}, 400),
        ("GET", "/v1/events?limit=NaN", {}, 400),
        ("GET", "/v1/events?limit=99999999999999999999999", {}, 400),
        ("GET", "/v1/events?created[gte]=-5&created[lt]=1", {}, 200),
        ("GET", "/v1/events?starting_after=evt_none", {}, 400),
    ],
)
def test_bad_requests_are_refused_never_broken(
    running: Running, method: str, path: str, kwargs: dict[str, Any], status: int
) -> None:
    if isinstance(kwargs.get("data"), (str, bytes)):
        kwargs = {**kwargs, "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
    answer = call(running, method, path, **kwargs)
    assert answer.status_code == status, answer.text


def test_same_key_same_effect(running: Running) -> None:
    create = running.client.v1.checkout.sessions.create
    first = create(session_params(), {"idempotency_key": "checkout:1"})
    again = create(session_params(), {"idempotency_key": "checkout:1"})
    assert again.id == first.id
    assert again.last_response is not None and again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(running.client.v1.checkout.sessions.list().data) == 1


def test_same_key_for_something_else_is_refused(running: Running) -> None:
    create = running.client.v1.checkout.sessions.create
    create(session_params(), {"idempotency_key": "checkout:1"})
    with pytest.raises(stripe.IdempotencyError) as refusal:
        create(session_params(client_reference_id="ord_2"), {"idempotency_key": "checkout:1"})
    assert refusal.value.http_status == 400
    assert len(running.client.v1.checkout.sessions.list().data) == 1


def test_refused_requests_do_not_use_up_their_key(running: Running) -> None:
    create = running.client.v1.checkout.sessions.create
    with pytest.raises(stripe.InvalidRequestError):
        create(session_params(success_url=None), {"idempotency_key": "checkout:1"})
    assert create(session_params(), {"idempotency_key": "checkout:1"}).status == "open"


def test_a_decline_is_stored_under_its_key(running: Running) -> None:
    params: Any = {"amount": 500, "currency": "eur", "payment_method": "pm_card_visa_chargeDeclined", "confirm": True}
    seen = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as decline:
            running.client.v1.payment_intents.create(params, {"idempotency_key": "pay:1"})
        seen.append(decline.value.error.payment_intent.id)  # type: ignore[union-attr]
    assert seen[0] == seen[1]
    assert len(running.client.v1.payment_intents.list().data) == 1


def test_keys_are_forgotten_after_a_day(running: Running) -> None:
    create = running.client.v1.checkout.sessions.create
    first = create(session_params(), {"idempotency_key": "checkout:1"})
    running.forward(86_400)
    assert create(session_params(), {"idempotency_key": "checkout:1"}).id != first.id


def test_a_second_request_meets_the_first_that_is_still_running(running: Running) -> None:
    running.control("/faults", kind="slow_reply", seconds=1.0)
    results: list[object] = []

    def create() -> None:
        try:
            results.append(
                running.new_client().v1.checkout.sessions.create(session_params(), {"idempotency_key": "k"}).id
            )
        except stripe.StripeError as problem:
            results.append(problem.http_status)

    slow = threading.Thread(target=create)
    slow.start()
    while not running.sandbox.running._keys:
        pass
    create()
    slow.join()
    assert results[0] == 409
    assert str(results[1]).startswith("cs_test_")


def test_lists_go_both_ways(running: Running) -> None:
    made = [running.client.v1.customers.create({"email": f"a{i}@posta.it"}).id for i in range(5)]
    page = running.client.v1.customers.list({"limit": 2})
    assert ([c.id for c in page.data], page.has_more) == (made[:2:-1], True)
    rest = running.client.v1.customers.list({"limit": 3, "starting_after": page.data[-1].id})
    assert ([c.id for c in rest.data], rest.has_more) == (made[2::-1], False)
    before = running.client.v1.customers.list({"limit": 2, "ending_before": made[0]})
    assert ([c.id for c in before.data], before.has_more) == ([made[2], made[1]], True)
    assert [c.id for c in running.client.v1.customers.list({"limit": 2}).auto_paging_iter()] == made[::-1]
    assert [c.id for c in running.client.v1.customers.list({"email": "a3@posta.it"}).data] == [made[3]]


def test_line_items_have_cursors_too(running: Running) -> None:
    session = running.session()
    lines = running.client.v1.checkout.sessions.line_items
    first = lines.list(session.id, {"limit": 1})
    second = lines.list(session.id, {"starting_after": first.data[0].id})
    assert (first.has_more, second.has_more) == (True, False)
    assert [first.data[0].description, second.data[0].description] == [
        "Passo Uno, white and green",
        "Marea stoneware mug, 35 cl",
    ]


def test_only_what_is_an_object_can_be_expanded(running: Running) -> None:
    session = running.session()
    retrieve = running.client.v1.checkout.sessions.retrieve
    assert retrieve(session.id, {"expand": ["payment_intent"]}).payment_intent is None
    for path in ("amount_total", "nothing", "id", "currency", "a.b.c.d.e"):
        with pytest.raises(stripe.InvalidRequestError, match="expand"):
            retrieve(session.id, {"expand": [path]})


def test_a_lost_reply_is_found_again_by_its_key(running: Running) -> None:
    running.control("/faults", kind="lose_reply", match="POST /v1/checkout/sessions")
    with pytest.raises(stripe.APIConnectionError):
        running.client.v1.checkout.sessions.create(session_params(), {"idempotency_key": "checkout:1"})
    made = running.client.v1.checkout.sessions.list().data
    again = running.client.v1.checkout.sessions.create(session_params(), {"idempotency_key": "checkout:1"})
    assert [session.id for session in made] == [again.id]


def test_the_client_repeats_a_lost_reply_by_itself(running: Running) -> None:
    running.control("/faults", kind="lose_reply", match="POST /v1/checkout/sessions")
    session = running.new_client(retries=2).v1.checkout.sessions.create(session_params())
    assert [s.id for s in running.client.v1.checkout.sessions.list().data] == [session.id]


def test_an_error_after_execution_is_stored_like_stripe_does(running: Running) -> None:
    running.control("/faults", kind="fail_after")
    for _ in range(2):
        with pytest.raises(stripe.APIError) as trouble:
            running.client.v1.checkout.sessions.create(session_params(), {"idempotency_key": "checkout:1"})
        assert trouble.value.http_status == 500
    assert len(running.client.v1.checkout.sessions.list().data) == 1


def test_an_error_before_execution_changes_nothing(running: Running) -> None:
    running.control("/faults", kind="fail_before", count=1)
    with pytest.raises(stripe.APIError):
        running.session()
    running.control("/faults", kind="rate_limit", count=1)
    with pytest.raises(stripe.RateLimitError) as limit:
        running.session()
    assert limit.value.headers["Stripe-Should-Retry"] == "true"
    assert running.client.v1.checkout.sessions.list().data == []


def test_what_was_promised_survives_a_restart(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as before:
        session = before.session()
        before.forward(100)
        before.browser.pay(session.id)
    with running_sandbox(tmp_path) as after:
        assert after.client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
        assert after.sandbox.clock.offset == 100
        assert after.deliver() == 2
        assert after.inbox.types == ["payment_intent.succeeded", "checkout.session.completed"]
