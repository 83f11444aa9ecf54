"""Telling people who were not looking. One job per thread and burst; it runs again without harm."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands.models import Brand
from shop.core import db, notices
from shop.core.jobs import job
from shop.messaging.cards import is_told
from shop.messaging.models import Folder, Message, MessageKind, Thread, ThreadKind, ThreadMember
from shop.messaging.queries import members_of
from shop.messaging.service import NOTICE_KIND
from shop.social.queries import blocked_ids


@job("messaging.tell")
def tell(thread_id: str) -> None:
    """A notice for everybody who has not read the thread's last message, unless they muted it or never accepted it."""
    with db.unit_of_work() as session:
        thread = session.get(Thread, thread_id)
        if thread is None:
            return
        said = (Message.thread_id == thread_id, Message.kind == MessageKind.TEXT, Message.deleted_at.is_(None))
        last = session.scalar(select(Message).where(*said).order_by(Message.number.desc()).limit(1))
        if last is None or is_told(last.cards):
            return
        for member in members_of(session, thread_id):
            if _wants(session, thread, member, last):
                _tell_one(session, thread, member, last)


def _wants(session: Session, thread: Thread, member: ThreadMember, last: Message) -> bool:
    if member.read_number >= last.number or member.muted_at is not None or member.folder == Folder.REQUESTS:
        return False
    hidden = thread.kind != ThreadKind.BRAND and last.author_id in blocked_ids(session, member.account_id)
    return last.author_id != member.account_id and not hidden


def _tell_one(session: Session, thread: Thread, member: ThreadMember, last: Message) -> None:
    notices.tell(
        session,
        account_id=member.account_id,
        kind=NOTICE_KIND,
        key=f"{thread.id}:{last.number}",
        group=thread.id,
        url=f"/messages/{thread.id}",
        data={"who": _sender(session, thread, last), "text": last.text[:120]},
    )


def _sender(session: Session, thread: Thread, last: Message) -> str:
    if last.as_brand:
        brand = session.get(Brand, thread.brand_id)
        return brand.name if brand else ""
    author = session.get(Account, last.author_id)
    name = author.display_name if author else ""
    return f"{name} · {thread.title}" if thread.kind == ThreadKind.GROUP else name
