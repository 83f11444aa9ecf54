"""Lists with cursors, newest first (https://docs.stripe.com/api/pagination)."""

from __future__ import annotations

from typing import Any

from shop.payments.providers.stripe.sandbox.errors import invalid
from shop.payments.providers.stripe.sandbox.store import Obj, Transaction

Condition = tuple[str, list[object]]
_RANGE = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def page(
    tx: Transaction,
    kind: str,
    params: dict[str, Any],
    *,
    url: str,
    equal: dict[str, str],
    more: tuple[Condition, ...] = (),
) -> Obj:
    """`equal` maps parameters to fields of the body that must equal them."""
    conditions = [
        ("json_extract(body, ?) = ?", [f"$.{field}", params[name]]) for name, field in equal.items() if name in params
    ]
    conditions += [*more, *_created(params.get("created"))]
    limit = params.get("limit", 10)
    backwards = "ending_before" in params
    conditions += _cursor(tx, kind, params)
    where = " AND ".join(f"({sql})" for sql, _ in conditions) or "1"
    values = [value for _, bound in conditions for value in bound]
    rows = tx.where(kind, where, *values, limit=limit + 1, oldest_first=backwards)
    data = rows[:limit]
    return {
        "object": "list",
        "data": data[::-1] if backwards else data,
        "has_more": len(rows) > limit,
        "url": url,
    }


def _created(created: Any) -> list[Condition]:
    if created is None:
        return []
    if isinstance(created, int):
        return [("created = ?", [created])]
    return [(f"created {_RANGE[sign]} ?", [value]) for sign, value in created.items()]


def _cursor(tx: Transaction, kind: str, params: dict[str, Any]) -> list[Condition]:
    for name, sign in (("starting_after", "<"), ("ending_before", ">")):
        if name in params:
            return [(f"seq {sign} ?", [tx.sequence(kind, params[name], param=name)])]
    return []


def slice_items(items: list[Obj], params: dict[str, Any], *, url: str) -> Obj:
    """The same for things that are not rows of their own."""
    limit = params.get("limit", 10)
    refs = [item["id"] for item in items]
    start, end = 0, len(items)
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in refs:
            raise invalid(f"No such item: '{params[name]}'", param=name, code="resource_missing")
    if "starting_after" in params:
        start = refs.index(params["starting_after"]) + 1
    if "ending_before" in params:
        end = refs.index(params["ending_before"])
        start = max(0, end - limit)
    chosen = items[start:end][:limit]
    has_more = start > 0 if "ending_before" in params else start + limit < len(items)
    return {"object": "list", "data": chosen, "has_more": has_more, "url": url}
