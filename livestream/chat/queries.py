"""Reading what was said, and who may not speak."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from livestream.chat.errors import Banned
from livestream.chat.models import ChatMessage, Silence
from livestream.rooms.models import Room
from livestream.rooms.protocol import MessageView, ReplyView
from livestream.rooms.queries import RoomHead
from livestream.rooms.snapshot import Scene, Talk
from shop.accounts.models import Account
from shop.brands.models import BrandMember
from shop.core import clock
from shop.core.actor import Actor
from shop.core.db import Instant, PublicId
from shop.core.errors import NotFound

HISTORY = 50


def load_talk(session: Session, scene: Scene) -> Talk:
    """The last messages and the visitor's silences, in one statement. Raises Banned."""
    brand_id = scene.head.brand.id
    asked = {
        "room_id": scene.head.room.id,
        "brand_id": brand_id,
        "account_id": scene.actor.account_id,
        "now": clock.now(),
    }
    rows = session.execute(_talk_rows(), asked).all()
    silences = {silence.id: silence for _, _, silence in rows if silence is not None}
    if not scene.actor.has_role(brand_id):
        refuse_banned(list(silences.values()))
    seen = {said.id: message_view(said, reply) for said, reply, _ in rows if said is not None}
    return Talk(messages=tuple(seen.values()), muted_until=_latest_end(list(silences.values())))


@cache
def _talk_rows() -> Select[ChatMessage, ChatMessage, Silence]:
    """Built once; run with `room_id`, `brand_id`, `account_id` and `now`."""
    room_id = bindparam("room_id", type_=PublicId("room"))
    tail = (
        select(ChatMessage)
        .where(ChatMessage.room_id == room_id, ChatMessage.removed_at.is_(None))
        .order_by(ChatMessage.id.desc())
        .limit(HISTORY)
        .subquery()
    )
    message, answered = aliased(ChatMessage, tail), aliased(ChatMessage)
    is_open = open_silence(bindparam("brand_id", type_=PublicId("brand")), room_id, bindparam("now", type_=Instant()))
    return (
        select(message, answered, Silence)
        .select_from(Room)
        .outerjoin(message, message.room_id == Room.id)
        .outerjoin(answered, and_(answered.id == message.reply_to_id, answered.removed_at.is_(None)))
        .outerjoin(Silence, and_(is_open, Silence.account_id == bindparam("account_id", type_=PublicId("acct"))))
        .where(Room.id == room_id)
        .order_by(message.id)
        .execution_options(populate_existing=True)
    )


def _latest_end(silences: list[Silence]) -> datetime | None:
    """A mute always has an end; the latest one counts."""
    return max((silence.until for silence in silences if silence.until is not None), default=None)


def open_silence(brand_id: Any, room_id: Any, now: Any = None) -> ColumnElement[bool]:
    """Mutes hold in their room, bans in all rooms of the brand."""
    here = or_(Silence.room_id.is_(None), Silence.room_id == room_id)
    return and_(
        Silence.brand_id == brand_id,
        here,
        Silence.lifted_at.is_(None),
        or_(Silence.until.is_(None), Silence.until > (clock.now() if now is None else now)),
    )


def load_silences(session: Session, *, brand_id: str, room_id: str, account_id: str) -> list[Silence]:
    return list(
        session.scalars(select(Silence).where(open_silence(brand_id, room_id), Silence.account_id == account_id))
    )


def refuse_banned(silences: list[Silence]) -> None:
    if any(silence.kind == "ban" for silence in silences):
        raise Banned


def check_entry(session: Session, head: RoomHead, actor: Actor) -> None:
    """Banned people stay outside; the brand's own people cannot be banned."""
    if actor.account_id is not None and not actor.has_role(head.brand.id):
        silences = load_silences(session, brand_id=head.brand.id, room_id=head.room.id, account_id=actor.account_id)
        refuse_banned(silences)


def message_view(message: ChatMessage, answered: ChatMessage | None) -> MessageView:
    return MessageView(
        message_id=message.id,
        account_id=message.account_id,
        author=message.author_name,
        role=message.author_role,
        text=message.text,
        at=message.at,
        reply_to=ReplyView(message_id=answered.id, author=answered.author_name, text=answered.text)
        if answered is not None
        else None,
        client_key=message.client_key,
    )


def find_by_client_key(session: Session, *, room_id: str, account_id: str, client_key: str) -> ChatMessage | None:
    return session.scalar(
        select(ChatMessage).where(
            ChatMessage.room_id == room_id,
            ChatMessage.account_id == account_id,
            ChatMessage.client_key == client_key,
        )
    )


def find_message(session: Session, *, room_id: str, message_id: str) -> ChatMessage | None:
    """A message of this room that is still up."""
    found = session.get(ChatMessage, message_id)
    return found if found is not None and found.room_id == room_id and found.removed_at is None else None


def last_spoke_at(session: Session, *, room_id: str, account_id: str) -> datetime | None:
    return session.scalar(
        select(ChatMessage.at)
        .where(ChatMessage.room_id == room_id, ChatMessage.account_id == account_id)
        .order_by(ChatMessage.id.desc())
        .limit(1)
    )


def get_guest_of_brand(session: Session, *, account_id: str, brand_id: str) -> tuple[Account, bool]:
    """A person and whether they work for the brand; raises NotFound."""
    row: Any = session.execute(
        select(Account, BrandMember.id)
        .outerjoin(BrandMember, and_(BrandMember.account_id == Account.id, BrandMember.brand_id == brand_id))
        .where(Account.id == account_id)
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1] is not None


def list_messages(session: Session, *, room_id: str, limit: int = 2000) -> list[MessageView]:
    """Everything that is still up, oldest first: the chat of a replay."""
    answered = aliased(ChatMessage)
    rows = session.execute(
        select(ChatMessage, answered)
        .outerjoin(answered, and_(answered.id == ChatMessage.reply_to_id, answered.removed_at.is_(None)))
        .where(ChatMessage.room_id == room_id, ChatMessage.removed_at.is_(None))
        .order_by(ChatMessage.id)
        .limit(limit)
    )
    return [message_view(message, reply) for message, reply in rows]
