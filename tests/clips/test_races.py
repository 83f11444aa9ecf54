"""Asking at the same time: limits and "one clip for the same piece" hold, on both databases, because of one lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from livestream.clips import queries, service
from livestream.clips.models import Clip
from shop.core import clock, db
from shop.core.errors import RateLimited
from tests.clips.conftest import piece_of
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def crowd() -> Iterator[Callable[[list[Callable[[], bool]]], list[bool]]]:
    """All at once, each in a thread of its own."""
    with ThreadPoolExecutor(12) as pool:
        yield lambda tasks: list(pool.map(lambda task: task(), tasks))


def ask(room: LiveRoom, cast: Cast, start: int) -> bool:
    try:
        with db.unit_of_work() as session:
            service.cut_clip(
                session,
                actor=cast.ana,
                slug=room.stream.slug,
                piece=piece_of(room.stream, start, start + 5),
                with_product=False,
                shows_maker=False,
            )
    except RateLimited:
        return False
    return True


def count() -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Clip)) or 0


def test_twelve_at_once_make_ten(room: LiveRoom, cast: Cast, crowd: Callable[..., list[bool]]) -> None:
    clock.move(timedelta(minutes=1))
    answers = crowd([lambda start=start: ask(room, cast, start) for start in range(12)])
    assert sorted(answers) == [False] * 2 + [True] * 10
    assert count() == 10


def test_the_same_press_twice_at_once_makes_one(room: LiveRoom, cast: Cast, crowd: Callable[..., list[bool]]) -> None:
    assert all(crowd([lambda: ask(room, cast, 3)] * 6))
    assert count() == 1


def test_without_the_lock_they_make_more(
    room: LiveRoom, cast: Cast, crowd: Callable[..., list[bool]], monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer; there the lock costs nothing and changes nothing")
    monkeypatch.setattr(queries, "lock_maker", lambda *_args: None)
    counts = []
    for turn in range(5):
        crowd([lambda turn=turn: ask(room, cast, turn)] * 6)
        counts.append(count())
        if counts[-1] > turn + 1:
            return
    pytest.fail(f"the race did not show: {counts}")
