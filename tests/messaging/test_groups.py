"""Groups: only friends come in, who goes is out at once, blocks hold."""

from __future__ import annotations

import pytest

from shop.core import channel, db
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotAllowed, NotFound
from shop.messaging import queries, service
from shop.messaging.errors import GroupFull, NotFriends
from shop.messaging.models import MemberRole
from tests.factories.cast import Cast, make_actor
from tests.messaging.conftest import befriend, block, do, make_group, say
from tests.messaging.test_messages import read, texts, threads
from tests.support.recording import Recorder


def people_of(thread_id: str) -> dict[str, MemberRole]:
    with db.reading() as session:
        faces = queries.load_faces(session, [thread_id])[thread_id]
    return {face.name: face.role for face in faces}


def test_only_friends_come_in(cast: Cast, sent: Recorder) -> None:
    befriend(cast.ana, cast.sam)
    for people in ([cast.zed], [cast.sam, cast.zed]):
        with pytest.raises(NotFriends):
            make_group(cast.ana, *people)
    with pytest.raises(InvalidInput):
        make_group(cast.ana)
    with pytest.raises(NotFriends):
        do(service.create_group, actor=cast.ana, title="x", account_ids=["acct_00000000000000000000000000"])
    assert sent == []


def test_a_group_is_in_everybodys_list(group: str, cast: Cast) -> None:
    assert people_of(group) == {"Ana": "owner", "Sam": "member", "Zed": "member"}
    [row] = threads(cast.sam).rows
    assert (row.title, {face.name for face in row.faces}) == ("Sneaker amiche", {"Ana", "Zed"})
    assert read(cast.sam, group)[0].data == {"what": "made", "by": "Ana"}


def test_thirty_two_are_enough(cast: Cast, frozen: object) -> None:
    with db.unit_of_work() as session:
        people = [make_actor(session, f"Person {number}") for number in range(32)]
    for person in people:
        befriend(cast.ana, person)
    with pytest.raises(GroupFull):
        make_group(cast.ana, *people)
    full = make_group(cast.ana, *people[:31])
    with pytest.raises(GroupFull):
        do(service.add_people, actor=cast.ana, thread_id=full, account_ids=[str(people[31].account_id)])


def test_members_do_not_manage(group: str, cast: Cast, sent: Recorder) -> None:
    befriend(cast.sam, cast.olga)
    for step, more in (
        (service.rename_group, {"title": "Mio"}),
        (service.add_people, {"account_ids": [str(cast.olga.account_id)]}),
        (service.remove_person, {"account_id": str(cast.zed.account_id)}),
        (service.set_admin, {"account_id": str(cast.sam.account_id), "is_admin": True}),
    ):
        with pytest.raises(NotAllowed):
            do(step, actor=cast.sam, thread_id=group, **more)
        with pytest.raises(NotFound):
            do(step, actor=cast.olga, thread_id=group, **more)
    assert sent == []


def test_admins_manage_members_and_not_the_owner(group: str, cast: Cast) -> None:
    do(service.set_admin, actor=cast.ana, thread_id=group, account_id=cast.sam.account_id, is_admin=True)
    do(service.rename_group, actor=cast.sam, thread_id=group, title="Sabato in centro")
    assert threads(cast.zed).rows[0].title == "Sabato in centro"
    with pytest.raises(NotAllowed):
        do(service.remove_person, actor=cast.sam, thread_id=group, account_id=cast.ana.account_id)
    do(service.remove_person, actor=cast.sam, thread_id=group, account_id=cast.zed.account_id)
    assert people_of(group) == {"Ana": "owner", "Sam": "admin"}


def test_who_is_removed_is_out_at_once(group: str, cast: Cast, sent: Recorder) -> None:
    say(cast.ana, group, "prima")
    sent.clear()
    do(service.remove_person, actor=cast.ana, thread_id=group, account_id=cast.zed.account_id)
    assert sent.to(channel.user(str(cast.zed.account_id))) == [("thread.closed", {"thread_id": group})]
    with pytest.raises(NotFound):
        say(cast.zed, group)
    with pytest.raises(NotFound):
        read(cast.zed, group)
    assert threads(cast.zed).rows == ()


def test_who_comes_back_reads_only_what_is_new(group: str, cast: Cast) -> None:
    do(service.leave_group, actor=cast.zed, thread_id=group)
    say(cast.ana, group, "senza Zed")
    do(service.add_people, actor=cast.ana, thread_id=group, account_ids=[str(cast.zed.account_id)])
    say(cast.ana, group, "con Zed")
    assert [text for text in texts(cast.zed, group) if text] == ["con Zed"]
    assert "senza Zed" in texts(cast.sam, group)
    with db.reading() as session:
        assert queries.search_messages(session, cast.zed, "senza") == []
    hidden = next(message for message in read(cast.sam, group) if message.text == "senza Zed")
    with pytest.raises(NotFound):
        say(cast.zed, group, "?", reply_to_id=hidden.message_id)


def test_a_leaving_owner_has_an_heir(group: str, cast: Cast) -> None:
    do(service.set_admin, actor=cast.ana, thread_id=group, account_id=cast.zed.account_id, is_admin=True)
    do(service.leave_group, actor=cast.ana, thread_id=group)
    assert people_of(group) == {"Zed": "owner", "Sam": "member"}


def test_a_blocked_persons_words_are_hidden_in_the_group(group: str, cast: Cast, sent: Recorder) -> None:
    block(cast.zed, cast.sam)
    message = say(cast.sam, group, "parole")
    assert "parole" in texts(cast.ana, group)
    assert "parole" not in texts(cast.zed, group)
    assert threads(cast.zed).rows[0].snippet == ""
    with db.reading() as session:
        assert queries.search_messages(session, cast.zed, "parole") == []
        seat = queries.take_seat(session, cast.zed, group)
        with pytest.raises(NotFound):
            queries.load_message(session, cast.zed, seat, message.id)
    assert all("parole" not in str(payload) for _name, payload, _to in sent)
    sent.clear()
    do(service.show_typing, actor=cast.sam, thread_id=group)
    assert sent == []


def test_a_direct_thread_cannot_be_left_or_managed(friends: str, cast: Cast) -> None:
    everybody: tuple[Actor, ...] = (cast.ana, cast.sam)
    for person in everybody:
        with pytest.raises(NotFound):
            do(service.leave_group, actor=person, thread_id=friends)
        with pytest.raises(NotFound):
            do(service.rename_group, actor=person, thread_id=friends, title="x")
