"""Addresses of orders. A guest's link carries a signature; a member signs in."""

from __future__ import annotations

from typing import Protocol

from shop.core import ids, web

PURPOSE = "order"


class Addressed(Protocol):
    """An order's row or its view."""

    @property
    def id(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def account_id(self) -> str | None: ...


def order_path(order: Addressed) -> str:
    """The page of an order for its shopper."""
    path = f"/orders/{order.number}"
    return path if order.account_id else f"{path}?key={order_key(order.id)}"


def order_key(order_id: str) -> str:
    """What a guest shows to see one order."""
    return ids.sign(web.settings().secret_key, PURPOSE, order_id)


def opens_order(order_id: str, key: str) -> bool:
    return ids.check_signature(web.settings().secret_key, PURPOSE, order_id, key)
