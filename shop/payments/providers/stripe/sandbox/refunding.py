"""Giving pretend money back."""

from __future__ import annotations

from typing import Any

from shop.payments.providers.stripe.sandbox.errors import refused
from shop.payments.providers.stripe.sandbox.objects import money
from shop.payments.providers.stripe.sandbox.store import Obj
from shop.payments.providers.stripe.sandbox.unit import Unit, change


def create(unit: Unit, params: dict[str, Any]) -> Obj:
    """Refund a charge in full or in part. Raises when more would go back than came in."""
    charge = _charge_of(unit, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    _check(charge, amount, left)
    refund = money.new_refund(params, charge, amount=amount, now=unit.now)
    transaction = unit.tx.insert(money.refund_transaction(refund, now=unit.now))
    refund = unit.tx.insert(refund | {"balance_transaction": transaction["id"]})
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    refunds = charge["refunds"] | {"data": [refund, *charge["refunds"]["data"]][:10]}
    charge = change(
        unit,
        charge,
        amount_refunded=charge["amount_refunded"] + amount,
        refunded=amount == left,
        refunds=refunds,
    )
    unit.emit("refund.created", refund)
    unit.emit("charge.refunded", charge, previous=before)
    return _settle(unit, refund)


def _settle(unit: Unit, refund: Obj) -> Obj:
    """The acquirer's reference arrives, which Stripe tells as an update."""
    before = refund["destination_details"]
    card = before["card"] | {"reference": f"7{refund['created']:022d}", "reference_status": "available"}
    refund = change(unit, refund, destination_details={"card": card, "type": "card"})
    unit.emit("refund.updated", refund, previous={"destination_details": before})
    return refund


def _charge_of(unit: Unit, params: dict[str, Any]) -> Obj:
    if "charge" in params:
        return unit.tx.load("charge", params["charge"], param="charge")
    intent = unit.tx.load("payment_intent", params["payment_intent"], param="payment_intent")
    if intent["status"] != "succeeded":
        raise refused(
            "This PaymentIntent does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    return unit.tx.load("charge", intent["latest_charge"])


def _check(charge: Obj, amount: int, left: int) -> None:
    if charge["status"] != "succeeded":
        raise refused(f"Charge {charge['id']} was not successful and cannot be refunded.", param="charge")
    if left == 0:
        raise refused(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount > left:
        raise refused(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")
