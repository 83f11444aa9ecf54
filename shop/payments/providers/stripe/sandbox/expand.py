"""`expand[]=payment_intent.latest_charge`: ids become the objects they name (https://docs.stripe.com/api/expanding_objects)."""

from __future__ import annotations

from typing import Any

from shop.payments.providers.stripe.sandbox import ids
from shop.payments.providers.stripe.sandbox.errors import invalid
from shop.payments.providers.stripe.sandbox.store import Obj, Transaction

DEEPEST = 4


def expand(tx: Transaction, body: Obj, paths: list[str]) -> Obj:
    """Raises when a path is too deep or names something that cannot be expanded."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise invalid("You cannot expand more than 4 levels of a property.", param="expand")
        _expand(tx, body, parts, path)
    return body


def _expand(tx: Transaction, body: Any, parts: list[str], path: str) -> None:
    if isinstance(body, list):
        for inner in body:
            _expand(tx, inner, parts, path)
        return
    if not isinstance(body, dict) or not parts:
        return
    name, rest = parts[0], parts[1:]
    if name == "line_items" and body.get("object") == "checkout.session":
        body[name] = line_items(tx, body["id"])
    elif name not in body or name == "id":
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    elif isinstance(body[name], str):
        body[name] = _named(tx, body[name], path)
    elif not rest and not isinstance(body[name], (dict, type(None))):
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    _expand(tx, body[name], rest, path)


def _named(tx: Transaction, ref: str, path: str) -> Obj:
    kind = ids.kind_of(ref)
    found = tx.find(kind, ref) if kind else None
    if found is None:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    return found


def line_items(tx: Transaction, session_ref: str, limit: int = 10) -> Obj:
    """The first items of a session as a list object."""
    items = tx.private(session_ref)["items"]
    return {
        "object": "list",
        "data": items[:limit],
        "has_more": len(items) > limit,
        "url": f"/v1/checkout/sessions/{session_ref}/line_items",
    }
