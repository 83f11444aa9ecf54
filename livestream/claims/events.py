"""What happens to claims. Never told to the room: a claim is between its owner and the brand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ClaimChanged(Event):
    """To the claim's owner, on all their screens: made, in line, their turn, over. The room's card is asked for anew."""

    name: ClassVar[str] = "claim.changed"
    room_id: str
    claim_id: str
    state: str


@dataclass(frozen=True, kw_only=True)
class ClaimsChanged(Event):
    """To the crew of a room when its list of claims changed: `open` claims hold pieces or wait for them."""

    name: ClassVar[str] = "claims.changed"
    room_id: str
    open: int
