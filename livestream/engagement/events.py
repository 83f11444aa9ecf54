"""What makes a room feel alive: hearts, purchases, the studio's figures. All passing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from livestream.rooms.protocol import Texts
from shop.core.events import Event
from shop.core.money import Money


@dataclass(frozen=True, kw_only=True)
class ReactionCounted(Event):
    """To everyone in the room, at most twice a second: hearts so far, and how many came since the last time."""

    name: ClassVar[str] = "reaction.counted"
    room_id: str
    hearts: int
    added: int


@dataclass(frozen=True, kw_only=True)
class PurchaseMade(Event):
    """To everyone in the room, at most once in six seconds, never naming anybody.

    `kind` is one (someone bought the product), many (`count` people bought it) or several (`count` people bought
    different things; the product is the one bought most).
    """

    name: ClassVar[str] = "purchase.made"
    room_id: str
    kind: str
    product_id: str
    product_title: Texts
    count: int


@dataclass(frozen=True, kw_only=True)
class FriendBought(Event):
    """To those visitors of a room who may see what a person buys, when that person bought something pinned there."""

    name: ClassVar[str] = "friends.bought"
    room_id: str
    account_id: str
    display_name: str
    product_title: Texts


@dataclass(frozen=True, kw_only=True)
class SaleMade(Event):
    """To the crew when a line that was bought from a pin is paid."""

    name: ClassVar[str] = "sale.made"
    room_id: str
    number: int
    title: Texts
    quantity: int
    amount: Money
    at: datetime


@dataclass(frozen=True, kw_only=True)
class StudioCounted(Event):
    """To the crew, every two seconds: unique viewers now, paid orders and their goods, bags that hold a pinned product.

    `pin_to_order_seconds` is the median of the last 20 orders, null before the first.
    """

    name: ClassVar[str] = "studio.counted"
    room_id: str
    watching: int
    orders: int
    gmv: Money
    hearts: int
    pin_to_order_seconds: int | None
    bags: int
