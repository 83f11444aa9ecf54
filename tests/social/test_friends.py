"""Asking, answering, parting, blocking."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from shop.core import channel, clock, db
from shop.core.actor import Actor
from shop.core.errors import NotFound, WrongMove
from shop.social import circles, finding, follows, lists, service
from shop.social.errors import CodeRefused
from shop.social.models import CODE_ALPHABET, FriendRequest, Way
from shop.social.queries import (
    are_friends,
    blocked_ids,
    find_waiting,
    follower_ids,
    follows_person,
    friend_ids,
    is_blocked,
    may_message_first,
)
from shop.social.service import Asked
from tests.factories.cast import Cast
from tests.social.conftest import Befriend
from tests.support.recording import Recorder


def ask(session: Session, one: Actor, other: Actor, way: Way = Way.HANDLE) -> Asked:
    return service.ask_friend(session, actor=one, account_id=other.account_id or "", way=way)


def waiting(session: Session, one: Actor, other: Actor) -> FriendRequest:
    found = find_waiting(session, sender_id=one.account_id or "", receiver_id=other.account_id or "")
    assert found is not None
    return found


def friends(session: Session, one: Actor, other: Actor) -> bool:
    return are_friends(session, one.account_id or "", other.account_id or "")


def test_a_request_and_a_yes_make_friends(cast: Cast, session: Session) -> None:
    assert ask(session, cast.ana, cast.sam) == Asked.WAITING
    assert not friends(session, cast.ana, cast.sam)
    service.accept(session, actor=cast.sam, request_id=waiting(session, cast.ana, cast.sam).id)
    assert friends(session, cast.ana, cast.sam) and friends(session, cast.sam, cast.ana)
    assert friend_ids(session, cast.ana.account_id or "") == {cast.sam.account_id}


def test_asking_twice_is_once_and_asking_back_is_a_yes(cast: Cast, session: Session) -> None:
    ask(session, cast.ana, cast.sam)
    assert ask(session, cast.ana, cast.sam) == Asked.WAITING
    assert len(lists.list_received(session, cast.sam.account_id or "")) == 1
    assert ask(session, cast.sam, cast.ana) == Asked.FRIENDS
    assert ask(session, cast.sam, cast.ana) == Asked.FRIENDS
    assert lists.list_received(session, cast.sam.account_id or "") == []


def test_nobody_answers_for_another(cast: Cast, session: Session) -> None:
    ask(session, cast.ana, cast.sam)
    request = waiting(session, cast.ana, cast.sam)
    for actor in (cast.ana, cast.olga, cast.root):
        with pytest.raises(NotFound):
            service.accept(session, actor=actor, request_id=request.id)
    with pytest.raises(NotFound):
        service.withdraw(session, actor=cast.sam, request_id=request.id)
    assert not friends(session, cast.ana, cast.sam)


def test_a_no_is_not_told_and_not_asked_again_for_thirty_days(cast: Cast, session: Session, frozen: datetime) -> None:
    ask(session, cast.ana, cast.sam)
    service.decline(session, actor=cast.sam, request_id=waiting(session, cast.ana, cast.sam).id)
    sent = lists.list_sent(session, cast.ana.account_id or "")
    assert [row.account.handle for row in sent] == ["sam"]
    service.withdraw(session, actor=cast.ana, request_id=sent[0].request_id)
    assert lists.list_sent(session, cast.ana.account_id or "") == []
    assert ask(session, cast.ana, cast.sam) == Asked.WAITING
    assert len(lists.list_sent(session, cast.ana.account_id or "")) == 1
    assert lists.list_received(session, cast.sam.account_id or "") == []
    clock.move(timedelta(days=31))
    ask(session, cast.ana, cast.sam)
    assert len(lists.list_received(session, cast.sam.account_id or "")) == 1


def test_an_answered_request_stays_answered(cast: Cast, session: Session) -> None:
    ask(session, cast.ana, cast.sam)
    request = waiting(session, cast.ana, cast.sam)
    service.accept(session, actor=cast.sam, request_id=request.id)
    service.accept(session, actor=cast.sam, request_id=request.id)
    with pytest.raises(WrongMove):
        service.decline(session, actor=cast.sam, request_id=request.id)
    with pytest.raises(WrongMove):
        service.withdraw(session, actor=cast.ana, request_id=request.id)
    assert friends(session, cast.ana, cast.sam)


def test_oneself_and_nobody_are_not_found(cast: Cast, session: Session) -> None:
    with pytest.raises(NotFound):
        ask(session, cast.ana, cast.ana)
    with pytest.raises(NotFound):
        service.block(session, actor=cast.ana, account_id=cast.ana.account_id or "")


def test_parting_leaves_circles(cast: Cast, befriend: Befriend) -> None:
    befriend(cast.ana, cast.sam)
    with db.unit_of_work() as session:
        circle = circles.close_circle(session, actor=cast.ana)
        circles.set_members(session, actor=cast.ana, circle_id=circle.id, account_ids=[cast.sam.account_id or ""])
        service.unfriend(session, actor=cast.sam, account_id=cast.ana.account_id or "")
        assert lists.member_ids(session, circle.id) == set()
        with pytest.raises(NotFound):
            service.unfriend(session, actor=cast.sam, account_id=cast.ana.account_id or "")


def test_a_block_holds_both_ways_and_ends_everything(cast: Cast, befriend: Befriend, sent: Recorder) -> None:
    befriend(cast.ana, cast.sam)
    ana, sam = cast.ana.account_id or "", cast.sam.account_id or ""
    with db.unit_of_work() as session:
        follows.follow_person(session, actor=cast.sam, account_id=ana)
        sent.clear()
        service.block(session, actor=cast.ana, account_id=sam)
        service.block(session, actor=cast.ana, account_id=sam)
        assert is_blocked(session, ana, sam) and is_blocked(session, sam, ana)
        assert blocked_ids(session, ana) == {sam} and blocked_ids(session, sam) == {ana}
        assert not are_friends(session, ana, sam)
        assert not follows_person(session, sam, ana)
        assert not may_message_first(session, sam, ana) and not may_message_first(session, ana, sam)
        for one, other in ((cast.ana, cast.sam), (cast.sam, cast.ana)):
            with pytest.raises(NotFound):
                ask(session, one, other)
            with pytest.raises(CodeRefused):
                finding.use_handle(session, actor=one, handle=other.handle)
        assert [one.handle for one in lists.list_blocked(session, ana)] == ["sam"]
        assert lists.list_blocked(session, sam) == []
        with pytest.raises(NotFound):
            service.unblock(session, actor=cast.sam, account_id=ana)
    assert "friends.changed" in [name for name, _ in sent.to(channel.user(sam))]
    with db.unit_of_work() as session:
        service.unblock(session, actor=cast.ana, account_id=sam)
        assert not is_blocked(session, ana, sam)
        assert not are_friends(session, ana, sam)


def test_a_block_closes_requests_of_both_directions(cast: Cast, session: Session) -> None:
    ask(session, cast.sam, cast.ana)
    service.block(session, actor=cast.ana, account_id=cast.sam.account_id or "")
    assert lists.list_received(session, cast.ana.account_id or "") == []
    assert lists.list_sent(session, cast.sam.account_id or "") == []


def test_who_may_write_first(cast: Cast, befriend: Befriend) -> None:
    befriend(cast.ana, cast.sam)
    ana, sam, zed = (one.account_id or "" for one in (cast.ana, cast.sam, cast.zed))
    with db.unit_of_work() as session:
        assert may_message_first(session, sam, ana)
        assert not may_message_first(session, zed, ana)
        follows.follow_person(session, actor=cast.ana, account_id=zed)
        assert may_message_first(session, zed, ana)
        assert not may_message_first(session, ana, zed)
        brand = cast.brand_a.id
        assert not may_message_first(session, brand, ana)
        follows.follow_brand(session, actor=cast.ana, brand_id=brand)
        follows.follow_brand(session, actor=cast.ana, brand_id=brand)
        assert may_message_first(session, brand, ana) and follower_ids(session, brand) == [ana]
        follows.unfollow_brand(session, actor=cast.ana, brand_id=brand)
        assert not may_message_first(session, brand, ana)
        circles.set_contact(session, actor=cast.ana, brands_may_write=True, is_suggested=False)
        assert may_message_first(session, brand, ana)


def test_a_code_is_six_clear_letters_for_five_minutes_and_one_use(
    cast: Cast, session: Session, frozen: datetime
) -> None:
    code = finding.show_code(session, actor=cast.ana).code
    assert len(code) == 6 and set(code) <= set(CODE_ALPHABET) and not set(code) & set("0O1I")
    typed = f" {code[:3].lower()} {code[3:].lower()} "
    owner, asked = finding.use_code(session, actor=cast.sam, text=typed)
    assert (owner.id, asked) == (cast.ana.account_id, Asked.WAITING)
    assert [row.way for row in lists.list_received(session, cast.ana.account_id or "")] == [Way.CODE]
    with pytest.raises(CodeRefused):
        finding.use_code(session, actor=cast.zed, text=code)
    late = finding.show_code(session, actor=cast.ana).code
    clock.move(timedelta(minutes=5))
    with pytest.raises(CodeRefused):
        finding.use_code(session, actor=cast.zed, text=late)


def test_unknown_old_blocked_and_own_codes_have_one_answer(cast: Cast, session: Session) -> None:
    own = finding.show_code(session, actor=cast.ana).code
    theirs = finding.show_code(session, actor=cast.sam).code
    service.block(session, actor=cast.sam, account_id=cast.ana.account_id or "")
    answers = []
    for text in (own, theirs, "ZZZZZ2", "", "x" * 500):
        with pytest.raises(CodeRefused) as refused:
            finding.use_code(session, actor=cast.ana, text=text)
        answers.append(str(refused.value))
    assert len(set(answers)) == 1


def test_a_new_code_and_a_new_link_end_the_old(cast: Cast, session: Session) -> None:
    code = finding.show_code(session, actor=cast.ana).code
    finding.show_code(session, actor=cast.ana)
    link = finding.renew_link(session, actor=cast.ana)
    fresh = finding.renew_link(session, actor=cast.ana)
    with pytest.raises(CodeRefused):
        finding.use_code(session, actor=cast.sam, text=code)
    with pytest.raises(CodeRefused):
        finding.use_link(session, actor=cast.sam, token=link)
    assert finding.use_link(session, actor=cast.sam, token=fresh)[1] == Asked.WAITING


def test_only_willing_friends_of_friends_are_suggested(cast: Cast, befriend: Befriend) -> None:
    befriend(cast.ana, cast.sam)
    befriend(cast.sam, cast.zed)
    with db.unit_of_work() as session:
        assert lists.suggest(session, cast.ana.account_id or "") == []
        for actor in (cast.zed, cast.olga):
            circles.set_contact(session, actor=actor, brands_may_write=False, is_suggested=True)
        found = lists.suggest(session, cast.ana.account_id or "")
        assert [(row.account.handle, row.mutual) for row in found] == [("zed", 1)]
        service.block(session, actor=cast.zed, account_id=cast.ana.account_id or "")
        assert lists.suggest(session, cast.ana.account_id or "") == []
