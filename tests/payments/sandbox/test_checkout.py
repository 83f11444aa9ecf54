"""A Checkout Session from creation to paid, declined, cancelled and expired, with the real client."""

from __future__ import annotations

import pytest
import stripe

from tests.payments.sandbox.running import Running


def test_a_session_is_created_open_with_its_total(running: Running) -> None:
    session = running.session()
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_subtotal, session.amount_total, session.currency) == (14700, 15780, "eur")
    assert session.url == f"http://shop.test/sandbox/pay/{session.id}"
    assert session.expires_at == running.time[0] + 86_400


def test_paying_completes_the_session_and_tells_the_shop(running: Running) -> None:
    session = running.session()
    answer = running.browser.pay(session.id)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://shop.test/checkout/done?session_id={session.id}"
    paid = running.client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge.balance_transaction", "line_items"]}
    )
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    intent = paid.payment_intent
    assert (intent.status, intent.amount_received) == ("succeeded", 15780)
    assert intent.metadata.to_dict() == {"order": "ord_1"}
    assert intent.latest_charge.balance_transaction.fee == 488
    assert [item.amount_total for item in paid.line_items.data] == [8900, 5800]
    assert running.deliver() == 2
    assert running.inbox.types == ["payment_intent.succeeded", "checkout.session.completed"]
    event = running.inbox.verified(1)
    assert (event.data.object.id, event.api_version, event.livemode) == (session.id, "2026-10-28.endive", False)


def test_a_second_click_on_pay_goes_to_the_order_and_charges_nothing(running: Running) -> None:
    session = running.session()
    first = running.browser.pay(session.id)
    assert first.status_code == 303
    token = running.sandbox.form_token(f"pay:{session.id}")
    second = running.browser.post(f"/sandbox/pay/{session.id}", {"token": token, "card": "4242424242424242"})
    assert second.headers["Location"] == first.headers["Location"]
    assert len(running.client.v1.charges.list().data) == 1


def test_a_declined_card_leaves_the_session_open_for_another(running: Running) -> None:
    session = running.session()
    answer = running.browser.pay(session.id, "4000000000009995")
    assert answer.status_code == 402
    assert 'data-testid="sandbox-decline-message"' in answer.text
    assert "<code>insufficient_funds</code>" in answer.text
    assert "Declined: not enough funds on this test card." in answer.text
    tried = running.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (tried.status, tried.payment_status) == ("open", "unpaid")
    assert tried.payment_intent.last_payment_error.decline_code == "insufficient_funds"
    assert running.browser.pay(session.id).status_code == 303
    paid = running.client.v1.checkout.sessions.retrieve(session.id)
    assert paid.payment_intent == tried.payment_intent.id
    running.deliver()
    assert running.inbox.types == [
        "payment_intent.payment_failed",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_an_expired_session_cannot_be_paid(running: Running) -> None:
    session = running.session()
    assert running.client.v1.checkout.sessions.expire(session.id).status == "expired"
    assert running.browser.get(f"/sandbox/pay/{session.id}").status_code == 410
    token = running.sandbox.form_token(f"pay:{session.id}")
    form = {"token": token, "card": "4242424242424242", "expiry": "12/34", "cvc": "123"}
    assert running.browser.post(f"/sandbox/pay/{session.id}", form).status_code == 410
    assert running.client.v1.charges.list().data == []
    running.deliver()
    assert running.inbox.types == ["checkout.session.expired"]


def test_a_paid_session_cannot_be_expired(running: Running) -> None:
    session = running.session()
    running.browser.pay(session.id)
    with pytest.raises(stripe.InvalidRequestError, match="status of complete") as refusal:
        running.client.v1.checkout.sessions.expire(session.id)
    assert refusal.value.http_status == 400
    assert running.client.v1.checkout.sessions.retrieve(session.id).status == "complete"


def test_a_session_expires_by_the_sandbox_clock(running: Running) -> None:
    session = running.session(expires_at=int(running.time[0]) + 1860)
    running.forward(1859)
    assert running.client.v1.checkout.sessions.retrieve(session.id).status == "open"
    running.forward(1)
    assert running.client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    running.deliver()
    assert running.inbox.types == ["checkout.session.expired"]


def test_expiring_cancels_the_payment_that_was_begun(running: Running) -> None:
    session = running.session()
    running.browser.pay(session.id, "4000000000000002")
    running.client.v1.checkout.sessions.expire(session.id)
    intent = running.client.v1.payment_intents.list().data[0]
    assert (intent.status, intent.cancellation_reason) == ("canceled", "expired")
    running.deliver()
    assert running.inbox.types[1:] == ["payment_intent.canceled", "checkout.session.expired"]


@pytest.mark.parametrize("number", ["4000002760003184", "4000002500003155"])
def test_3d_secure_completes_the_payment(running: Running, number: str) -> None:
    session = running.session()
    answer = running.browser.pay(session.id, number)
    path = answer.headers["Location"]
    assert path.startswith("/sandbox/3ds/pi_")
    assert running.client.v1.payment_intents.retrieve(path.split("/")[-1]).status == "requires_action"
    done = running.browser.answer_bank(path, "complete")
    assert done.headers["Location"].endswith(session.id)
    charge = running.client.v1.charges.list().data[0]
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"
    assert running.browser.get(path).headers["Location"].endswith(session.id)


def test_failed_3d_secure_leads_back_to_the_form(running: Running) -> None:
    session = running.session()
    path = running.browser.pay(session.id, "4000002760003184").headers["Location"]
    back = running.browser.answer_bank(path, "fail").headers["Location"]
    assert back == f"/sandbox/pay/{session.id}?declined=1"
    assert "payment_intent_authentication_failure" in running.browser.get(back).text
    assert running.client.v1.charges.list().data == []
    assert running.browser.pay(session.id).status_code == 303


def test_metadata_of_a_session_can_be_changed(running: Running) -> None:
    session = running.session(metadata={"order": "ord_1", "old": "x"})
    changed = running.client.v1.checkout.sessions.update(session.id, {"metadata": {"old": "", "new": "y"}})
    assert changed.metadata.to_dict() == {"order": "ord_1", "new": "y"}


def test_the_collected_address_reaches_the_shop(running: Running) -> None:
    session = running.session(shipping_address_collection={"allowed_countries": ["IT", "FR"]})
    assert running.browser.pay(session.id, name="Anna Rossi", city="Torino").status_code == 303
    paid = running.client.v1.checkout.sessions.retrieve(session.id)
    details = paid.collected_information.shipping_details
    assert (details.name, details.address.city, details.address.country) == ("Anna Rossi", "Torino", "IT")
    assert paid.customer_details.email == "giulia@vetrina.example"


def test_choosing_another_shipping_rate_changes_the_total(running: Running) -> None:
    options = [
        {
            "shipping_rate_data": {
                "display_name": name,
                "type": "fixed_amount",
                "fixed_amount": {"amount": amount, "currency": "eur"},
            }
        }
        for name, amount in (("Standard", 500), ("Express", 1500))
    ]
    session = running.session(shipping_options=options)
    express = session.shipping_options[1].shipping_rate
    assert running.browser.pay(session.id, shipping_rate=express).status_code == 303
    paid = running.client.v1.checkout.sessions.retrieve(session.id)
    assert (paid.amount_total, paid.shipping_cost.shipping_rate) == (14700 + 1500, express)
