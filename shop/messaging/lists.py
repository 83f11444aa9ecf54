"""Threads as lists show them, and what stands over one."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands.models import Brand
from shop.core import clock
from shop.core.actor import Actor
from shop.messaging.models import Folder, MemberRole, ReplyTime, Thread, ThreadKind, ThreadMember
from shop.messaging.policy import Seat, can_manage
from shop.messaging.seats import is_cut_off
from shop.social.queries import blocked_ids

THREADS_PER_PAGE = 30
FOLLOWED = 300
SHOWN_FACES = 3
REPLY_TIMES, FEWEST_REPLY_TIMES = 50, 3
REPLY_TIME_AGE = timedelta(days=30)


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
