"""What happens to a PaymentIntent when a card is tried: paid, declined, or the bank asks first."""

from __future__ import annotations

from enum import Enum

from shop.payments.providers.stripe.sandbox.cards import AUTHENTICATION_FAILED, Decline, TestCard
from shop.payments.providers.stripe.sandbox.ids import random_text
from shop.payments.providers.stripe.sandbox.objects import money, payments
from shop.payments.providers.stripe.sandbox.store import Obj
from shop.payments.providers.stripe.sandbox.unit import Unit, change


class Outcome(Enum):
    """How the attempt ended."""

    PAID = "paid"
    DECLINED = "declined"
    ASKS = "asks"


def try_card(
    unit: Unit, intent: Obj, method: Obj, card: TestCard, *, return_url: str | None = None
) -> tuple[Outcome, Obj]:
    """Locks nothing (the unit is serial). Emits what the outcome implies. Returns the saved intent."""
    if card.authenticates:
        return Outcome.ASKS, _ask(unit, intent, method, return_url=return_url)
    if card.decline:
        return Outcome.DECLINED, decline(unit, intent, method, card.decline)
    return Outcome.PAID, pay(unit, intent, method)


def pay(unit: Unit, intent: Obj, method: Obj, *, authenticated: bool = False) -> Obj:
    """Money comes in: charge, balance transaction, succeeded intent."""
    receipt = f"{unit.public_url}/receipts/{random_text(24)}"
    charge = payments.new_charge(intent, method, now=unit.now, receipt_url=receipt, authenticated=authenticated)
    transaction = unit.tx.insert(money.charge_transaction(charge, now=unit.now))
    charge = unit.tx.insert(charge | {"balance_transaction": transaction["id"]})
    intent = change(
        unit,
        intent,
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        payment_method=method["id"],
        last_payment_error=None,
        next_action=None,
    )
    unit.emit("charge.succeeded", charge)
    unit.emit("payment_intent.succeeded", intent)
    return intent


def decline(unit: Unit, intent: Obj, method: Obj, reason: Decline) -> Obj:
    """Nothing was charged; the failed charge and the error stay visible."""
    charge = None
    if reason is not AUTHENTICATION_FAILED:
        draft = payments.new_charge(intent, method, now=unit.now, receipt_url=None, authenticated=False)
        charge = unit.tx.insert(
            payments.fail(draft, code=reason.code, message=reason.message, reason=reason.decline_code or reason.code)
        )
        unit.emit("charge.failed", charge)
    intent = change(
        unit,
        intent,
        status="requires_payment_method",
        payment_method=None,
        latest_charge=charge["id"] if charge else intent["latest_charge"],
        last_payment_error=payment_error(reason, method, charge),
        next_action=None,
    )
    unit.emit("payment_intent.payment_failed", intent)
    return intent


def payment_error(reason: Decline, method: Obj, charge: Obj | None) -> Obj:
    error: Obj = {"type": "card_error", "code": reason.code, "message": reason.message, "payment_method": method}
    error["doc_url"] = f"https://docs.stripe.com/error-codes#{reason.code.replace('_', '-')}"
    if reason.decline_code:
        error["decline_code"] = reason.decline_code
    if charge:
        error["charge"] = charge["id"]
    return error


def _ask(unit: Unit, intent: Obj, method: Obj, *, return_url: str | None) -> Obj:
    """The bank wants 3-D Secure: the shopper goes to our 3DS page."""
    intent = change(
        unit,
        intent,
        status="requires_action",
        payment_method=method["id"],
        last_payment_error=None,
        next_action={
            "type": "redirect_to_url",
            "redirect_to_url": {"url": f"{unit.public_url}/3ds/{intent['id']}", "return_url": return_url},
        },
    )
    unit.emit("payment_intent.requires_action", intent)
    return intent


def answer_bank(unit: Unit, intent: Obj, *, agreed: bool) -> Obj:
    """The shopper completed or failed 3-D Secure."""
    method = unit.tx.load("payment_method", intent["payment_method"])
    if agreed:
        return pay(unit, intent, method, authenticated=True)
    return decline(unit, intent, method, AUTHENTICATION_FAILED)


CANCELLABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def cancel(unit: Unit, intent: Obj, *, reason: str | None) -> Obj:
    intent = change(unit, intent, status="canceled", canceled_at=unit.now, cancellation_reason=reason, next_action=None)
    unit.emit("payment_intent.canceled", intent)
    return intent
