"""Reading threads and messages, always as somebody: a thread that a person is not in does not exist."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands.models import Brand
from shop.core import clock
from shop.core.actor import Actor
from shop.core.errors import NotFound, SignInNeeded
from shop.messaging.cards import Card, load_cards, stays
from shop.messaging.models import (
    Folder,
    MemberRole,
    Message,
    MessageKind,
    MessageReaction,
    ReplyTime,
    Thread,
    ThreadKind,
    ThreadMember,
)
from shop.messaging.policy import INBOX_ROLES, Piece, Seat, can_change, looks_like_scam, pieces
from shop.social.queries import blocked_ids, is_blocked

PER_PAGE = 40
THREADS_PER_PAGE = 30
FOLLOWED = 300
SHOWN_FACES = 3
REPLY_TIMES, FEWEST_REPLY_TIMES = 50, 3
REPLY_TIME_AGE = timedelta(days=30)


def take_seat(session: Session, actor: Actor, thread_id: str) -> Seat:
    """The actor's place in the thread; raises NotFound for everybody else."""
    return _seat(session, actor, session.get(Thread, thread_id))


def lock_seat(session: Session, actor: Actor, thread_id: str) -> Seat:
    """Locks the thread's row: messages get their numbers, people come and go one after another."""
    thread = session.scalar(
        select(Thread).where(Thread.id == thread_id).with_for_update().execution_options(populate_existing=True)
    )
    return _seat(session, actor, thread)


def _seat(session: Session, actor: Actor, thread: Thread | None) -> Seat:
    if actor.account_id is None:
        raise SignInNeeded
    if thread is None:
        raise NotFound
    member = find_member(session, thread.id, actor.account_id)
    if member is not None:
        return Seat(thread=thread, member=member)
    if thread.brand_id is not None and actor.has_role(thread.brand_id, *INBOX_ROLES):
        return Seat(thread=thread, member=None, as_brand=True)
    raise NotFound


def find_member(session: Session, thread_id: str, account_id: str) -> ThreadMember | None:
    """Somebody who is in the thread now."""
    return session.scalar(
        select(ThreadMember)
        .where(
            ThreadMember.thread_id == thread_id,
            ThreadMember.account_id == account_id,
            ThreadMember.left_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )


def members_of(session: Session, thread_id: str) -> list[ThreadMember]:
    """Who is in the thread now, in the order they came."""
    return list(
        session.scalars(
            select(ThreadMember)
            .where(ThreadMember.thread_id == thread_id, ThreadMember.left_at.is_(None))
            .order_by(ThreadMember.joined_at, ThreadMember.account_id)
            .execution_options(populate_existing=True)
        )
    )


def find_thread(session: Session, pair_key: str) -> Thread | None:
    return session.scalar(select(Thread).where(Thread.pair_key == pair_key))


def pair_key(one: str, other: str) -> str:
    """Two people, or a brand and a person, in either order."""
    return "|".join(sorted((one, other)))


def is_cut_off(session: Session, seat: Seat) -> bool:
    """Whether a block stands between the two people of a direct thread."""
    if seat.thread.kind != ThreadKind.DIRECT or seat.member is None:
        return False
    other_id = other_of(seat)
    return other_id is None or is_blocked(session, seat.member.account_id, other_id)


def other_of(seat: Seat) -> str | None:
    """The other person of a direct thread; its key names both."""
    if seat.thread.pair_key is None or seat.member is None:
        return None
    return next((part for part in seat.thread.pair_key.split("|") if part != seat.member.account_id), None)


def find_by_client_key(session: Session, *, thread_id: str, author_id: str, client_key: str) -> Message | None:
    wanted = (Message.thread_id == thread_id, Message.author_id == author_id, Message.client_key == client_key)
    return session.scalar(select(Message).where(*wanted))


def get_message(session: Session, seat: Seat, message_id: str, *, also_deleted: bool = False) -> Message:
    """A message that this seat can see; raises NotFound."""
    message = session.get(Message, message_id)
    if message is None or message.thread_id != seat.thread.id or message.number <= seat.since_number:
        raise NotFound
    if message.deleted_at is not None and not also_deleted:
        raise NotFound
    return message


def followed_threads(session: Session, account_id: str) -> list[str]:
    """Threads whose news a person's screens hear at once, the busiest first."""
    return list(
        session.scalars(
            select(ThreadMember.thread_id)
            .join(Thread, Thread.id == ThreadMember.thread_id)
            .where(ThreadMember.account_id == account_id, ThreadMember.left_at.is_(None))
            .order_by(Thread.last_at.desc())
            .limit(FOLLOWED)
        )
    )


def count_unread(session: Session, account_id: str) -> int:
    """Open threads with something new, muted ones left out: the number on the messages icon."""
    return (
        session.scalar(
            select(func.count())
            .select_from(ThreadMember)
            .join(Thread, Thread.id == ThreadMember.thread_id)
            .where(
                *_mine(account_id, Folder.OPEN),
                ThreadMember.muted_at.is_(None),
                Thread.last_number > ThreadMember.read_number,
            )
        )
        or 0
    )


def _mine(account_id: str, folder: Folder) -> tuple[ColumnElement[bool], ...]:
    return (
        ThreadMember.account_id == account_id,
        ThreadMember.folder == folder,
        ThreadMember.left_at.is_(None),
        Thread.last_number > 0,
    )


@dataclass(frozen=True, kw_only=True)
class Face:
    """Somebody as threads show them."""

    account_id: str
    name: str
    handle: str
    role: MemberRole = MemberRole.MEMBER
    read_number: int = 0


@dataclass(frozen=True, kw_only=True)
class BrandFace:
    """A brand as threads show it."""

    brand_id: str
    slug: str
    name: str
    logo_image_id: str | None


@dataclass(frozen=True, kw_only=True)
class ThreadRow:
    """One row of the list."""

    thread_id: str
    kind: ThreadKind
    title: str
    brand: BrandFace | None
    faces: tuple[Face, ...]
    snippet: str
    author_name: str  # Empty for the only other person.
    is_mine: bool
    at: datetime
    unread: int
    is_muted: bool


TABS: dict[str, tuple[Folder, tuple[ThreadKind, ...]]] = {
    "all": (Folder.OPEN, tuple(ThreadKind)),
    "brands": (Folder.OPEN, (ThreadKind.BRAND,)),
    "friends": (Folder.OPEN, (ThreadKind.DIRECT, ThreadKind.GROUP)),
    "requests": (Folder.REQUESTS, tuple(ThreadKind)),
}


@dataclass(frozen=True, kw_only=True)
class ThreadPage:
    """A page of the list; `requests` tells how many wait in the other folder."""

    rows: tuple[ThreadRow, ...]
    requests: int
    has_more: bool


def list_threads(session: Session, actor: Actor, *, tab: str = "all", page: int = 1) -> ThreadPage:
    """A person's threads, the last spoken first. Four statements, however many threads and messages there are."""
    account_id = str(actor.account_id)
    folder, kinds = TABS[tab]
    found = session.execute(
        select(Thread, ThreadMember, Brand)
        .join(ThreadMember, ThreadMember.thread_id == Thread.id)
        .outerjoin(Brand, Brand.id == Thread.brand_id)
        .where(*_mine(account_id, folder), Thread.kind.in_(kinds))
        .order_by(Thread.last_at.desc(), Thread.id.desc())
        .limit(THREADS_PER_PAGE + 1)
        .offset((page - 1) * THREADS_PER_PAGE)
    ).all()
    waiting = select(func.count()).select_from(ThreadMember).join(Thread, Thread.id == ThreadMember.thread_id)
    requests = session.scalar(waiting.where(*_mine(account_id, Folder.REQUESTS))) or 0
    faces = load_faces(session, [row.Thread.id for row in found if row.Thread.kind != ThreadKind.BRAND])
    hidden = blocked_ids(session, account_id)
    rows = tuple(
        _row(row.Thread, row.ThreadMember, row.Brand, faces.get(row.Thread.id, ()), hidden)
        for row in found[:THREADS_PER_PAGE]
    )
    return ThreadPage(rows=rows, requests=requests, has_more=len(found) > THREADS_PER_PAGE)


def _row(
    thread: Thread, member: ThreadMember, brand: Brand | None, faces: tuple[Face, ...], hidden: set[str]
) -> ThreadRow:
    others = tuple(face for face in faces if face.account_id != member.account_id)
    author = next((face.name for face in others if face.account_id == thread.last_author_id), "")
    return ThreadRow(
        thread_id=thread.id,
        kind=ThreadKind(thread.kind),
        title=title_of(thread, brand, others),
        brand=brand_face(brand),
        faces=others[:SHOWN_FACES],
        # A blocked person's words do not come in by the list either.
        snippet="" if thread.last_author_id in hidden and thread.kind == ThreadKind.GROUP else thread.last_text,
        author_name=author if thread.kind == ThreadKind.GROUP else "",
        is_mine=thread.last_author_id == member.account_id and not thread.last_as_brand,
        at=thread.last_at,
        unread=max(0, thread.last_number - member.read_number),
        is_muted=member.muted_at is not None,
    )


def title_of(thread: Thread, brand: Brand | None, others: Sequence[Face]) -> str:
    """The brand, the group's name, or the people."""
    if brand is not None:
        return brand.name
    return thread.title or ", ".join(face.name for face in others[:SHOWN_FACES])


def brand_face(brand: Brand | None) -> BrandFace | None:
    if brand is None:
        return None
    return BrandFace(brand_id=brand.id, slug=brand.slug, name=brand.name, logo_image_id=brand.logo_image_id)


def load_faces(session: Session, thread_ids: Sequence[str]) -> dict[str, tuple[Face, ...]]:
    """Who is in each thread, in one statement; in a thread of two, whoever left is still a face."""
    found: dict[str, tuple[Face, ...]] = defaultdict(tuple)
    rows = session.execute(
        select(ThreadMember, Account)
        .join(Account, Account.id == ThreadMember.account_id)
        .where(ThreadMember.thread_id.in_(thread_ids), ThreadMember.left_at.is_(None))
        .order_by(ThreadMember.joined_at, ThreadMember.account_id)
    )
    for member, account in rows:
        found[member.thread_id] += (
            Face(
                account_id=account.id,
                name=account.display_name,
                handle=account.handle,
                role=MemberRole(member.role),
                read_number=member.read_number,
            ),
        )
    return found


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
class ThreadHead:
    """What stands over a thread, and beside it."""

    thread_id: str
    kind: ThreadKind
    title: str
    brand: BrandFace | None
    brand_city: str
    reply_minutes: int | None
    faces: tuple[Face, ...]  # Everybody but the reader.
    shopper: Face | None
    is_request: bool
    is_cut_off: bool
    is_muted: bool
    seen_number: int  # How far the others have read.
    last_number: int
    can_manage: bool = False
    role: MemberRole = MemberRole.MEMBER
    hidden: frozenset[str] = field(default=frozenset())


def load_head(session: Session, seat: Seat) -> ThreadHead:
    """Title, people and state of a thread for its reader."""
    from shop.messaging.policy import can_manage

    thread, member = seat.thread, seat.member
    brand = session.get(Brand, thread.brand_id) if thread.brand_id else None
    faces = load_faces(session, [thread.id]).get(thread.id, ())
    others = tuple(face for face in faces if member is None or face.account_id != member.account_id)
    seen = [face.read_number for face in others]
    if thread.kind == ThreadKind.BRAND and member is not None:
        seen = [thread.brand_read]
    shopper = next((face for face in faces if face.account_id == thread.shopper_id), None)
    return ThreadHead(
        thread_id=thread.id,
        kind=ThreadKind(thread.kind),
        title=shopper.name if seat.as_brand and shopper else title_of(thread, brand, others),
        brand=brand_face(brand),
        brand_city=brand.city if brand else "",
        reply_minutes=reply_minutes(session, brand.id) if brand else None,
        faces=others,
        shopper=shopper,
        is_request=member is not None and member.folder == Folder.REQUESTS,
        is_cut_off=is_cut_off(session, seat),
        is_muted=member is not None and member.muted_at is not None,
        seen_number=max(seen, default=0) if thread.kind != ThreadKind.GROUP else min(seen, default=0),
        last_number=thread.last_number,
        can_manage=can_manage(seat),
        role=MemberRole(member.role) if member else MemberRole.MEMBER,
    )


def reply_minutes(session: Session, brand_id: str) -> int | None:
    """Half of the last waits were shorter; None while there is too little to say."""
    waits = session.scalars(
        select(ReplyTime.seconds)
        .where(ReplyTime.brand_id == brand_id, ReplyTime.at > clock.now() - REPLY_TIME_AGE)
        .order_by(ReplyTime.at.desc())
        .limit(REPLY_TIMES)
    ).all()
    if len(waits) < FEWEST_REPLY_TIMES:
        return None
    return max(1, round(statistics.median(waits) / 60))


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
