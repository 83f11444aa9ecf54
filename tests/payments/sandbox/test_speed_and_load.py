"""The sandbox is not what people wait for, and keeps its promises when many come at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import stripe
from stripe._encode import _api_encode

from tests.payments.sandbox.running import KEY, Running, session_params


def test_creating_a_session_takes_less_than_ten_milliseconds_of_cpu(running: Running) -> None:
    client = running.app.test_client()
    body = urlencode(list(_api_encode(session_params())))
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"}

    def create(number: int) -> None:
        answer = client.post("/v1/checkout/sessions", data=body, headers={**headers, "Idempotency-Key": f"k{number}"})
        assert answer.status_code == 200

    create(0)
    rounds = []
    for attempt in range(3):
        start = time.process_time()
        for number in range(20):
            create(1 + attempt * 20 + number)
        rounds.append((time.process_time() - start) / 20)
    # The best of three: the machine's other work is not the sandbox's.
    assert min(rounds) < 0.010


def test_of_pay_and_expire_at_once_exactly_one_wins(running: Running) -> None:
    sessions = [running.session().id for _ in range(6)]

    def pay(ref: str) -> bool:
        return running.browser.pay(ref).status_code == 303 if running.browser else False

    def expire(ref: str) -> bool:
        try:
            return running.new_client().v1.checkout.sessions.expire(ref).status == "expired"
        except stripe.InvalidRequestError:
            return False

    with ThreadPoolExecutor(4) as pool:
        results = [(pool.submit(pay, ref), pool.submit(expire, ref)) for ref in sessions]
        wins = [(a.result(), b.result()) for a, b in results]
    assert all(paid != expired for paid, expired in wins), wins
    paid_count = sum(paid for paid, _ in wins)
    assert len(running.client.v1.charges.list().data) == paid_count


def test_one_key_from_many_at_once_makes_one_refund(running: Running) -> None:
    running.browser.pay(running.session().id)
    charge = running.client.v1.charges.list().data[0].id

    def refund(_number: int) -> str:
        try:
            params: stripe.params.RefundCreateParams = {"charge": charge, "amount": 100}
            return running.new_client().v1.refunds.create(params, {"idempotency_key": "refund:1"}).id
        except stripe.StripeError as problem:
            assert problem.http_status == 409
            return "409"

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(refund, range(16))) - {"409"}
    assert len(answers) == 1
    assert len(running.client.v1.refunds.list().data) == 1
