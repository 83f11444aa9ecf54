"""An announced stream of Brand A: Tuesday 20:00 UTC, eight hours after noon."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from livestream.reminders import service
from livestream.rooms import service as rooms
from livestream.rooms.models import Stream
from shop.core import db, jobs
from shop.core.actor import SYSTEM, Actor
from shop.core.mail import Mail
from shop.notifications.models import Notice
from tests.factories.cast import Cast
from tests.factories.live import make_stream

EVENING = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


@pytest.fixture
def stream(cast: Cast, frozen: datetime) -> Stream:
    with db.unit_of_work() as session:
        made, _room = make_stream(session, cast.brand_a, host=cast.ben)
        rooms.schedule_stream(session, actor=SYSTEM, stream_id=made.id, starts_at=EVENING)
        return made


def remind(actor: Actor, slug: str = "evening-walk") -> None:
    with db.unit_of_work() as session:
        service.remind(session, actor=actor, slug=slug)


def move_to(stream: Stream, starts_at: datetime) -> None:
    """The producer changes the plan."""
    with db.unit_of_work() as session:
        rooms.update_stream(
            session,
            actor=SYSTEM,
            stream_id=stream.id,
            title=stream.title,
            description={},
            language="it",
            starts_at=starts_at,
            host_account_id=stream.host_account_id,
        )


def told(actor: Actor) -> list[str]:
    """Kinds of news the person got, in order."""
    with db.reading() as session:
        query = select(Notice.kind).where(Notice.account_id == actor.account_id).order_by(Notice.id)
        return list(session.scalars(query))


def subjects(actor: Actor) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Mail.subject).where(Mail.to_address == actor.email).order_by(Mail.id)))


def work() -> None:
    jobs.run_due_jobs()
