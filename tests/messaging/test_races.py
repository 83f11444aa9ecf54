"""Two at the same moment, on both databases; each race beside its twin without the lock, which shows the bug."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.core import db, ids
from shop.core.actor import Actor
from shop.core.errors import NotFound
from shop.messaging import groups, service, threads
from shop.messaging.models import Message, Thread, ThreadMember
from tests.factories.cast import Cast
from tests.messaging.conftest import befriend, brand_thread, direct, do, make_group, say
from tests.support.races import at_once, codes, twin_at_once, twin_overtaken

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


def count(model: Any, *where: Any) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def texts(thread_id: str) -> list[str]:
    with db.reading() as session:
        rows = session.scalars(select(Message).where(Message.thread_id == thread_id).order_by(Message.number)).all()
    return [row.text or row.data["what"] for row in rows]


def say_unlocked(
    actor: Actor, thread_id: str, text: str = "Ciao", client_key: str = ""
) -> Callable[[Session], Message]:
    key = client_key or ids.new_id("msg")
    return lambda session: service.send_message(
        session, actor=actor, thread_id=thread_id, text=text, client_key=key
    )  # fmt: skip


@pytest.fixture
def thread_id(cast: Cast) -> str:
    """Ana and Sam are friends and have a thread."""
    befriend(cast.ana, cast.sam)
    return direct(cast.ana, cast.sam)


def test_the_same_send_eight_times_is_one_message(app: Flask, cast: Cast, thread_id: str) -> None:
    answers = at_once(app, *[lambda: say(cast.ana, thread_id, client_key="k").id] * 8)
    assert codes(answers) == ["ok"] * 8
    assert len(set(answers)) == 1
    assert count(Message) == 1


def test_the_twin_answers_a_repeated_send_with_an_error(app: Flask, cast: Cast, thread_id: str) -> None:
    answers = twin_at_once(app, *[say_unlocked(cast.ana, thread_id, client_key="k")] * 4)
    assert sorted(codes(answers)) == ["IntegrityError"] * 3 + ["ok"]


def test_many_senders_get_numbers_without_gaps(app: Flask, cast: Cast, thread_id: str) -> None:
    at_once(app, *[lambda: say(cast.ana, thread_id)] * 4, *[lambda: say(cast.sam, thread_id)] * 4)
    with db.reading() as session:
        assert sorted(session.scalars(select(Message.number))) == list(range(1, 9))
        assert session.scalars(select(Thread.last_number)).one() == 8


def test_the_twin_gives_two_senders_the_same_number(app: Flask, cast: Cast, thread_id: str) -> None:
    """The table refuses the second one, so its words are lost."""
    answers = twin_at_once(
        app, say_unlocked(cast.ana, thread_id, "da Ana"), say_unlocked(cast.sam, thread_id, "da Sam")
    )
    assert sorted(codes(answers)) == ["IntegrityError", "ok"]
    assert count(Message) == 1


OPENINGS: dict[str, Callable[[Cast], list[Callable[[Session], Any]]]] = {
    "direct": lambda cast: [
        lambda session: service.open_direct(session, actor=cast.ana, other_id=str(cast.sam.account_id)),
        lambda session: service.open_direct(session, actor=cast.sam, other_id=str(cast.ana.account_id)),
    ],
    "brand": lambda cast: (
        [lambda session: service.open_brand_thread(session, actor=cast.ana, brand_id=cast.brand_a.id)] * 2
    ),
}


@pytest.mark.parametrize("kind", OPENINGS)
def test_a_thread_opened_twice_is_one(app: Flask, cast: Cast, kind: str) -> None:
    befriend(cast.ana, cast.sam)
    steps: dict[str, list[Callable[[], str]]] = {
        "direct": [lambda: direct(cast.ana, cast.sam), lambda: direct(cast.sam, cast.ana)],
        "brand": [lambda: brand_thread(cast.ana, cast.brand_a.id)] * 2,
    }
    first, second = at_once(app, *steps[kind])
    assert first == second
    assert count(Thread) == 1
    assert count(ThreadMember) == (2 if kind == "direct" else 1)


@pytest.mark.parametrize("kind", OPENINGS)
def test_the_twin_refuses_who_opens_a_thread_second(
    app: Flask, cast: Cast, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Look, then write, without the savepoint that lets the second one take the first one's thread."""

    def naive(session: Session, thread: Thread) -> Thread:
        session.add(thread)
        session.flush()
        return thread

    befriend(cast.ana, cast.sam)
    monkeypatch.setattr(threads, "_make", naive)
    assert sorted(codes(twin_at_once(app, *OPENINGS[kind](cast)))) == ["IntegrityError", "ok"]


def test_nothing_is_said_after_leaving(app: Flask, cast: Cast, frozen: datetime) -> None:
    befriend(cast.ana, cast.sam)
    for _ in range(4):
        thread_id = make_group(cast.ana, cast.sam)
        _left, sent = at_once(
            app,
            lambda thread_id=thread_id: do(service.leave_group, actor=cast.sam, thread_id=thread_id),  # type: ignore[misc]
            lambda thread_id=thread_id: say(cast.sam, thread_id, "ultima parola"),  # type: ignore[misc]
        )
        if isinstance(sent, NotFound):
            assert texts(thread_id) == ["made", "left"]
        else:
            assert texts(thread_id) == ["made", "ultima parola", "left"]


def test_the_twin_lets_somebody_speak_who_was_removed(app: Flask, cast: Cast) -> None:
    befriend(cast.ana, cast.sam)
    thread_id = make_group(cast.ana, cast.sam)

    def leave_quietly(session: Session) -> None:
        member = session.get_one(ThreadMember, (thread_id, str(cast.sam.account_id)))
        member.left_at = member.joined_at

    sent, _left = twin_overtaken(app, say_unlocked(cast.sam, thread_id, "ultima parola"), leave_quietly)
    assert isinstance(sent, Message)
    assert count(ThreadMember, ThreadMember.left_at.is_(None)) == 1
    assert texts(thread_id) == ["made", "ultima parola"]


def adding(cast: Cast, thread_id: str, other: Actor) -> Callable[[Session], None]:
    return lambda session: service.add_people(
        session, actor=cast.ana, thread_id=thread_id, account_ids=[str(other.account_id)]
    )


@pytest.fixture
def small_group(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> str:
    """A group with one place left; Zed and Pia could be added."""
    monkeypatch.setattr(groups, "LARGEST_GROUP", 3)
    for friend in (cast.sam, cast.zed, cast.pia):
        befriend(cast.ana, friend)
    return make_group(cast.ana, cast.sam)


def test_two_added_at_once_to_the_last_place_are_one(app: Flask, cast: Cast, small_group: str) -> None:
    steps = [adding(cast, small_group, other) for other in (cast.zed, cast.pia)]
    answers = at_once(app, *[lambda step=step: do(step) for step in steps])  # type: ignore[misc]
    assert sorted(codes(answers)) == ["group_full", "ok"]
    assert count(ThreadMember) == 3


def test_the_twin_overfills_the_group(app: Flask, cast: Cast, small_group: str) -> None:
    twin_at_once(app, *[adding(cast, small_group, other) for other in (cast.zed, cast.pia)])
    assert count(ThreadMember) == 4
