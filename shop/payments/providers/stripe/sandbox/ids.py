"""Ids that look like Stripe's: a prefix and random letters and digits."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
# Prefix → kind of object: which table row an id in an expandable field stands for.
KINDS = {
    "cs": "checkout.session",
    "pi": "payment_intent",
    "ch": "charge",
    "cus": "customer",
    "pm": "payment_method",
    "re": "refund",
    "txn": "balance_transaction",
    "shr": "shipping_rate",
    "price": "price",
    "evt": "event",
    "we": "webhook_endpoint",
}


def new_id(prefix: str, length: int = 24) -> str:
    return f"{prefix}_{random_text(length)}"


def random_text(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def kind_of(ref: str) -> str | None:
    return KINDS.get(ref.split("_", maxsplit=1)[0])
