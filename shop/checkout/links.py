"""The way back from a payment page that was left: a link that only we can make, for one order."""

from __future__ import annotations

from shop.core import ids, web
from shop.core.errors import NotFound, require

PURPOSE = "checkout-cancel"


def cancel_token(order_id: str) -> str:
    return f"{order_id}.{ids.sign(web.settings().secret_key, PURPOSE, order_id)}"


def order_of_token(token: str) -> str:
    """The order's id; raises NotFound for anything we did not make."""
    order_id, _, signature = token.partition(".")
    require(ids.check_signature(web.settings().secret_key, PURPOSE, order_id, signature), NotFound)
    return order_id
