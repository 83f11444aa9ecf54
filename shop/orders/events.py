"""What happens to orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shop.core.events import Event
from shop.core.money import Money


@dataclass(frozen=True, kw_only=True)
class SoldLine:
    """One line of an order, as other features count it. `unit` is the price of one piece."""

    brand_id: str
    product_id: str
    variant_id: str
    quantity: int
    unit: Money
    source_ref: str | None


@dataclass(frozen=True, kw_only=True)
class OrderPaid(Event):
    """In this process only, once per order, when its payment was confirmed: figures, purchase notices, thanks."""

    name: ClassVar[str] = "orders.order_paid"
    order_id: str
    number: int
    brand_ids: tuple[str, ...]
    lines: tuple[SoldLine, ...]
    total: Money
    account_id: str | None
    paid_at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Event):
    """In this process only, when a checkout ended without money and its stock went back."""

    name: ClassVar[str] = "orders.order_cancelled"
    order_id: str
    number: int
    brand_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OrderPaidNotice(Event):
    """To whoever watches the order, and to its shopper's sockets, when the order is paid."""

    name: ClassVar[str] = "order.paid"
    order_id: str
    number: int
    total: Money


@dataclass(frozen=True, kw_only=True)
class OrderChanged(Event):
    """To whoever watches the order, and to its shopper's sockets, when its state or a parcel's state moved."""

    name: ClassVar[str] = "order.changed"
    order_id: str
    number: int
    state: str
    parts: dict[str, str]  # state by letter
