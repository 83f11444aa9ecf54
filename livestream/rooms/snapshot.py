"""A room at one moment, built in one place for the page, the join and the recovery.

Rooms know neither pins nor chat; both fill their part through `PARTS`. Four statements: head, shelf, pin, talk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from livestream.rooms import policy, presence
from livestream.rooms.models import Stream, StreamState
from livestream.rooms.protocol import ItemView, Me, MessageView, PinView, Snapshot, StreamView, Texts, with_states
from livestream.rooms.queries import RoomHead, elapsed_seconds
from livestream.rooms.shelf import ShelfProduct, load_shelf
from shop.core import clock
from shop.core.actor import Actor


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What the parts of a snapshot may look at."""

    head: RoomHead
    shelf: list[ShelfProduct]
    actor: Actor
    currency: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Talk:
    """The last messages, and until when this person may not write."""

    messages: tuple[MessageView, ...]
    muted_until: datetime | None


@dataclass(kw_only=True)
class Parts:
    """`talk` raises what keeps the person out (a ban), as `check_entry` does for joins. Filled by the features above rooms, in their `register`."""

    pin: Callable[[Session, Scene], tuple[PinView, Texts] | None] = lambda _session, _scene: None
    talk: Callable[[Session, Scene], Talk] = lambda _session, _scene: Talk(messages=(), muted_until=None)
    check_entry: Callable[[Session, RoomHead, Actor], None] = lambda _session, _head, _actor: None


PARTS = Parts()


def build_snapshot(session: Session, *, head: RoomHead, actor: Actor, currency: str) -> Snapshot:
    """Everything a browser needs to draw the room.

    The head (with seq) was read first and all state events carry absolute values: what changes while the rest is
    read is told again by an event with a later seq, and applying it twice does no harm.
    """
    at = clock.now()
    shelf = load_shelf(session, stream_id=head.stream.id, currency=currency, at=at)
    scene = Scene(head=head, shelf=shelf, actor=actor, currency=currency, at=at)
    talk = PARTS.talk(session, scene)
    pin = PARTS.pin(session, scene) if head.is_live else None
    return Snapshot(
        room_id=head.room.id,
        epoch=head.room.epoch,
        seq=head.room.seq,
        server_now=at,
        stream=stream_view(head),
        viewers=presence.count(head.room.id, otherwise=head.room.viewers),
        hearts=head.room.hearts,
        slow_mode_seconds=head.room.slow_mode_seconds,
        notice=head.room.notice,
        pin=pin[0] if pin else None,
        pin_html=pin[1] if pin else None,
        items=item_views(shelf, head.stream, pin[0].item_id if pin else None),
        messages=talk.messages,
        me=_me(scene, talk.muted_until),
    )


def last_messages(session: Session, *, head: RoomHead, actor: Actor, currency: str) -> tuple[MessageView, ...]:
    """The tail of the chat as a snapshot would show it."""
    scene = Scene(head=head, shelf=[], actor=actor, currency=currency, at=clock.now())
    return PARTS.talk(session, scene).messages


def check_entry(session: Session, *, head: RoomHead, actor: Actor) -> None:
    """Raises what a feature above holds against this person being here (a ban)."""
    PARTS.check_entry(session, head, actor)


def stream_view(head: RoomHead) -> StreamView:
    stream, room, brand = head.stream, head.room, head.brand
    return StreamView(
        stream_id=stream.id,
        slug=stream.slug,
        state=StreamState(stream.state).value,
        title=stream.title,
        brand={"id": brand.id, "slug": brand.slug, "name": brand.name},
        host=head.host_name,
        has_video=room.has_video,
        host_present=room.host_present,
        away_since=room.away_since,
        starts_at=stream.starts_at,
        live_at=stream.live_at,
        ended_at=stream.ended_at,
        is_demo=stream.is_demo,
    )


def item_views(shelf: list[ShelfProduct], stream: Stream, pinned_item_id: str | None) -> tuple[ItemView, ...]:
    rows: list[dict[str, Any]] = [
        {
            "item_id": product.item_id,
            "number": product.number,
            "product_id": product.product_id,
            "slug": product.slug,
            "title": product.title,
            "image_url": product.image_url,
            "image_alt": product.image_alt,
            "price": product.price,
            "shown_at_seconds": elapsed_seconds(stream, product.shown_at),
            "left": product.left,
        }
        for product in shelf
    ]
    return tuple(ItemView(**row) for row in with_states(rows, pinned_item_id))


def _me(scene: Scene, muted_until: datetime | None) -> Me:
    actor, head = scene.actor, scene.head
    if actor.is_guest:
        return Me(account_id=None, name="", can_write=False, muted_until=None, role="")
    return Me(
        account_id=actor.account_id,
        name=actor.display_name,
        can_write=head.is_live and muted_until is None,
        muted_until=muted_until,
        role=policy.chat_role(actor, head.brand.id),
    )
