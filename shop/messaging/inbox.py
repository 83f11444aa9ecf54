"""The brand's side of its threads: who answers, since when the shopper waits, notes, ready answers, hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from shop.accounts.models import Account
from shop.brands.models import Brand, BrandMember
from shop.core import channel, clock
from shop.core.actor import Actor, Role
from shop.core.errors import NotAllowed, NotFound, require
from shop.core.events import publish
from shop.messaging.events import InboxChanged, InboxTyping
from shop.messaging.models import (
    AnswerHours,
    Message,
    MessageKind,
    ReplyTime,
    SavedReply,
    Thread,
    ThreadNote,
)
from shop.messaging.policy import INBOX_ROLES, Seat
from shop.messaging.queries import lock_seat, take_seat

AUTO_ANSWER_AGAIN = timedelta(hours=12)
INBOX_TABS = ("mine", "unassigned", "all")
ROWS = 60


def note_message(session: Session, seat: Seat, message: Message) -> None:
    """A shopper begins to wait, or an answer ends the wait. The thread is locked."""
    thread = seat.thread
    if not message.as_brand:
        thread.waiting_since = thread.waiting_since or message.at
        return
    if thread.waiting_since is not None and thread.brand_id is not None:
        seconds = int((message.at - thread.waiting_since).total_seconds())
        session.add(ReplyTime(message_id=message.id, brand_id=thread.brand_id, seconds=seconds, at=message.at))
        thread.waiting_since = None
    # Who answers a thread that nobody has, has it.
    thread.assigned_to_id = thread.assigned_to_id or message.author_id


def auto_answer(session: Session, seat: Seat, message: Message) -> Message | None:
    """What the brand says outside its hours, at most twice a day; it does not end the wait."""
    brand_id = seat.thread.brand_id
    if brand_id is None or message.as_brand:
        return None
    hours = session.get(AnswerHours, brand_id)
    if hours is None or not hours.text or is_open(hours, message.at):
        return None
    recent = select(func.count()).where(
        Message.thread_id == seat.thread.id,
        Message.kind == MessageKind.AUTO,
        Message.at > message.at - AUTO_ANSWER_AGAIN,
    )
    author = speaker(session, seat.thread)
    if session.scalar(recent) or author is None:
        return None
    return Message(
        author_id=author, as_brand=True, kind=MessageKind.AUTO, text=hours.text, client_key=f"auto:{message.number}"
    )


def speaker(session: Session, thread: Thread) -> str | None:
    """In whose name the shop itself speaks: who answers the thread, else the first owner."""
    return thread.assigned_to_id or session.scalar(
        select(BrandMember.account_id)
        .where(BrandMember.brand_id == thread.brand_id, BrandMember.role == Role.OWNER)
        .order_by(BrandMember.id)
        .limit(1)
    )


def is_open(hours: AnswerHours, at: datetime) -> bool:
    """Whether somebody answers at this instant, on the brand's own clock."""
    local = at.astimezone(ZoneInfo(hours.zone))
    minute = local.hour * 60 + local.minute
    return local.weekday() in hours.days and hours.opens_minute <= minute < hours.closes_minute


def show_typing(session: Session, actor: Actor, seat: Seat) -> None:
    """Tell the colleagues. Emits inbox.typing."""
    if seat.thread.brand_id is not None and actor.account_id is not None:
        news = InboxTyping(thread_id=seat.thread.id, account_id=actor.account_id, display_name=actor.display_name)
        publish(session, news, to=channel.inbox(seat.thread.brand_id))


def _brand_seat(seat: Seat) -> str:
    require(seat.as_brand and seat.thread.brand_id is not None, NotFound)
    return str(seat.thread.brand_id)


def assign(session: Session, *, actor: Actor, thread_id: str, account_id: str | None) -> None:
    """Say who answers; nobody is possible. Locks the thread. Emits inbox.changed. Raises NotFound, NotAllowed (no colleague)."""
    seat = lock_seat(session, actor, thread_id)
    brand_id = _brand_seat(seat)
    if account_id is not None:
        require(account_id in {one.account_id for one in list_agents(session, brand_id)}, NotAllowed)
    seat.thread.assigned_to_id = account_id
    session.flush()
    publish(session, InboxChanged(thread_id=thread_id), to=channel.inbox(brand_id))


def add_note(session: Session, *, actor: Actor, thread_id: str, text: str) -> ThreadNote:
    """A word among colleagues; no shopper's page or socket ever carries it. Emits inbox.changed to the brand's people."""
    seat = take_seat(session, actor, thread_id)
    brand_id = _brand_seat(seat)
    note = ThreadNote(thread_id=thread_id, author_id=str(actor.account_id), text=text)
    session.add(note)
    session.flush()
    publish(session, InboxChanged(thread_id=thread_id), to=channel.inbox(brand_id))
    return note


def save_reply(session: Session, *, actor: Actor, brand_id: str, title: str, text: str) -> SavedReply:
    """Keep a ready answer; the same title again replaces it."""
    require(actor.has_role(brand_id, *INBOX_ROLES), NotAllowed)
    known = session.scalar(select(SavedReply).where(SavedReply.brand_id == brand_id, SavedReply.title == title))
    if known is None:
        known = SavedReply(brand_id=brand_id, title=title, text=text)
        session.add(known)
    known.text = text
    session.flush()
    return known


def drop_reply(session: Session, *, actor: Actor, brand_id: str, reply_id: str) -> None:
    """Raises NotFound for another brand's."""
    require(actor.has_role(brand_id, *INBOX_ROLES), NotAllowed)
    reply = session.get(SavedReply, reply_id)
    require(reply is not None and reply.brand_id == brand_id, NotFound)
    session.delete(reply)
    session.flush()


def set_hours(
    session: Session,
    *,
    actor: Actor,
    brand_id: str,
    days: Sequence[int],
    opens_minute: int,
    closes_minute: int,
    text: str,
    zone: str = "Europe/Rome",
) -> AnswerHours:
    """When the brand answers, and what it says at other times; an empty text says nothing."""
    require(actor.has_role(brand_id, *INBOX_ROLES), NotAllowed)
    hours = session.get(AnswerHours, brand_id)
    if hours is None:
        hours = AnswerHours(brand_id=brand_id)
        session.add(hours)
    hours.days, hours.opens_minute, hours.closes_minute = sorted(set(days)), opens_minute, closes_minute
    hours.text, hours.zone = text, zone
    session.flush()
    return hours


# Reading.


@dataclass(frozen=True, kw_only=True)
class Agent:
    """Somebody who answers for a brand."""

    account_id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class InboxRow:
    """One thread of the inbox."""

    thread_id: str
    shopper_id: str
    shopper_name: str
    snippet: str
    by_brand: bool
    at: datetime
    is_unread: bool
    waiting_minutes: int | None
    agent: str


@dataclass(frozen=True, kw_only=True)
class NoteView:
    author_name: str
    text: str
    at: datetime


def list_agents(session: Session, brand_id: str) -> list[Agent]:
    """Who can be given a thread."""
    rows = session.execute(
        select(Account.id, Account.display_name)
        .join(BrandMember, BrandMember.account_id == Account.id)
        .where(BrandMember.brand_id == brand_id, BrandMember.role.in_(INBOX_ROLES))
        .order_by(Account.display_name, Account.id)
    )
    return [Agent(account_id=account_id, name=name) for account_id, name in rows]


def _tab(actor: Actor, tab: str) -> list[ColumnElement[bool]]:
    if tab == "mine":
        return [Thread.assigned_to_id == actor.account_id]
    return [Thread.assigned_to_id.is_(None)] if tab == "unassigned" else []


def list_inbox(session: Session, actor: Actor, *, brand_id: str, tab: str) -> list[InboxRow]:
    """Who waits longest first, then the last spoken, in one statement."""
    agent = aliased(Account)
    rows = session.execute(
        select(Thread, Account, agent.display_name)
        .join(Account, Account.id == Thread.shopper_id)
        .outerjoin(agent, agent.id == Thread.assigned_to_id)
        .where(Thread.brand_id == brand_id, Thread.last_number > 0, *_tab(actor, tab))
        .order_by(Thread.waiting_since.is_(None), Thread.waiting_since, Thread.last_at.desc(), Thread.id)
        .limit(ROWS)
    ).all()
    return [_inbox_row(thread, shopper, name or "") for thread, shopper, name in rows]


def _inbox_row(thread: Thread, shopper: Account, agent: str) -> InboxRow:
    waiting = thread.waiting_since
    return InboxRow(
        thread_id=thread.id,
        shopper_id=shopper.id,
        shopper_name=shopper.display_name,
        snippet=thread.last_text,
        by_brand=thread.last_as_brand,
        at=thread.last_at,
        is_unread=thread.last_number > thread.brand_read,
        waiting_minutes=int((clock.now() - waiting).total_seconds() // 60) if waiting is not None else None,
        agent=agent,
    )


def count_inbox(session: Session, actor: Actor, brand_id: str) -> dict[str, int]:
    """How many threads wait for an answer, by tab."""
    waiting = (
        select(func.count()).select_from(Thread).where(Thread.brand_id == brand_id, Thread.waiting_since.is_not(None))
    )
    return {tab: session.scalar(waiting.where(*_tab(actor, tab))) or 0 for tab in INBOX_TABS}


def count_waiting(session: Session, brand_id: str) -> int:
    """For the sidebar."""
    wanted = (Thread.brand_id == brand_id, Thread.waiting_since.is_not(None))
    return session.scalar(select(func.count()).select_from(Thread).where(*wanted)) or 0


def list_notes(session: Session, thread_id: str) -> list[NoteView]:
    """Oldest first. Ask only with a brand's seat in hand."""
    rows = session.execute(
        select(ThreadNote, Account.display_name)
        .join(Account, Account.id == ThreadNote.author_id)
        .where(ThreadNote.thread_id == thread_id)
        .order_by(ThreadNote.id)
    )
    return [NoteView(author_name=name, text=note.text, at=note.at) for note, name in rows]


def list_replies(session: Session, brand_id: str) -> list[SavedReply]:
    return list(session.scalars(select(SavedReply).where(SavedReply.brand_id == brand_id).order_by(SavedReply.title)))


def filled_reply(text: str, *, shopper_name: str, brand: Brand | None, agent_name: str) -> str:
    """The variables of a ready answer; what we do not know stays as it is written."""
    values = {"{name}": shopper_name, "{brand}": brand.name if brand else "", "{agent}": agent_name}
    for key, value in values.items():
        text = text.replace(key, value)
    return text
