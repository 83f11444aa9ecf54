"""Messages that somebody reported, and what staff decide."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shop.core import clock
from shop.core.actor import Actor
from shop.core.errors import NotAllowed, NotFound, require
from shop.messaging import queries
from shop.messaging.messages import erase, tell_changed
from shop.messaging.models import Message, MessageKind, MessageReaction, MessageReport, Thread
from shop.messaging.threads import person

REASONS = ("spam", "scam", "abuse", "other")


def report_message(session: Session, *, actor: Actor, thread_id: str, message_id: str, reason: str) -> None:
    """Tell the platform's staff about somebody else's message; once per person and message."""
    seat = queries.take_seat(session, actor, thread_id)
    message = queries.get_message(session, seat, message_id)
    require(message.author_id != actor.account_id and message.kind == MessageKind.TEXT, NotAllowed)
    known = select(func.count()).where(
        MessageReport.message_id == message_id, MessageReport.by_account_id == actor.account_id
    )
    if not session.scalar(known):
        session.add(MessageReport(message_id=message_id, by_account_id=person(actor), reason=reason, text=message.text))
        session.flush()


def close_report(session: Session, *, actor: Actor, report_id: str, remove: bool) -> None:
    """Staff decide: the message goes, or stays. All open reports of the message close. Raises NotFound, NotAllowed."""
    require(actor.is_staff, NotAllowed)
    report = session.get(MessageReport, report_id)
    require(report is not None, NotFound)
    assert report is not None
    message = session.get(Message, report.message_id)
    if remove and message is not None and message.deleted_at is None:
        thread = session.get(Thread, message.thread_id, with_for_update=True)
        assert thread is not None
        erase(message)
        session.execute(delete(MessageReaction).where(MessageReaction.message_id == message.id))
        tell_changed(session, thread, message)
    open_ones = select(MessageReport).where(
        MessageReport.message_id == report.message_id, MessageReport.closed_at.is_(None)
    )
    for one in session.scalars(open_ones):
        one.closed_at, one.closed_by, one.outcome = clock.now(), actor.account_id, "removed" if remove else "kept"
    session.flush()
