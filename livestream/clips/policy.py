"""Who may do what with a clip. Pure questions, asked again by every service."""

from __future__ import annotations

from livestream.clips.models import Clip
from livestream.rooms import policy as rooms
from livestream.rooms.models import Stream, StreamState
from shop.core.actor import Actor

# Drafts, plans and cancelled streams have nothing that could be cut, and are nobody's business.
CUTTABLE = frozenset({StreamState.LIVE, StreamState.ENDED, StreamState.REPLAY})


def can_be_cut(stream: Stream) -> bool:
    return stream.state in CUTTABLE


def can_remove(actor: Actor, clip: Clip) -> bool:
    """Its maker, and those who keep the brand's rooms in order."""
    return (not actor.is_guest and actor.account_id == clip.by_account_id) or rooms.can_moderate(actor, clip.brand_id)
