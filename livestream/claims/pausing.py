"""Claims wait for a host whose picture is lost: their clocks stand still, and get the lost time back.

Called with the room locked; the lock of the show's claims comes behind it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from livestream.claims import line, queries
from livestream.claims.models import Claim
from livestream.pins.service import LONGEST_PAUSE
from livestream.rooms.models import Room, Stream
from shop.offers.claims import set_deadline
from shop.offers.queries import get_offer


def pause_holds(session: Session, room: Room) -> None:
    """What is held holds on while nobody is there. What is being paid has the payment page's own time."""
    queries.lock_rules(session, room.stream_id)
    for claim in queries.held_claims(session, stream_id=room.stream_id):
        claim.is_paused = _move_deadline(session, claim, LONGEST_PAUSE)


def resume_holds(session: Session, room: Room, away_seconds: float) -> None:
    """The host is back: what was paused gets the lost time, 15 minutes at most."""
    given = min(timedelta(seconds=away_seconds), LONGEST_PAUSE)
    queries.lock_rules(session, room.stream_id)
    for claim in queries.held_claims(session, stream_id=room.stream_id):
        if claim.is_paused:
            claim.is_paused = False
            _move_deadline(session, claim, given - LONGEST_PAUSE)


def unpause_at_end(session: Session, stream: Stream, _room: Room, _at: datetime) -> None:
    """The show ends while the host is away: clocks run on, with the time that was given already."""
    queries.lock_rules(session, stream.id)
    for claim in queries.held_claims(session, stream_id=stream.id):
        if claim.is_paused:
            claim.is_paused = False
            line.tell(session, claim)


def _move_deadline(session: Session, claim: Claim, by: timedelta) -> bool:
    offer = get_offer(session, str(claim.offer_id))
    moved = set_deadline(session, offer_id=offer.id, until=offer.valid_until + by)
    line.tell(session, claim)
    return moved
