"""Hearts from everybody, guests too."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from livestream.engagement import hearts
from livestream.rooms import presence
from shop.core.actor import Actor
from shop.core.errors import NotAllowed, require
from shop.core.forms import Identifier, Input
from shop.core.policy import PUBLIC
from shop.core.realtime import command, identity


class SendReaction(Input):
    room_id: Identifier
    count: Annotated[int, Field(ge=1, le=10)]


@command("reaction.send", SendReaction, policy=PUBLIC, limit="120/minute", writes=False)
def on_reaction(_session: Session, _actor: Actor, data: SendReaction) -> dict[str, Any]:
    """Only for people who are in the room: nobody can cheer from outside."""
    require(presence.is_here(data.room_id, identity().sid), NotAllowed)
    hearts.add(data.room_id, data.count)
    return {}
