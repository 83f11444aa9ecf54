"""The Stripe client: how often it tries, what it calls permanent, and that it never runs inside a transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from shop.core import db
from shop.core.errors import ProviderError
from shop.payments.provider import CheckoutItem, CheckoutRequest
from shop.payments.providers.stripe import client as module
from shop.payments.providers.stripe import pacing
from shop.payments.providers.stripe.client import StripeProvider
from shop.payments.providers.stripe.pacing import TokenBucket
from tests.payments.sandbox.conftest import running
from tests.payments.sandbox.running import SECRET, Running

__all__ = ["running"]


def wanted(**changes: object) -> CheckoutRequest:
    request = {
        "payment_id": "pay_1",
        "order_id": "ord_1",
        "order_number": 1001,
        "currency": "EUR",
        "items": (CheckoutItem(title="Marea", description="Blue", image_url="", unit_amount=2900, quantity=2),),
        "shipping_label": "Shipping",
        "shipping_amount": 490,
        "countries": ("IT",),
        "email": "",
        "locale": "it",
        "expires_at": datetime.now(UTC) + timedelta(minutes=31),
        "success_url": "http://shop.test/checkout/done?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/checkout/cancelled",
    }
    return CheckoutRequest(**{**request, **changes})  # type: ignore[arg-type]


@pytest.fixture
def provider(running: Running) -> StripeProvider:
    return StripeProvider(key="sk_test_sandbox", api_base=running.url, webhook_secrets=(SECRET,), is_live=False)


def test_a_request_survives_being_stored() -> None:
    request = wanted(expires_at=datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert CheckoutRequest.from_json(request.as_json()) == request


def test_the_same_key_gives_the_same_page(provider: StripeProvider) -> None:
    request = wanted()
    first, second = (provider.create_checkout(request, key="checkout:pay_1") for _ in range(2))
    assert first == second
    assert (first.state, first.amount_total, first.amount_items, first.payment_id) == ("open", 6290, 5800, "pay_1")


def test_the_same_key_with_another_request_is_no_proof_of_anything(provider: StripeProvider) -> None:
    provider.create_checkout(wanted(), key="checkout:pay_1")
    with pytest.raises(ProviderError) as refusal:
        provider.create_checkout(wanted(shipping_amount=1), key="checkout:pay_1")
    assert refusal.value.permanent is False


def test_refused_requests_are_permanent(provider: StripeProvider) -> None:
    with pytest.raises(ProviderError) as refusal:
        provider.create_checkout(wanted(expires_at=datetime.now(UTC) + timedelta(minutes=5)), key="checkout:pay_2")
    assert refusal.value.permanent is True


def test_two_failures_are_survived_and_three_are_told(provider: StripeProvider, running: Running) -> None:
    running.control("/faults", kind="fail_before", count=2)
    assert provider.create_checkout(wanted(), key="checkout:pay_3").state == "open"
    running.control("/faults", kind="fail_before", count=3)
    with pytest.raises(ProviderError) as failure:
        provider.create_checkout(wanted(), key="checkout:pay_4")
    assert failure.value.permanent is False


def test_too_many_requests_are_repeated_by_us(provider: StripeProvider, running: Running) -> None:
    running.control("/faults", kind="rate_limit", count=2)
    assert provider.create_checkout(wanted(), key="checkout:pay_5").state == "open"


def test_a_lost_reply_is_found_again(provider: StripeProvider, running: Running) -> None:
    running.control("/faults", kind="lose_reply", count=3)
    before = datetime.now(UTC)
    with pytest.raises(ProviderError):
        provider.create_checkout(wanted(payment_id="pay_6"), key="checkout:pay_6")
    found = provider.find_checkout("pay_6", since=before)
    assert found is not None
    assert found.state == "open"
    assert provider.find_checkout("pay_7", since=before) is None


def test_expiring_what_is_paid_says_complete(provider: StripeProvider, running: Running) -> None:
    page = provider.create_checkout(wanted(), key="checkout:pay_8")
    running.browser.pay(page.ref)
    after = provider.expire_checkout(page.ref)
    assert (after.state, after.is_paid, after.card) == ("complete", True, "Visa 4242")
    again = [provider.refund(after.intent_ref or "", key="refund:pay_8", payment_id="pay_8") for _ in range(2)]
    assert again[0] == again[1]
    assert (again[0].state, again[0].amount) == ("succeeded", 6290)


def test_never_inside_a_transaction(app: Flask, provider: StripeProvider) -> None:
    with db.unit_of_work(), pytest.raises(RuntimeError, match="must not be called inside a unit of work"):
        provider.fetch_checkout("cs_test_1")


def test_patience_is_shorter_than_a_workers(provider: StripeProvider) -> None:
    assert (module.CONNECT_SECONDS, module.READ_SECONDS, module.NETWORK_RETRIES) == (3, 15, 2)


def test_turns_are_paced(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(pacing.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(pacing.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    bucket = TokenBucket(20, burst=20)
    waits = [bucket.take() for _ in range(60)]
    assert waits[:20] == [0.0] * 20
    assert now[0] - 100.0 == pytest.approx(2.0, abs=0.06)  # 40 more at 20 a second.
