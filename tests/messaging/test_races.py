"""Two at the same moment, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.core import db
from shop.core.errors import NotFound
from shop.messaging import service
from shop.messaging.models import Message, Thread, ThreadMember
from tests.factories.cast import Cast
from tests.messaging.conftest import befriend, brand_thread, direct, do, make_group, say

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


def at_once(app: Flask, *steps: Callable[[], Any]) -> list[Any]:
    """What each step gave, or the error it raised."""
    gate = threading.Barrier(len(steps))

    def one(step: Callable[[], Any]) -> Any:
        with app.app_context():
            gate.wait()
            try:
                return step()
            except Exception as error:
                return error

    with ThreadPoolExecutor(len(steps)) as pool:
        return [answer.result() for answer in [pool.submit(one, step) for step in steps]]


def count(model: Any) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_same_send_eight_times_is_one_message(app: Flask, cast: Cast) -> None:
    befriend(cast.ana, cast.sam)
    thread_id = direct(cast.ana, cast.sam)
    answers = at_once(app, *[lambda: say(cast.ana, thread_id, "Ciao", client_key="k").id] * 8)
    assert len(set(answers)) == 1
    assert count(Message) == 1


def test_many_senders_get_numbers_without_gaps(app: Flask, cast: Cast) -> None:
    befriend(cast.ana, cast.sam)
    thread_id = direct(cast.ana, cast.sam)
    at_once(app, *[lambda: say(cast.ana, thread_id)] * 4, *[lambda: say(cast.sam, thread_id)] * 4)
    with db.reading() as session:
        assert sorted(session.scalars(select(Message.number))) == list(range(1, 9))
        assert session.scalars(select(Thread.last_number)).one() == 8


@pytest.mark.parametrize("kind", ["direct", "brand"])
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


def test_nothing_is_said_after_leaving(app: Flask, cast: Cast, frozen: datetime) -> None:
    befriend(cast.ana, cast.sam)
    for _ in range(4):
        thread_id = make_group(cast.ana, cast.sam)
        _left, sent = at_once(
            app,
            lambda thread_id=thread_id: do(service.leave_group, actor=cast.sam, thread_id=thread_id),  # type: ignore[misc]
            lambda thread_id=thread_id: say(cast.sam, thread_id, "ultima parola"),  # type: ignore[misc]
        )
        with db.reading() as session:
            rows = session.scalars(select(Message).where(Message.thread_id == thread_id).order_by(Message.number)).all()
        texts = [row.text or row.data["what"] for row in rows]
        if isinstance(sent, NotFound):
            assert texts == ["made", "left"]
        else:
            assert texts == ["made", "ultima parola", "left"]
