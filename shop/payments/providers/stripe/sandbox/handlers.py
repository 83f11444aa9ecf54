"""What each operation does, by its name in the contract. Parameters are checked and typed when they arrive here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shop.payments.providers.stripe.sandbox import cards, checkout, paying, refunding
from shop.payments.providers.stripe.sandbox.errors import ApiError, refused, unmodelled
from shop.payments.providers.stripe.sandbox.lists import Condition, page, slice_items
from shop.payments.providers.stripe.sandbox.objects import others, payments
from shop.payments.providers.stripe.sandbox.store import Obj
from shop.payments.providers.stripe.sandbox.unit import Unit, change


@dataclass(frozen=True)
class Call:
    """One request: its unit of work, the id in its path, its parameters."""

    unit: Unit
    path: str
    ref: str
    params: dict[str, Any]


Handler = Callable[[Call], Obj]
HANDLERS: dict[str, Handler] = {}


def handles(name: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        HANDLERS[name] = handler
        return handler

    return register


def _retrieves(kind: str) -> Handler:
    return lambda call: call.unit.tx.load(kind, call.ref)


def _lists(kind: str, **equal: str) -> Handler:
    return lambda call: page(call.unit.tx, kind, call.params, url=call.path, equal=equal)


for _kind in ("checkout.session", "payment_intent", "customer", "payment_method", "charge", "refund", "event"):
    HANDLERS[f"{_kind}.retrieve"] = _retrieves(_kind)
HANDLERS |= {
    "webhook_endpoint.retrieve": _retrieves("webhook_endpoint"),
    "webhook_endpoint.list": _lists("webhook_endpoint"),
    "payment_intent.list": _lists("payment_intent", customer="customer"),
    "customer.list": _lists("customer", email="email"),
    "charge.list": _lists("charge", customer="customer", payment_intent="payment_intent"),
    "refund.list": _lists("refund", charge="charge", payment_intent="payment_intent"),
}


@handles("checkout.session.create")
def create_session(call: Call) -> Obj:
    _known_customer(call)
    return checkout.create(call.unit, call.params)


@handles("checkout.session.update")
def update_session(call: Call) -> Obj:
    session = call.unit.tx.load("checkout.session", call.ref)
    return change(call.unit, session, metadata=_merged(session["metadata"], call.params.get("metadata")))


def _merged(old: dict[str, str], given: dict[str, str] | str | None) -> dict[str, str]:
    """New keys are added, empty values delete theirs, an empty text deletes all."""
    if given is None:
        return old
    if not isinstance(given, dict):
        return {}
    merged = {key: value for key, value in (old | given).items() if value != ""}
    if len(merged) > 50:
        raise refused("You can set up to 50 metadata keys.", param="metadata")
    return merged


@handles("checkout.session.expire")
def expire_session(call: Call) -> Obj:
    session = call.unit.tx.load("checkout.session", call.ref)
    if session["status"] != "open":
        raise refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of {session['status']}."
        )
    return checkout.expire(call.unit, session)


@handles("checkout.session.list")
def list_sessions(call: Call) -> Obj:
    equal = {"payment_intent": "payment_intent", "customer": "customer", "status": "status"}
    more: tuple[Condition, ...] = ()
    if "customer_details" in call.params:
        email = call.params["customer_details"]["email"]
        more = (("json_extract(body, '$.customer_details.email') = ?", [email]),)
    return page(call.unit.tx, "checkout.session", call.params, url=call.path, equal=equal, more=more)


@handles("checkout.session_line_item.list")
def list_line_items(call: Call) -> Obj:
    call.unit.tx.load("checkout.session", call.ref)
    return slice_items(call.unit.tx.private(call.ref)["items"], call.params, url=call.path)


@handles("payment_intent.create")
def create_intent(call: Call) -> Obj:
    _known_customer(call)
    params = call.params
    # The method's name is checked before anything is written; `pm_card_…` names become a method of their own.
    method = _method(call, params.get("payment_method"))
    intent = payments.new_intent(params | ({"payment_method": method["id"]} if method else {}), now=call.unit.now)
    call.unit.tx.insert(intent)
    call.unit.emit("payment_intent.created", intent)
    return _confirmed(call, intent, method) if params.get("confirm") else intent


@handles("payment_intent.confirm")
def confirm_intent(call: Call) -> Obj:
    intent = call.unit.tx.load("payment_intent", call.ref)
    _not_by_checkout(call, intent, "confirm")
    if intent["status"] not in {"requires_payment_method", "requires_confirmation"}:
        raise _unexpected(intent, "confirm")
    method = _method(call, call.params.get("payment_method") or intent["payment_method"])
    if call.params.get("receipt_email"):
        intent = change(call.unit, intent, receipt_email=call.params["receipt_email"])
    return _confirmed(call, intent, method)


@handles("payment_intent.cancel")
def cancel_intent(call: Call) -> Obj:
    intent = call.unit.tx.load("payment_intent", call.ref)
    _not_by_checkout(call, intent, "cancel")
    if intent["status"] not in paying.CANCELLABLE:
        raise _unexpected(intent, "cancel")
    return paying.cancel(call.unit, intent, reason=call.params.get("cancellation_reason"))


def _unexpected(intent: Obj, verb: str) -> ApiError:
    problem = refused(
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
    )
    problem.extra["payment_intent"] = intent
    return problem


def _not_by_checkout(call: Call, intent: Obj, verb: str) -> None:
    if call.unit.tx.private(intent["id"]).get("session"):
        raise refused(
            f"You cannot {verb} this PaymentIntent because it belongs to a Checkout Session; expire the session instead.",
            code="payment_intent_unexpected_state",
        )


def _confirmed(call: Call, intent: Obj, method: Obj | None) -> Obj:
    """Charge now. A decline raises, and what it left behind stays."""
    if method is None:
        raise refused(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    card = _card_behind(method)
    if card.authenticates and call.params.get("off_session"):
        reason = cards.Decline(
            code="authentication_required",
            decline_code="authentication_required",
            message="Your card was declined. This transaction requires authentication.",
        )
        intent = paying.decline(call.unit, intent, method, reason)
    else:
        _, intent = paying.try_card(call.unit, intent, method, card, return_url=call.params.get("return_url"))
    if intent["status"] == "requires_payment_method":
        raise _declined(intent)
    return intent


def _declined(intent: Obj) -> ApiError:
    error = intent["last_payment_error"]
    return ApiError(
        error["message"],
        status=402,
        type="card_error",
        code=error["code"],
        decline_code=error.get("decline_code"),
        stored=True,
        keeps_changes=True,
        extra={k: error[k] for k in ("charge", "payment_method") if k in error} | {"payment_intent": intent},
    )


def _method(call: Call, ref: str | None) -> Obj | None:
    if ref is None:
        return None
    card = cards.card_named(ref)
    if card is None:
        if ref.startswith("pm_card_"):
            raise unmodelled(f"payment_method={ref[:80]}", param="payment_method")
        return call.unit.tx.load("payment_method", ref, param="payment_method")
    method = payments.new_payment_method(
        card, now=call.unit.now, billing=payments.billing_details(), month=12, year=2034, customer=None
    )
    return call.unit.tx.insert(method)


def _card_behind(method: Obj) -> cards.TestCard:
    """A stored method remembers four digits, which tell the test cards apart."""
    last4 = method["card"]["last4"]
    known = (card for card in cards.CARDS if card.last4 == last4)
    return next(known, cards.card_for(last4.zfill(16)))


def _known_customer(call: Call) -> None:
    if call.params.get("customer"):
        call.unit.tx.load("customer", call.params["customer"], param="customer")


@handles("customer.create")
def create_customer(call: Call) -> Obj:
    customer = call.unit.tx.insert(others.new_customer(call.params, now=call.unit.now))
    call.unit.emit("customer.created", customer)
    return customer


@handles("refund.create")
def create_refund(call: Call) -> Obj:
    return refunding.create(call.unit, call.params)


@handles("balance_transaction.retrieve")
def retrieve_transaction(call: Call) -> Obj:
    return _with_status(call.unit.tx.load("balance_transaction", call.ref), call.unit.now)


@handles("balance_transaction.list")
def list_transactions(call: Call) -> Obj:
    equal = {"currency": "currency", "source": "source", "type": "type"}
    answer = page(call.unit.tx, "balance_transaction", call.params, url=call.path, equal=equal)
    return answer | {"data": [_with_status(row, call.unit.now) for row in answer["data"]]}


def _with_status(transaction: Obj, now: int) -> Obj:
    """Money becomes available by the clock alone, so the state is read, not stored."""
    return transaction | {"status": "available" if transaction["available_on"] <= now else "pending"}


@handles("event.list")
def list_events(call: Call) -> Obj:
    more: list[Condition] = []
    if call.params.get("types"):
        marks = ", ".join("?" for _ in call.params["types"])
        more.append((f"json_extract(body, '$.type') IN ({marks})", list(call.params["types"])))
    if call.params.get("type"):
        # `charge.*` stands for all events of a kind; GLOB's other signs mean themselves here.
        pattern = call.params["type"].replace("[", "[[]").replace("?", "[?]")
        more.append(("json_extract(body, '$.type') GLOB ?", [pattern]))
    if "delivery_success" in call.params:
        undelivered = "EXISTS (SELECT 1 FROM delivery d WHERE d.event_id = object.id AND d.state != 'delivered')"
        more.append((f"NOT {undelivered}" if call.params["delivery_success"] else undelivered, []))
    return page(call.unit.tx, "event", call.params, url=call.path, equal={}, more=tuple(more))


@handles("webhook_endpoint.create")
def create_endpoint(call: Call) -> Obj:
    secret = others.new_webhook_secret()
    endpoint = others.new_webhook_endpoint(call.params, now=call.unit.now)
    call.unit.tx.insert(endpoint, private={"secret": secret})
    return endpoint | {"secret": secret}


@handles("webhook_endpoint.delete")
def delete_endpoint(call: Call) -> Obj:
    call.unit.tx.load("webhook_endpoint", call.ref)
    call.unit.tx.execute("DELETE FROM delivery WHERE endpoint_id = ? AND state = 'pending'", call.ref)
    call.unit.tx.delete(call.ref)
    return {"id": call.ref, "object": "webhook_endpoint", "deleted": True}
