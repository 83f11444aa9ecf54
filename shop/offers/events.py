"""What happens to offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop.core.events import Event


@dataclass(frozen=True, kw_only=True)
class OfferChanged(Event):
    """To the shopper's sockets (the card in the room), and inside this process, when an offer moved.

    The thread's own screens hear `message.changed` and draw the card anew.
    """

    name: ClassVar[str] = "offer.changed"
    offer_id: str
    thread_id: str
    state: str
