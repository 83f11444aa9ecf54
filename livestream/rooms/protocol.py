"""The shapes that travel between a room and its browsers: one place for page, join and recovery.

Texts by language are dicts (`{"en": …, "it": …}`), so that one payload serves every viewer. Money is `{amount,
currency}` in JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shop.core.money import Money

Texts = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class StreamView:
    """The show behind the room. `has_video`: pictures can be played. `away_since` is set while the host's picture is lost: clocks stand still then."""

    stream_id: str
    slug: str
    state: str
    title: Texts
    brand: Texts  # id, slug, name
    host: str
    has_video: bool
    host_present: bool
    away_since: datetime | None
    starts_at: datetime | None
    live_at: datetime | None
    ended_at: datetime | None
    is_demo: bool


@dataclass(frozen=True, kw_only=True)
class VariantChoice:
    """One thing to buy on a pin card."""

    sku: str
    variant_id: str
    label: Texts
    left: int
    price: Money


@dataclass(frozen=True, kw_only=True)
class PinView:
    """The product on top of the room, with the price that holds right now.

    `ends_at` is the end of the live price, null when there is none or it ended. `show_stock` is true from a quarter
    of the stock or 20 pieces down. `total` is what was there when nothing was sold.
    """

    pin_id: str
    item_id: str
    number: int
    product_id: str
    slug: str
    title: Texts
    image_url: str
    image_alt: Texts
    price: Money
    struck: Money | None
    percent: int
    ends_at: datetime | None
    left: int
    total: int
    show_stock: bool
    sold_out: bool
    variants: tuple[VariantChoice, ...]
    note: str


@dataclass(frozen=True, kw_only=True)
class ItemView:
    """One row of the shelf. `number` is what viewers call it; `state` is pinned, sold_out, shown, next or later."""

    item_id: str
    number: int
    product_id: str
    slug: str
    title: Texts
    image_url: str
    image_alt: Texts
    price: Money
    state: str
    shown_at_seconds: int | None
    left: int


@dataclass(frozen=True, kw_only=True)
class ReplyView:
    """The message that another one answers."""

    message_id: str
    author: str
    text: str


@dataclass(frozen=True, kw_only=True)
class MessageView:
    """One chat message. `role` is host, moderator or empty; `client_key` lets the writer find the own one."""

    message_id: str
    account_id: str
    author: str
    role: str
    text: str
    at: datetime
    reply_to: ReplyView | None
    client_key: str


@dataclass(frozen=True, kw_only=True)
class Me:
    """What the receiver may do here; the only part of a snapshot that differs between people."""

    account_id: str | None
    name: str
    can_write: bool
    muted_until: datetime | None
    role: str


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A whole room. Snapshot + later state events = a new snapshot (`tests/contracts/test_snapshots.py`)."""

    room_id: str
    epoch: str
    seq: int
    server_now: datetime
    stream: StreamView
    viewers: int
    hearts: int
    slow_mode_seconds: int
    notice: str
    pin: PinView | None
    pin_html: Texts | None
    items: tuple[ItemView, ...]
    messages: tuple[MessageView, ...]
    me: Me


def item_state(*, is_pinned: bool, left: int, was_shown: bool, is_first_unshown: bool) -> str:
    """How the shelf names an item; the browser's store uses the same rule."""
    if is_pinned:
        return "pinned"
    if left == 0:
        return "sold_out"
    if was_shown:
        return "shown"
    return "next" if is_first_unshown else "later"


def with_states(items: list[dict[str, Any]], pinned_item_id: str | None) -> list[dict[str, Any]]:
    """Name every item's state from what is known of it."""
    unshown = [i for i in items if i["shown_at_seconds"] is None and i["left"] > 0 and i["item_id"] != pinned_item_id]
    first = unshown[0]["item_id"] if unshown else None
    return [
        item
        | {
            "state": item_state(
                is_pinned=item["item_id"] == pinned_item_id,
                left=item["left"],
                was_shown=item["shown_at_seconds"] is not None,
                is_first_unshown=item["item_id"] == first,
            )
        }
        for item in items
    ]
