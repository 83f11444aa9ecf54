"""Remind me: set and forget reminders, and keep each stream's one job at the right time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from livestream.reminders import news
from livestream.reminders.errors import NotUpcoming
from livestream.reminders.models import StreamReminder
from livestream.reminders.queries import get_event
from livestream.rooms.models import Stream, StreamState
from shop.core import clock, jobs
from shop.core.actor import Actor
from shop.core.errors import SignInNeeded, require

BEFORE = timedelta(minutes=10)
# Who was reminded and sees the start move by less than this is not reminded again.
SAME_EVENING = timedelta(hours=1)
# After a long outage "starting soon" would be a lie; who waits is told when the stream begins.
TOO_LATE = timedelta(minutes=15)
# A producer who tries a few times tells people once.
SETTLE = timedelta(minutes=2)
AT_ONCE = 200

FIRE, SAY_CHANGED, SAY_LIVE = "reminders.fire", "reminders.say_changed", "reminders.say_live"


def remind(session: Session, *, actor: Actor, slug: str) -> None:
    """Remind this person 10 minutes before the stream, at its start if less is left. Setting it twice is harmless.

    Raises SignInNeeded, NotFound, NotUpcoming.
    """
    account_id = _account(actor)
    stream = get_event(session, slug=slug, actor=actor).stream
    require(stream.state == StreamState.SCHEDULED and stream.starts_at is not None, NotUpcoming)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(StreamReminder).values(
        stream_id=stream.id, account_id=account_id, known_start=stream.starts_at, created_at=clock.now()
    )
    session.execute(row.on_conflict_do_nothing())


def forget(session: Session, *, actor: Actor, slug: str) -> None:
    """Do not remind this person. Raises SignInNeeded, NotFound."""
    account_id = _account(actor)
    stream = get_event(session, slug=slug, actor=actor).stream
    session.execute(
        delete(StreamReminder).where(StreamReminder.stream_id == stream.id, StreamReminder.account_id == account_id)
    )


def _account(actor: Actor) -> str:
    if actor.account_id is None:
        raise SignInNeeded
    return actor.account_id


def plan(session: Session, stream: Stream) -> None:
    """The stream was announced, moved, taken back or called off (its row is locked): its jobs follow."""
    fire_key, change_key = f"reminders:{stream.id}", f"reminders-changed:{stream.id}"
    jobs.cancel(session, fire_key, change_key)
    if stream.state == StreamState.SCHEDULED and stream.starts_at is not None:
        jobs.enqueue(session, FIRE, run_at=stream.starts_at - BEFORE, key=fire_key, stream_id=stream.id)
    if stream.state in {StreamState.SCHEDULED, StreamState.CANCELLED} and _has_reminders(session, stream.id):
        jobs.enqueue(session, SAY_CHANGED, run_at=clock.now() + SETTLE, key=change_key, stream_id=stream.id)


def start(session: Session, stream: Stream) -> None:
    """The stream is on air (its row is locked): followers hear of it, and who was not reminded yet is told now."""
    jobs.cancel(session, f"reminders:{stream.id}", f"reminders-changed:{stream.id}")
    jobs.enqueue(session, FIRE, stream_id=stream.id)
    jobs.enqueue(session, SAY_LIVE, stream_id=stream.id)


def _has_reminders(session: Session, stream_id: str) -> bool:
    return (
        session.scalar(select(StreamReminder.account_id).where(StreamReminder.stream_id == stream_id).limit(1))
        is not None
    )


def fire_some(session: Session, *, stream_id: str) -> int:
    """Remind a slice of those who were not yet; how many. Running it twice, or at the same time, reminds once.

    Whoever moves `fired_for` tells. Before the tenth minute, and for what was called off, it does nothing.
    """
    stream = session.get(Stream, stream_id)
    if stream is None or not _is_time(stream):
        return 0
    starts_at = stream.starts_at or stream.live_at or clock.now()
    due = or_(StreamReminder.fired_for.is_(None), StreamReminder.fired_for <= starts_at - SAME_EVENING)
    some = select(StreamReminder.account_id).where(StreamReminder.stream_id == stream_id, due).limit(AT_ONCE)
    fired = session.scalars(
        update(StreamReminder)
        .where(StreamReminder.stream_id == stream_id, StreamReminder.account_id.in_(some), due)
        .values(fired_for=starts_at, known_start=starts_at)
        .returning(StreamReminder.account_id)
        .execution_options(synchronize_session=False)
    ).all()
    news.say(session, news.LIVE if stream.state == StreamState.LIVE else news.SOON, stream, fired)
    return len(fired)


def _is_time(stream: Stream) -> bool:
    if stream.state == StreamState.LIVE:
        return True
    if stream.state != StreamState.SCHEDULED or stream.starts_at is None:
        return False
    return stream.starts_at - BEFORE <= clock.now() <= stream.starts_at + TOO_LATE


def say_some_changed(session: Session, *, stream_id: str) -> int:
    """Tell a slice of those whose last news of the start is no longer true; how many."""
    stream = session.get(Stream, stream_id)
    if stream is None:
        return 0
    if stream.state == StreamState.CANCELLED:
        gone = _take_reminders(session, stream_id)
        news.say(session, news.CANCELLED, stream, gone)
        return len(gone)
    if stream.state != StreamState.SCHEDULED or stream.starts_at is None:
        return 0
    wrong = StreamReminder.known_start != stream.starts_at
    some = select(StreamReminder.account_id).where(StreamReminder.stream_id == stream_id, wrong).limit(AT_ONCE)
    moved = session.scalars(
        update(StreamReminder)
        .where(StreamReminder.stream_id == stream_id, StreamReminder.account_id.in_(some), wrong)
        .values(known_start=stream.starts_at)
        .returning(StreamReminder.account_id)
        .execution_options(synchronize_session=False)
    ).all()
    news.say(session, news.MOVED, stream, moved)
    return len(moved)


def _take_reminders(session: Session, stream_id: str) -> list[str]:
    """Called off is final: the reminders go as their people are told."""
    some = select(StreamReminder.account_id).where(StreamReminder.stream_id == stream_id).limit(AT_ONCE)
    return list(
        session.scalars(
            delete(StreamReminder)
            .where(StreamReminder.stream_id == stream_id, StreamReminder.account_id.in_(some))
            .returning(StreamReminder.account_id)
            .execution_options(synchronize_session=False)
        )
    )
