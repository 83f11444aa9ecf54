"""What happens to pins, prices and stock while a room watches. All of it changes the room's snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from livestream.rooms.events import StateEvent
from livestream.rooms.protocol import PinView, Texts
from shop.core.money import Money


@dataclass(frozen=True, kw_only=True)
class PriceOf:
    """A variant's price now."""

    sku: str
    price: Money


@dataclass(frozen=True, kw_only=True)
class LeftOf:
    """Pieces of a variant that can still be bought."""

    sku: str
    left: int


@dataclass(frozen=True, kw_only=True)
class PinAdded(StateEvent):
    """To everyone in the room when a product goes on top; it replaces the pin before. `html` by language."""

    name: ClassVar[str] = "pin.added"
    pin: PinView
    html: Texts
    shown_at_seconds: int | None  # The item's place in the show, for shelf and replay.


@dataclass(frozen=True, kw_only=True)
class PinRemoved(StateEvent):
    """To everyone in the room when the top is empty again, or when a pin was undone within seconds."""

    name: ClassVar[str] = "pin.removed"
    pin_id: str
    item_id: str
    shown_at_seconds: int | None
    undone: bool


@dataclass(frozen=True, kw_only=True)
class PinExtended(StateEvent):
    """To everyone in the room when the live price holds longer: by the crew, or because the host was away."""

    name: ClassVar[str] = "pin.extended"
    pin_id: str
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class PriceEnded(StateEvent):
    """To everyone in the room when a live price is over by the server's clock; `price` is what it costs now.

    `pin` and `html` are the card as it is now, null when the product is not on top any more.
    """

    name: ClassVar[str] = "price.ended"
    pin_id: str
    product_id: str
    price: Money
    variants: tuple[PriceOf, ...]
    pin: PinView | None
    html: Texts | None


@dataclass(frozen=True, kw_only=True)
class PriceChanged(StateEvent):
    """To everyone in a live room whose run of show has the product when its normal price changed."""

    name: ClassVar[str] = "price.changed"
    product_id: str
    price: Money
    variants: tuple[PriceOf, ...]
    pin: PinView | None
    html: Texts | None


@dataclass(frozen=True, kw_only=True)
class StockChanged(StateEvent):
    """To everyone in a live room whose run of show has the product when pieces were held, freed, sold or added."""

    name: ClassVar[str] = "stock.changed"
    product_id: str
    left: int
    total: int
    variants: tuple[LeftOf, ...]


@dataclass(frozen=True, kw_only=True)
class ProductSoldOut(StateEvent):
    """To everyone in a live room when the last piece of a product is gone."""

    name: ClassVar[str] = "product.sold_out"
    product_id: str
