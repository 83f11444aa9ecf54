"""Socket commands of pins."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from livestream.pins import service
from livestream.rooms.policy import ON_STAGE
from shop.core.actor import Actor
from shop.core.forms import Identifier, Input
from shop.core.policy import crew
from shop.core.realtime import command


class AddPin(Input):
    room_id: Identifier
    item_id: Identifier


class ThisPin(Input):
    room_id: Identifier
    pin_id: Identifier


class ExtendPin(ThisPin):
    seconds: Annotated[int, Field(ge=30, le=600)]


@command("pin.add", AddPin, policy=crew(*ON_STAGE), limit="60/minute")
def on_add(session: Session, actor: Actor, data: AddPin) -> dict[str, Any]:
    pin = service.pin_item(session, actor=actor, room_id=data.room_id, item_id=data.item_id)
    return {"pin_id": pin.pin_id, "ends_at": pin.ends_at}


@command("pin.remove", ThisPin, policy=crew(*ON_STAGE), limit="60/minute")
def on_remove(session: Session, actor: Actor, data: ThisPin) -> dict[str, Any]:
    service.unpin(session, actor=actor, room_id=data.room_id, pin_id=data.pin_id)
    return {}


@command("pin.undo", ThisPin, policy=crew(*ON_STAGE), limit="60/minute")
def on_undo(session: Session, actor: Actor, data: ThisPin) -> dict[str, Any]:
    pin = service.undo_pin(session, actor=actor, room_id=data.room_id, pin_id=data.pin_id)
    return {"pin_id": pin.pin_id if pin else None}


@command("pin.extend", ExtendPin, policy=crew(*ON_STAGE), limit="60/minute")
def on_extend(session: Session, actor: Actor, data: ExtendPin) -> dict[str, Any]:
    ends_at = service.extend_pin(session, actor=actor, room_id=data.room_id, pin_id=data.pin_id, seconds=data.seconds)
    return {"pin_id": data.pin_id, "ends_at": ends_at}
