"""Two at once, on both databases; each race beside its twin without the lock, which shows the bug."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.core import clock, db
from shop.core.actor import Actor
from shop.social import finding, service
from shop.social.models import Block, FriendCode, FriendRequest, Friendship, RequestState, Way
from shop.social.queries import find_waiting
from tests.factories.cast import Cast
from tests.support.races import at_once, codes, twin_at_once, twin_overtaken

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


def count(model: type, *where: Any) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def ask(session: Session, one: Actor, other: Actor) -> None:
    service.ask_friend(session, actor=one, account_id=str(other.account_id), way=Way.HANDLE)


def accept(session: Session, cast: Cast, request_id: str) -> None:
    service.accept(session, actor=cast.sam, request_id=request_id)


def block(session: Session, cast: Cast) -> None:
    service.block(session, actor=cast.ana, account_id=str(cast.sam.account_id))


def done(step: Any, *arguments: Any) -> Any:
    """The step as a unit of work of its own."""

    def run() -> None:
        with db.unit_of_work() as session:
            step(session, *arguments)

    return run


@pytest.fixture
def request_id(cast: Cast) -> str:
    """Ana asked Sam, who has not answered."""
    with db.unit_of_work() as session:
        ask(session, cast.ana, cast.sam)
        request = find_waiting(session, sender_id=str(cast.ana.account_id), receiver_id=str(cast.sam.account_id))
        assert request is not None
        return request.id


def test_two_who_ask_each_other_at_once_are_friends_once(app: Flask, cast: Cast) -> None:
    answers = at_once(app, done(ask, cast.ana, cast.sam), done(ask, cast.sam, cast.ana))
    assert codes(answers) == ["ok", "ok"]
    assert (count(Friendship), count(FriendRequest)) == (1, 1)


def test_the_twin_leaves_two_who_asked_each_other_waiting(app: Flask, cast: Cast) -> None:
    answers = twin_at_once(app, lambda s: ask(s, cast.ana, cast.sam), lambda s: ask(s, cast.sam, cast.ana))
    assert codes(answers) == ["ok", "ok"]
    assert (count(Friendship), count(FriendRequest, FriendRequest.state == RequestState.WAITING)) == (0, 2)


def test_accepting_on_three_devices_at_once_is_once(app: Flask, cast: Cast, request_id: str) -> None:
    assert codes(at_once(app, *[done(accept, cast, request_id)] * 3)) == ["ok", "ok", "ok"]
    assert count(Friendship) == 1


def test_the_twin_fails_the_devices_that_come_later(app: Flask, cast: Cast, request_id: str) -> None:
    answers = twin_at_once(app, *[lambda s: accept(s, cast, request_id)] * 3)
    assert sorted(codes(answers)) == ["IntegrityError", "IntegrityError", "ok"]


def test_a_code_read_by_two_at_once_serves_one(app: Flask, cast: Cast) -> None:
    with db.unit_of_work() as session:
        code = finding.show_code(session, actor=cast.ana).code

    def read(session: Session, reader: Actor) -> None:
        finding.use_code(session, actor=reader, text=code)

    answers = at_once(app, done(read, cast.sam), done(read, cast.zed))
    assert sorted(codes(answers)) == ["friend_not_found", "ok"]
    assert (count(FriendRequest), count(FriendCode)) == (1, 1)


def test_the_twin_serves_two_with_one_code(app: Flask, cast: Cast) -> None:
    """Look whether the code works, then mark it used: what the one conditional statement must never become."""
    with db.unit_of_work() as session:
        code = finding.show_code(session, actor=cast.ana).code

    def read(session: Session, reader: Actor) -> None:
        owner = finding.owner_of_code(session, actor=reader, text=code)
        found = session.scalars(select(FriendCode).where(FriendCode.code == code)).one()
        found.used_at = clock.now()
        session.flush()
        service.ask_friend(session, actor=reader, account_id=owner.id, way=Way.CODE)

    answers = twin_at_once(app, lambda s: read(s, cast.sam), lambda s: read(s, cast.zed))
    assert codes(answers) == ["ok", "ok"]
    assert count(FriendRequest) == 2


def test_a_block_against_an_accept_leaves_no_friends(app: Flask, cast: Cast, request_id: str) -> None:
    accepted, blocked = codes(at_once(app, done(accept, cast, request_id), done(block, cast)))
    assert blocked == "ok" and accepted in {"ok", "wrong_move"}
    assert (count(Friendship), count(Block)) == (0, 1)


def test_the_twin_makes_friends_across_a_block(app: Flask, cast: Cast, request_id: str) -> None:
    answers = twin_overtaken(app, lambda s: accept(s, cast, request_id), lambda s: block(s, cast))
    assert codes(answers) == ["ok", "ok"]
    assert (count(Friendship), count(Block)) == (1, 1)
