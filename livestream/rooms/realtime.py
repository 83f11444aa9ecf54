"""Socket commands of rooms: join, leave, go live, end."""

from __future__ import annotations

from typing import Annotated, Any

from flask import current_app
from pydantic import Field
from sqlalchemy.orm import Session

from livestream.rooms import policy, presence, pulse, service
from livestream.rooms.queries import RoomHead, get_visible_head, load_gap
from livestream.rooms.snapshot import build_snapshot, check_entry, last_messages
from shop.core import channel
from shop.core.actor import Actor
from shop.core.errors import NotAllowed, require
from shop.core.forms import Identifier, Input
from shop.core.policy import PUBLIC, crew
from shop.core.realtime import Identity, command, identity
from shop.core.web import settings


class JoinRoom(Input):
    """`epoch` and `last_seq` are what the browser saw last; with them it gets the gap instead of a snapshot."""

    room_id: Identifier
    crew: bool = False
    epoch: Annotated[str, Field(max_length=12)] | None = None
    last_seq: Annotated[int, Field(ge=0, le=2**53)] | None = None


class RoomOnly(Input):
    room_id: Identifier


class StreamOnly(Input):
    stream_id: Identifier


@command("room.join", JoinRoom, policy=PUBLIC, limit="60/minute", writes=False)
def on_join(session: Session, actor: Actor, data: JoinRoom) -> dict[str, Any]:
    """Enter the room, then look: whatever happens in between arrives as an event with a later seq."""
    head = get_visible_head(session, actor=actor, room_id=data.room_id)
    check_entry(session, head=head, actor=actor)
    if data.crew:
        require(policy.can_join_crew(actor, head.brand.id), NotAllowed)
    _enter(identity(), head, as_crew=data.crew)
    # A new look at the database: the one above may be older than the moment the socket entered the channel.
    session.rollback()
    head = get_visible_head(session, actor=actor, room_id=data.room_id)
    currency = settings().default_currency
    if data.epoch is not None and data.last_seq is not None:
        events = load_gap(session, room=head.room, epoch=data.epoch, last_seq=data.last_seq)
        if events is not None:
            return {
                "recovered": True,
                "events": events,
                # Chat carries no number: the last messages fill what was said while nobody listened here.
                "messages": last_messages(session, head=head, actor=actor, currency=currency),
                "viewers": presence.count(head.room.id),
            }
    snapshot = build_snapshot(session, head=head, actor=actor, currency=currency)
    return {"recovered": False, "snapshot": snapshot}


def _enter(who: Identity, head: RoomHead, *, as_crew: bool) -> None:
    who.join(channel.room(head.room.id))
    if as_crew:
        who.join(channel.crew(head.room.id))
        presence.enter_crew(head.room.id, who.sid)
    else:
        presence.enter(head.room.id, who)
    pulse.start(current_app._get_current_object())  # type: ignore[attr-defined]  # werkzeug's proxy


@command("room.leave", RoomOnly, policy=PUBLIC, limit="60/minute", writes=False)
def on_leave(_session: Session, _actor: Actor, data: RoomOnly) -> dict[str, Any]:
    who = identity()
    who.leave(channel.room(data.room_id))
    who.leave(channel.crew(data.room_id))
    presence.leave(data.room_id, who.sid)
    return {}


@command("stream.start", StreamOnly, policy=crew(*policy.ON_STAGE), limit="10/minute")
def on_start(session: Session, actor: Actor, data: StreamOnly) -> dict[str, Any]:
    stream = service.start_stream(session, actor=actor, stream_id=data.stream_id)
    return {"stream_id": stream.id, "state": stream.state, "live_at": stream.live_at}


@command("stream.end", StreamOnly, policy=crew(*policy.ON_STAGE), limit="10/minute")
def on_end(session: Session, actor: Actor, data: StreamOnly) -> dict[str, Any]:
    stream = service.end_stream(session, actor=actor, stream_id=data.stream_id)
    return {"stream_id": stream.id, "state": stream.state, "ended_at": stream.ended_at}


def forget_socket(who: Identity) -> None:
    """The socket is gone from every room."""
    presence.leave_all(who.sid)
