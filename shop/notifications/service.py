"""The notice board: keep what people are told, once; mark it read; remember what they want."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shop.core import channel, clock, db, ids, jobs
from shop.core.actor import Actor
from shop.core.errors import NotFound, SignInNeeded, require
from shop.core.events import plain, publish
from shop.core.notices import KINDS
from shop.core.queue import every_minute
from shop.notifications.events import NoticeAdded, NoticesRead
from shop.notifications.models import Notice, NoticeSetting
from shop.notifications.queries import get_choice

MAIL_JOB = "notices.mail"


def keep(
    session: Session, *, account_id: str, kind: str, key: str, group: str, url: str, data: Mapping[str, Any]
) -> None:
    """Put a notice on a person's board and queue its mail, as they chose; the same key again changes nothing.

    Emits notice.added.
    """
    choice = get_choice(session, account_id=account_id, kind=KINDS[kind])
    if not (choice.in_app or choice.by_mail):
        return
    notice_id = _add_once(
        session,
        account_id=account_id,
        kind=kind,
        key=key,
        group_key=group,
        url=url,
        data=plain(dict(data)),
        in_app=choice.in_app,
    )
    if notice_id is None:
        return
    if choice.in_app:
        publish(session, NoticeAdded(notice_id=notice_id, kind=kind), to=channel.user(account_id))
    if choice.by_mail:
        due = clock.now() + timedelta(minutes=choice.kind.mail_delay_minutes)
        jobs.enqueue(session, MAIL_JOB, run_at=due, key=_mail_key(notice_id), notice_id=notice_id)


def _add_once(session: Session, **values: Any) -> str | None:
    """The new notice's id; None when the person was told before (the unique key decides races)."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(Notice).values(id=ids.new_id("note"), at=clock.now(), **values)
    added = row.on_conflict_do_nothing(index_elements=["account_id", "key"]).returning(Notice.id)
    notice_id: str | None = session.scalar(added)
    return notice_id


def _mail_key(notice_id: str) -> str:
    return f"notice-mail:{notice_id}"


KEEP = timedelta(days=120)


@jobs.job("notices.forget_old")
def forget_old() -> None:
    """Old news leaves the board, read or not; what it was about stays where it lives (orders, threads, streams)."""
    with db.unit_of_work() as session:
        session.execute(delete(Notice).where(Notice.at < clock.now() - KEEP))


@every_minute
def forget_old_daily() -> None:
    """At four in the morning, once."""
    now = clock.now()
    if (now.hour, now.minute) == (4, 0):
        with db.unit_of_work() as session:
            jobs.enqueue(session, "notices.forget_old", key=f"notices.forget_old:{now.date()}")


def settle(session: Session, *, account_id: str, kind: str, group: str) -> None:
    """The person saw the thing itself: its notices are read and their mail does not go. Emits notices.read."""
    _read(session, account_id, Notice.kind == kind, Notice.group_key == group)


def mark_read(session: Session, *, actor: Actor, notice_id: str) -> None:
    """A notice and all of its group are read. Emits notices.read. Raises NotFound for anybody else's."""
    notice = session.scalar(select(Notice).where(Notice.id == notice_id, Notice.account_id == _account(actor)))
    if notice is None:
        raise NotFound
    settle(session, account_id=notice.account_id, kind=notice.kind, group=notice.group_key)


def mark_all_read(session: Session, *, actor: Actor) -> None:
    """Everything is read. Emits notices.read."""
    _read(session, _account(actor))


def _read(session: Session, account_id: str, *which: ColumnElement[bool]) -> None:
    read = session.execute(
        update(Notice)
        .where(Notice.account_id == account_id, Notice.read_at.is_(None), *which)
        .values(read_at=clock.now())
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    ).scalars()
    keys = [_mail_key(notice_id) for notice_id in read]
    if keys:
        _cancel_mail(session, keys)
        publish(session, NoticesRead(), to=channel.user(account_id))


def _cancel_mail(session: Session, keys: Sequence[str], at_once: int = 500) -> None:
    """In slices: a statement takes a limited number of values."""
    for start in range(0, len(keys), at_once):
        jobs.cancel(session, *keys[start : start + at_once])


def choose(session: Session, *, actor: Actor, kind: str, in_app: bool, by_mail: bool) -> None:
    """What the person wants of one kind from now on. Raises NotFound for a kind that does not exist."""
    _choose(session, _account(actor), kind, in_app=in_app, by_mail=by_mail)


def stop_mail(session: Session, *, account_id: str, kind: str) -> None:
    """No more mail of this kind: what the link in the mail does, signed in or not. Raises NotFound."""
    require(kind in KINDS, NotFound)
    choice = get_choice(session, account_id=account_id, kind=KINDS[kind])
    _choose(session, account_id, kind, in_app=choice.in_app, by_mail=False)


def _choose(session: Session, account_id: str, kind: str, *, in_app: bool, by_mail: bool) -> None:
    require(kind in KINDS, NotFound)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {"in_app": in_app, "by_mail": by_mail}
    row = dialect.insert(NoticeSetting).values(account_id=account_id, kind=kind, **values)
    session.execute(row.on_conflict_do_update(index_elements=["account_id", "kind"], set_=values))


def _account(actor: Actor) -> str:
    if actor.account_id is None:
        raise SignInNeeded
    return actor.account_id
