"""The life of a Checkout Session: open, then complete or expired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shop.payments.providers.stripe.sandbox import paying
from shop.payments.providers.stripe.sandbox.cards import TestCard
from shop.payments.providers.stripe.sandbox.objects import payments, sessions
from shop.payments.providers.stripe.sandbox.store import Obj
from shop.payments.providers.stripe.sandbox.unit import Unit, change

# The literals are those of the partial index `object_open`; bound values would make SQLite read every session.
OVERDUE = """
SELECT id FROM object WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open'
AND json_extract(body, '$.expires_at') <= ? ORDER BY seq
"""


@dataclass(frozen=True, kw_only=True)
class Payer:
    """What the payment page collected."""

    email: str
    card: TestCard
    month: int
    year: int
    name: str | None = None
    address: Obj | None = None
    shipping_rate: str | None = None


def create(unit: Unit, params: dict[str, Any]) -> Obj:
    """Open a session. The parameters have passed the contract and the rules."""
    items = [sessions.new_line_item(item, now=unit.now) for item in params["line_items"]]
    rates = [
        unit.tx.insert(sessions.new_shipping_rate(option["shipping_rate_data"], now=unit.now))
        for option in params.get("shipping_options") or []
    ]
    subtotal = sum(item["amount_total"] for item in items)
    shipping = rates[0]["fixed_amount"]["amount"] if rates else 0
    amounts = {
        "subtotal": subtotal,
        "shipping": shipping,
        "total": subtotal + shipping,
        "currency": items[0]["currency"],
    }
    session = sessions.new_session(params, now=unit.now, public_url=unit.public_url, amounts=amounts, shipping=rates)
    shown = [item["price_data"]["product_data"] for item in params["line_items"]]
    private = {"items": items, "products": shown, "intent": params.get("payment_intent_data") or {}}
    return unit.tx.insert(session, private=private)


def total_with(unit: Unit, session: Obj, rate_ref: str | None) -> Obj:
    """The session's amounts if this shipping rate is chosen."""
    if rate_ref is None:
        return session
    cost = sessions.shipping_cost(unit.tx.load("shipping_rate", rate_ref))
    return session | {
        "shipping_cost": cost,
        "amount_total": session["amount_subtotal"] + cost["amount_total"],
        "total_details": session["total_details"] | {"amount_shipping": cost["amount_total"]},
    }


def attempt(unit: Unit, session: Obj, payer: Payer) -> tuple[paying.Outcome, Obj]:
    """Try to pay an open session. Emits what follows; a paid session completes. Returns the session."""
    session = unit.tx.save(_collected(total_with(unit, session, payer.shipping_rate), payer))
    billing = payments.billing_details(email=payer.email, name=payer.name, address=payer.address)
    method = unit.tx.insert(
        payments.new_payment_method(
            payer.card, now=unit.now, billing=billing, month=payer.month, year=payer.year, customer=session["customer"]
        )
    )
    intent = _intent_of(unit, session, payer)
    session = change(unit, session, payment_intent=intent["id"])
    outcome, _ = paying.try_card(unit, intent, method, payer.card)
    return outcome, complete(unit, session) if outcome is paying.Outcome.PAID else session


def answer_bank(unit: Unit, session: Obj, intent: Obj, *, agreed: bool) -> Obj:
    """3-D Secure of a session's payment: completes the session or leaves it open for another card."""
    intent = paying.answer_bank(unit, intent, agreed=agreed)
    return complete(unit, session) if intent["status"] == "succeeded" else session


def complete(unit: Unit, session: Obj) -> Obj:
    session = change(unit, session, status="complete", payment_status="paid", url=None)
    unit.emit("checkout.session.completed", session)
    return session


def expire(unit: Unit, session: Obj) -> Obj:
    """Close an open session; a payment that was begun is cancelled with it."""
    if session["payment_intent"]:
        intent = unit.tx.load("payment_intent", session["payment_intent"])
        if intent["status"] in paying.CANCELLABLE:
            paying.cancel(unit, intent, reason="expired")
    session = change(unit, session, status="expired", url=None)
    unit.emit("checkout.session.expired", session)
    return session


def expire_due(unit: Unit) -> int:
    """Expire every open session whose time is over; runs before each operation and by the clock."""
    rows = unit.tx.execute(OVERDUE, unit.now).fetchall()
    due = [unit.tx.load("checkout.session", row["id"]) for row in rows]
    for session in due:
        expire(unit, session)
    return len(due)


def _collected(session: Obj, payer: Payer) -> Obj:
    details = sessions.customer_details(email=payer.email, name=payer.name, address=payer.address)
    shipping = {"address": payer.address, "name": payer.name} if session["shipping_address_collection"] else None
    information = {"business_name": None, "individual_name": None, "shipping_details": shipping}
    return session | {"customer_details": details, "collected_information": information}


def _intent_of(unit: Unit, session: Obj, payer: Payer) -> Obj:
    """The session's PaymentIntent, made at the first attempt, like Stripe does."""
    shipping = None
    if session["shipping_address_collection"]:
        shipping = {
            "address": payer.address,
            "carrier": None,
            "name": payer.name,
            "phone": None,
            "tracking_number": None,
        }
    if session["payment_intent"]:
        intent = unit.tx.load("payment_intent", session["payment_intent"])
        return change(unit, intent, amount=session["amount_total"], shipping=shipping)
    data = unit.tx.private(session["id"])["intent"]
    params = {**data, "amount": session["amount_total"], "currency": session["currency"], "shipping": shipping}
    intent = payments.new_intent(
        params | {"customer": session["customer"], "capture_method": "automatic_async"}, now=unit.now
    )
    unit.tx.insert(intent, private={"session": session["id"]})
    unit.emit("payment_intent.created", intent)
    return intent
