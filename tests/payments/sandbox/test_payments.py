"""PaymentIntents, refunds, balance: the same money from every side."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from shop.payments.providers.stripe.sandbox.cards import CARDS, passes_luhn
from tests.payments.sandbox.running import Running


def intent(running: Running, method: str | None = "pm_card_visa", **changes: Any) -> stripe.PaymentIntent:
    params: Any = {"amount": 1000, "currency": "eur", "confirm": True, "payment_method": method, **changes}
    return running.client.v1.payment_intents.create({k: v for k, v in params.items() if v is not None})  # type: ignore[arg-type]


def test_test_cards_have_valid_numbers() -> None:
    assert all(passes_luhn(card.number) for card in CARDS)
    assert len({card.last4 for card in CARDS}) == len(CARDS)


def test_an_intent_is_paid_at_once(running: Running) -> None:
    paid = intent(running, metadata={"order": "ord_1"})
    assert (paid.status, paid.amount_received) == ("succeeded", 1000)
    charge = running.client.v1.charges.retrieve(str(paid.latest_charge))
    assert (charge.paid, charge.captured, charge.metadata.to_dict()) == (True, True, {"order": "ord_1"})
    types = [event.type for event in running.client.v1.events.list().data]
    assert types == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ],
)
def test_a_decline_raises_and_keeps_its_traces(
    running: Running, method: str, code: str, decline_code: str | None
) -> None:
    with pytest.raises(stripe.CardError) as decline:
        intent(running, method)
    error = decline.value.error
    assert error is not None and error.payment_intent is not None
    assert (decline.value.http_status, error.code, getattr(error, "decline_code", None)) == (402, code, decline_code)
    kept = running.client.v1.payment_intents.retrieve(error.payment_intent.id)
    assert (kept.status, kept.amount_received) == ("requires_payment_method", 0)
    assert running.client.v1.charges.retrieve(str(kept.latest_charge)).status == "failed"
    retried = running.client.v1.payment_intents.confirm(kept.id, {"payment_method": "pm_card_visa"})
    assert retried.status == "succeeded"


def test_3d_secure_off_session_is_a_decline(running: Running) -> None:
    with pytest.raises(stripe.CardError) as decline:
        intent(running, "pm_card_authenticationRequired", off_session=True)
    assert decline.value.code == "authentication_required"


def test_3d_secure_on_session_returns_to_the_shop(running: Running) -> None:
    asked = intent(running, "pm_card_authenticationRequired", return_url="http://shop.test/back?order=1")
    assert asked.status == "requires_action"
    assert asked.next_action is not None and asked.next_action.redirect_to_url is not None
    assert asked.next_action.redirect_to_url.url == f"http://shop.test/sandbox/3ds/{asked.id}"
    answer = running.browser.answer_bank(f"/sandbox/3ds/{asked.id}", "complete")
    expected = f"http://shop.test/back?order=1&payment_intent={asked.id}&redirect_status=succeeded"
    assert answer.headers["Location"] == expected
    assert running.client.v1.payment_intents.retrieve(asked.id).status == "succeeded"


def test_an_unpaid_intent_can_be_cancelled_once(running: Running) -> None:
    open_intent = intent(running, None, confirm=None)
    assert open_intent.status == "requires_payment_method"
    cancel = running.client.v1.payment_intents.cancel
    assert cancel(open_intent.id, {"cancellation_reason": "abandoned"}).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        cancel(open_intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"


def test_the_payment_of_a_session_is_the_sessions_affair(running: Running) -> None:
    session = running.session()
    running.browser.pay(session.id, "4000000000000002")
    ref = running.client.v1.payment_intents.list().data[0].id
    for act in (running.client.v1.payment_intents.cancel, running.client.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError, match="belongs to a Checkout Session"):
            act(ref)


def test_refunds_never_exceed_the_charge(running: Running) -> None:
    paid = intent(running)
    refunds = running.client.v1.refunds
    first = refunds.create({"payment_intent": paid.id, "amount": 400, "metadata": {"order": "ord_1"}})
    assert (first.status, first.amount, first.charge) == ("succeeded", 400, paid.latest_charge)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        refunds.create({"payment_intent": paid.id, "amount": 601})
    rest = refunds.create({"charge": str(paid.latest_charge)})
    assert rest.amount == 600
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        refunds.create({"payment_intent": paid.id})
    assert refusal.value.code == "charge_already_refunded"
    charge = running.client.v1.charges.retrieve(str(paid.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (1000, True)
    assert [r.id for r in refunds.list({"payment_intent": paid.id}).data] == [rest.id, first.id]
    assert refunds.retrieve(first.id).metadata == first.metadata


def test_an_unpaid_intent_cannot_be_refunded(running: Running) -> None:
    unpaid = intent(running, None, confirm=None)
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        running.client.v1.refunds.create({"payment_intent": unpaid.id})
    assert running.client.v1.refunds.list().data == []


def test_a_refund_tells_its_story(running: Running) -> None:
    paid = intent(running)
    running.deliver()
    running.client.v1.refunds.create({"payment_intent": paid.id})
    running.deliver()
    assert running.inbox.types == ["payment_intent.succeeded", "refund.created", "refund.updated"]


def test_the_balance_adds_up_and_becomes_available(running: Running) -> None:
    paid = intent(running)
    running.client.v1.refunds.create({"payment_intent": paid.id, "amount": 250})
    rows = running.client.v1.balance_transactions.list().data
    assert [(row.type, row.amount, row.fee, row.net, row.status) for row in rows] == [
        ("refund", -250, 0, -250, "pending"),
        ("charge", 1000, 59, 941, "pending"),
    ]
    running.forward(2 * 86_400)
    assert running.client.v1.balance_transactions.retrieve(rows[1].id).status == "available"
    assert len(running.client.v1.balance_transactions.list({"source": str(paid.latest_charge)}).data) == 1


def test_an_unknown_test_method_is_refused(running: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="sandbox does not model payment_method=pm_card_amex"):
        intent(running, "pm_card_amex")
    with pytest.raises(stripe.InvalidRequestError, match="No such payment method"):
        intent(running, "pm_none")
    assert running.client.v1.payment_intents.list().data == []


def test_a_customer_of_a_session_must_exist(running: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        running.session(customer="cus_none", customer_email=None)
    customer = running.client.v1.customers.create({"email": "anna@posta.it", "name": "Anna"})
    session = running.session(customer=customer.id, customer_email=None)
    assert running.browser.pay(session.id).status_code == 303
    paid = running.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer", "payment_intent"]})
    assert paid.customer.email == "anna@posta.it"  # type: ignore[union-attr]
    assert paid.payment_intent.customer == customer.id  # type: ignore[union-attr]
