"""Two at once: the same steps under the lock, and in a twin without it, where the bug must show.

The twin runs the real service on connections that commit every statement at once: `FOR UPDATE` and SQLite's writer
lock are over before the next line runs. And it makes the unlucky moment certain: everybody has read before anybody
writes.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from shop.core import db
from shop.core.errors import ShopError

MEET_SECONDS = 1.0  # Who has nothing to write never comes; the others go on without.


def at_once(app: Flask, *steps: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own, all let go together: what it gave, or the error it raised."""
    gate = threading.Barrier(len(steps))

    def one(step: Callable[[], Any]) -> Any:
        with app.app_context():
            gate.wait()
            try:
                return step()
            except Exception as error:
                return error

    with ThreadPoolExecutor(len(steps)) as pool:
        return [answer.result() for answer in [pool.submit(contextvars.Context().run, one, step) for step in steps]]


def codes(answers: list[Any]) -> list[str]:
    """ "ok", a ShopError's code, or the name of whatever else was raised."""
    return [
        answer.code if isinstance(answer, ShopError) else type(answer).__name__
        if isinstance(answer, Exception) else "ok"
        for answer in answers
    ]  # fmt: skip


def twin_at_once(app: Flask, *steps: Callable[[Session], Any]) -> list[Any]:
    """The steps without any lock, all of them past their reading before the first one writes."""
    meeting = threading.Barrier(len(steps))
    with _engine_without_transactions(len(steps)) as engine:

        def unlocked(step: Callable[[Session], Any]) -> Any:
            with Session(engine, expire_on_commit=False) as session:
                _meet_before_writing(session, meeting)
                answer = step(session)
                session.commit()
                return answer

        return at_once(app, *[lambda step=step: unlocked(step) for step in steps])  # type: ignore[misc]


def twin_overtaken(app: Flask, slow: Callable[[Session], Any], fast: Callable[[Session], Any]) -> list[Any]:
    """Without any lock: `slow` has read what it needs, `fast` comes and goes, then `slow` writes."""
    with _engine_without_transactions(2) as engine, app.app_context():

        def run(step: Callable[[Session], Any], before_writing: Callable[[], None] | None = None) -> Any:
            with Session(engine, expire_on_commit=False) as session:
                if before_writing is not None:
                    sa.event.listen(session, "before_flush", lambda *_arguments: before_writing(), once=True)
                try:
                    answer = step(session)
                    session.commit()
                except Exception as error:
                    return error
                return answer

        answers: list[Any] = []
        return [run(slow, lambda: answers.append(run(fast))), *answers]


@contextmanager
def _engine_without_transactions(size: int) -> Iterator[sa.Engine]:
    database = db.current()
    arguments = {"timeout": 30, "check_same_thread": False} if database.is_sqlite else {}
    engine = sa.create_engine(
        database.engine.url, isolation_level="AUTOCOMMIT", pool_size=size, max_overflow=0, connect_args=arguments
    )
    try:
        yield engine
    finally:
        engine.dispose()


def _meet_before_writing(session: Session, meeting: threading.Barrier) -> None:
    """The first flush with something in it waits for the others' first flush."""

    def meet(*_arguments: Any) -> None:
        if not session.info.setdefault("met", False):
            session.info["met"] = True
            with suppress(threading.BrokenBarrierError):
                meeting.wait(timeout=MEET_SECONDS)

    sa.event.listen(session, "before_flush", meet)
