"""Two kinds of news for tests, and the board as a person sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from shop.core import db
from shop.core.actor import Actor
from shop.core.mail import Mail
from shop.core.notices import KINDS, NoticeKind, register_kind, tell
from shop.notifications.queries import NoticeRow, list_notices


@pytest.fixture(autouse=True)
def kinds(app: object) -> Iterator[None]:
    """`test.plain` stays in the shop, `test.letter` goes out as mail after 30 unread minutes."""
    register_kind(NoticeKind(name="test.plain", label="Plain news", title="%(who)s waved", text="At %(seen_at)s."))
    register_kind(
        NoticeKind(
            name="test.letter",
            label="Letters",
            title="%(who)s wrote",
            many="%(count)s letters from %(who)s",
            by_mail=True,
            mail_delay_minutes=30,
        )
    )
    yield
    for name in ("test.plain", "test.letter"):
        KINDS.pop(name, None)


def tell_now(actor: Actor, kind: str, key: str, *, group: str = "", url: str = "/there", **data: object) -> None:
    with db.unit_of_work() as session:
        tell(session, account_id=str(actor.account_id), kind=kind, key=key, group=group, url=url, data=data)


def board(actor: Actor) -> list[NoticeRow]:
    with db.reading() as session:
        return list_notices(session, account_id=str(actor.account_id))


def mails() -> list[Mail]:
    with db.reading() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))
