"""Refunds and balance transactions: every movement of pretend money."""

from __future__ import annotations

from typing import Any

from shop.payments.providers.stripe.sandbox.ids import new_id
from shop.payments.providers.stripe.sandbox.money import processing_fee
from shop.payments.providers.stripe.sandbox.store import Obj

AVAILABLE_AFTER = 2 * 86_400


def new_refund(params: dict[str, Any], charge: Obj, *, amount: int, now: int) -> Obj:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card",
        },
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def charge_transaction(charge: Obj, *, now: int) -> Obj:
    """The gross amount comes in, the processing fee goes out."""
    fee = processing_fee(charge["amount"])
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": charge["currency"],
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    return _transaction(charge, charge["amount"], kind="charge", fee=fee, details=details, now=now)


def refund_transaction(refund: Obj, *, now: int) -> Obj:
    """The amount goes back; the fee of the charge does not."""
    return _transaction(refund, -refund["amount"], kind="refund", fee=0, details=[], now=now)


def _transaction(source: Obj, amount: int, *, kind: str, fee: int, details: list[Obj], now: int) -> Obj:
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now + AVAILABLE_AFTER,
        "balance_type": "payments",
        "created": now,
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": details,
        "net": amount - fee,
        "reporting_category": kind,
        "source": source["id"],
        "status": "pending",
        "type": kind,
    }
