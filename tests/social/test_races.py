"""Two at once, on both databases."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from shop.core import db
from shop.core.errors import ShopError
from shop.social import finding, service
from shop.social.models import FriendCode, FriendRequest, Friendship, Way
from shop.social.queries import find_waiting
from tests.factories.cast import Cast

both = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def at_once(*actions: Callable[[], object]) -> list[str]:
    """Run each in a thread of its own, all let go together; "ok" or the error's code."""
    barrier, results = threading.Barrier(len(actions)), [""] * len(actions)

    def run(place: int, action: Callable[[], object]) -> None:
        barrier.wait()
        try:
            action()
            results[place] = "ok"
        except ShopError as error:
            results[place] = error.code

    threads = [
        threading.Thread(target=contextvars.Context().run, args=(run, place, action))
        for place, action in enumerate(actions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def count(model: type) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@both
def test_two_who_ask_each_other_at_once_are_friends_once(cast: Cast) -> None:
    def ask(one: str, other: str) -> None:
        people = {"ana": cast.ana, "sam": cast.sam}
        with db.unit_of_work() as session:
            service.ask_friend(session, actor=people[one], account_id=people[other].account_id or "", way=Way.HANDLE)

    assert at_once(lambda: ask("ana", "sam"), lambda: ask("sam", "ana")) == ["ok", "ok"]
    assert (count(Friendship), count(FriendRequest)) == (1, 1)


@both
def test_accepting_on_two_devices_at_once_is_once(cast: Cast) -> None:
    with db.unit_of_work() as session:
        service.ask_friend(session, actor=cast.ana, account_id=cast.sam.account_id or "", way=Way.HANDLE)
        request = find_waiting(session, sender_id=cast.ana.account_id or "", receiver_id=cast.sam.account_id or "")
        assert request is not None
        request_id = request.id

    def accept() -> None:
        with db.unit_of_work() as session:
            service.accept(session, actor=cast.sam, request_id=request_id)

    assert at_once(accept, accept, accept) == ["ok", "ok", "ok"]
    assert count(Friendship) == 1


@both
def test_a_code_read_by_two_at_once_serves_one(cast: Cast) -> None:
    with db.unit_of_work() as session:
        code = finding.show_code(session, actor=cast.ana).code

    def read(place: int) -> None:
        with db.unit_of_work() as session:
            finding.use_code(session, actor=(cast.sam, cast.zed)[place], text=code)

    assert sorted(at_once(lambda: read(0), lambda: read(1))) == ["friend_not_found", "ok"]
    assert (count(FriendRequest), count(FriendCode)) == (1, 1)


@both
def test_a_block_against_an_accept_leaves_no_friends(cast: Cast) -> None:
    with db.unit_of_work() as session:
        service.ask_friend(session, actor=cast.ana, account_id=cast.sam.account_id or "", way=Way.HANDLE)
        request = find_waiting(session, sender_id=cast.ana.account_id or "", receiver_id=cast.sam.account_id or "")
        assert request is not None
        request_id = request.id

    def accept() -> None:
        with db.unit_of_work() as session:
            service.accept(session, actor=cast.sam, request_id=request_id)

    def block() -> None:
        with db.unit_of_work() as session:
            service.block(session, actor=cast.ana, account_id=cast.sam.account_id or "")

    results = at_once(accept, block)
    assert results[1] == "ok" and results[0] in {"ok", "wrong_move"}
    assert count(Friendship) == 0
