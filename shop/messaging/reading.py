"""Messages as one reader sees them, and finding them again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands.models import Brand
from shop.core import clock
from shop.core.actor import Actor
from shop.core.errors import NotFound
from shop.messaging.cards import Card, load_cards, stays
from shop.messaging.lists import load_faces, title_of
from shop.messaging.models import Folder, Message, MessageKind, MessageReaction, Thread, ThreadKind, ThreadMember
from shop.messaging.policy import Piece, Seat, can_change, looks_like_scam, pieces
from shop.social.queries import blocked_ids

PER_PAGE = 40


@dataclass(frozen=True, kw_only=True)
class ReplyView:
    """What a message answers, small."""

    message_id: str
    author_name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ReactionView:
    """One sign under a message."""

    sign: str
    count: int
    is_mine: bool


@dataclass(frozen=True, kw_only=True)
class MessageView:
    """A message as one reader sees it."""

    message_id: str
    number: int
    kind: MessageKind
    author_id: str
    author_name: str = ""
    as_brand: bool
    is_mine: bool  # Of the reader's side: for a brand's people, everything the brand said.
    text: str
    pieces: tuple[Piece, ...]
    data: dict[str, Any]
    photo: str
    cards: tuple[Card, ...] = ()
    reply: ReplyView | None = None
    reactions: tuple[ReactionView, ...] = ()
    at: datetime
    is_edited: bool
    is_deleted: bool
    can_change: bool
    looks_like_scam: bool
    client_key: str = ""


@dataclass(frozen=True, kw_only=True)
class MessagePage:
    """Messages, oldest first; `before` is where older ones begin, None at the start of the thread."""

    messages: tuple[MessageView, ...]
    before: int | None


def load_messages(
    session: Session, actor: Actor, seat: Seat, *, before: int | None = None, after: int | None = None
) -> MessagePage:
    """A page of a thread: the newest, or those before or after a number."""
    query = _visible(session, seat)
    if after is not None:
        rows = list(session.scalars(query.where(Message.number > after).order_by(Message.number).limit(PER_PAGE * 5)))
        return MessagePage(messages=_views(session, actor, seat, rows), before=None)
    if before is not None:
        query = query.where(Message.number < before)
    rows = list(session.scalars(query.order_by(Message.number.desc()).limit(PER_PAGE + 1)))
    shown = rows[:PER_PAGE][::-1]
    more = shown[0].number if len(rows) > PER_PAGE else None
    return MessagePage(messages=_views(session, actor, seat, shown), before=more)


def load_message(session: Session, actor: Actor, seat: Seat, message_id: str) -> MessageView:
    """One message, to redraw it. Raises NotFound."""
    rows = list(session.scalars(_visible(session, seat).where(Message.id == message_id)))
    if not rows:
        raise NotFound
    return _views(session, actor, seat, rows)[0]


def _visible(session: Session, seat: Seat) -> Select[Message]:
    """What this seat may read: since it joined, and in groups nothing of people behind a block."""
    query = select(Message).where(Message.thread_id == seat.thread.id, Message.number > seat.since_number)
    if seat.thread.kind == ThreadKind.GROUP and seat.member is not None:
        hidden = blocked_ids(session, seat.member.account_id)
        if hidden:
            query = query.where(Message.author_id.not_in(hidden))
    return query


def _views(session: Session, actor: Actor, seat: Seat, rows: Sequence[Message]) -> tuple[MessageView, ...]:
    answered = _answered(session, seat, rows)
    people = {row.author_id for row in [*rows, *answered.values()]}
    found = session.execute(select(Account.id, Account.display_name).where(Account.id.in_(people)))
    names: dict[str, str] = {row.id: row.display_name for row in found}
    reactions = _reactions(session, actor, [row.id for row in rows])
    refs = [(kind, ref) for row in rows if row.deleted_at is None for kind, ref in row.cards]
    cards = load_cards(session, actor, refs) if refs else {}
    brand_name = _brand_name(session, seat.thread) if any(row.as_brand for row in [*rows, *answered.values()]) else ""

    def author(message: Message) -> str:
        # Shoppers talk to the brand; its own people see who of them it was.
        return brand_name if message.as_brand and not seat.as_brand else names.get(message.author_id, "")

    return tuple(
        replace(
            _view(actor, seat, row),
            author_name=author(row),
            reply=_reply(answered.get(row.reply_to_id or ""), author),
            reactions=() if row.deleted_at else reactions.get(row.id, ()),
            cards=() if row.deleted_at else tuple(cards[kind, ref] for kind, ref in row.cards),
        )
        for row in rows
    )


def _view(actor: Actor, seat: Seat, row: Message) -> MessageView:
    """What the row alone says."""
    gone = row.deleted_at is not None
    is_mine = row.as_brand if seat.as_brand else row.author_id == actor.account_id and not row.as_brand
    return MessageView(
        message_id=row.id,
        number=row.number,
        kind=MessageKind(row.kind),
        author_id="" if row.as_brand and not seat.as_brand else row.author_id,
        as_brand=row.as_brand,
        is_mine=is_mine,
        text="" if gone else row.text,
        pieces=() if gone else tuple(pieces(row.text)),
        data=dict(row.data),
        photo=f"/messages/{row.thread_id}/photos/{row.id}" if row.image_id and not gone else "",
        at=row.at,
        is_edited=row.edited_at is not None,
        is_deleted=gone,
        can_change=can_change(actor, row, clock.now()) and not stays(row.cards),
        looks_like_scam=not is_mine and not gone and looks_like_scam(row.text),
        client_key=row.client_key if row.author_id == actor.account_id else "",
    )


def _reply(answered: Message | None, author: Callable[[Message], str]) -> ReplyView | None:
    if answered is None:
        return None
    text = "" if answered.deleted_at else answered.text[:160]
    return ReplyView(message_id=answered.id, author_name=author(answered), text=text)


def _answered(session: Session, seat: Seat, rows: Sequence[Message]) -> dict[str, Message]:
    wanted = {row.reply_to_id for row in rows if row.reply_to_id}
    if not wanted:
        return {}
    return {row.id: row for row in session.scalars(_visible(session, seat).where(Message.id.in_(wanted)))}


def _reactions(session: Session, actor: Actor, message_ids: Sequence[str]) -> dict[str, tuple[ReactionView, ...]]:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in session.scalars(select(MessageReaction).where(MessageReaction.message_id.in_(message_ids))):
        found[row.message_id][row.sign].append(row.account_id)
    return {
        message_id: tuple(
            ReactionView(sign=sign, count=len(people), is_mine=actor.account_id in people)
            for sign, people in sorted(signs.items())
        )
        for message_id, signs in found.items()
    }


def _brand_name(session: Session, thread: Thread) -> str:
    brand = session.get(Brand, thread.brand_id) if thread.brand_id else None
    return brand.name if brand else ""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A message that was searched for."""

    thread_id: str
    message_id: str
    number: int
    title: str
    author_name: str
    text: str
    at: datetime


def search_messages(session: Session, actor: Actor, words: str, *, limit: int = 30) -> list[Hit]:
    """In everything that the actor may read, newest first. The wildcards of LIKE mean themselves."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    account_id = str(actor.account_id)
    query = (
        select(Message, Thread, Brand, Account.display_name)
        .join(ThreadMember, ThreadMember.thread_id == Message.thread_id)
        .join(Thread, Thread.id == Message.thread_id)
        .outerjoin(Brand, Brand.id == Thread.brand_id)
        .join(Account, Account.id == Message.author_id)
        .where(
            ThreadMember.account_id == account_id,
            ThreadMember.left_at.is_(None),
            Message.number > ThreadMember.since_number,
            Message.deleted_at.is_(None),
            Message.text.ilike(f"%{escaped}%", escape="\\"),
        )
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(limit)
    )
    hidden = blocked_ids(session, account_id)
    if hidden:
        query = query.where(or_(Thread.kind != ThreadKind.GROUP, Message.author_id.not_in(hidden)))
    rows = session.execute(query).all()
    faces = load_faces(session, [thread.id for _m, thread, _b, _n in rows])
    return [
        Hit(
            thread_id=thread.id,
            message_id=message.id,
            number=message.number,
            title=title_of(thread, brand, [f for f in faces.get(thread.id, ()) if f.account_id != account_id]),
            author_name=brand.name if message.as_brand and brand else name,
            text=message.text,
            at=message.at,
        )
        for message, thread, brand, name in rows
    ]


def count_strangers(session: Session, account_id: str, since: datetime) -> int:
    """How many first messages of this person still wait in somebody's requests."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Thread)
            .join(ThreadMember, and_(ThreadMember.thread_id == Thread.id, ThreadMember.folder == Folder.REQUESTS))
            .where(Thread.created_by == account_id, Thread.created_at > since, Thread.kind == ThreadKind.DIRECT)
        )
        or 0
    )


def count_same_text(session: Session, *, author_id: str, text_key: str, since: datetime, but: str) -> int:
    """In how many other threads this person said the same."""
    wanted = (
        Message.author_id == author_id,
        Message.text_key == text_key,
        Message.at > since,
        Message.thread_id != but,
    )
    return session.scalar(select(func.count(func.distinct(Message.thread_id))).where(*wanted)) or 0
