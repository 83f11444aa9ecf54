from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from livestream.chat import service
from livestream.chat.errors import Banned, Muted
from livestream.rooms import service as rooms
from livestream.rooms.errors import NotLive
from livestream.rooms.queries import get_head
from livestream.rooms.snapshot import check_entry
from shop.core import channel, clock, db
from shop.core.actor import Actor
from shop.core.errors import NotAllowed, NotFound, RateLimited, SignInNeeded
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom, snapshot_of
from tests.support.recording import Recorder

_count = iter(range(10_000))


def say(room: LiveRoom, actor: Actor, text: str = "", **keywords: Any) -> str:
    number = next(_count)
    keywords = {"client_key": f"key-{number}", "text": text or f"message {number}"} | keywords
    with db.unit_of_work() as session:
        return service.post_message(session, actor=actor, room_id=room.id, **keywords).id


def do(step: Any, **keywords: Any) -> Any:
    with db.unit_of_work() as session:
        return step(session, **keywords)


def history(room: LiveRoom, actor: Actor) -> list[str]:
    with db.reading() as session:
        return [message.text for message in snapshot_of(session, room.id, actor).messages]


def test_a_message_reaches_room_and_history(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    message_id = say(room, cast.ana, "Is it <b>true</b> to size?")
    [(name, payload)] = sent.to(channel.room(room.id))
    assert name == "chat.posted"
    message = payload["message"]
    assert (message["message_id"], message["author"], message["role"]) == (message_id, "Ana", "")
    assert message["text"] == "Is it <b>true</b> to size?"  # Text; receivers never read it as HTML.
    assert "seq" not in payload
    assert history(room, cast.guest) == ["Is it <b>true</b> to size?"]


def test_the_crew_wears_its_role(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    say(room, cast.ben)
    say(room, cast.mia)
    assert [payload["message"]["role"] for _name, payload, _to in sent] == ["host", "moderator"]


def test_a_retried_send_is_the_same_message(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    first = say(room, cast.ana, "hi", client_key="k1")
    assert say(room, cast.ana, "hi", client_key="k1") == first
    assert sent.names == ["chat.posted"]


def test_an_answer_carries_what_it_answers(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    question = say(room, cast.ana, "In red?")
    say(room, cast.ben, "Yes", reply_to_id=question)
    assert sent[-1][1]["message"]["reply_to"] == {"message_id": question, "author": "Ana", "text": "In red?"}
    with pytest.raises(NotFound):
        say(room, cast.ben, reply_to_id="msg_00000000000000000000000000")


def test_guests_and_quiet_rooms(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    with pytest.raises(SignInNeeded):
        say(room, cast.guest)
    do(rooms.end_stream, actor=cast.ben, stream_id=room.stream.id)
    with pytest.raises(NotLive):
        say(room, cast.ana)
    assert "chat.posted" not in sent.names


def test_three_at_once_then_one_in_two_seconds(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    for _ in range(3):
        say(room, cast.ana)
    with pytest.raises(RateLimited) as refused:
        say(room, cast.ana)
    assert refused.value.data["retry_after"] == 2.0
    assert len(sent) == 3
    clock.move(timedelta(seconds=1))
    with pytest.raises(RateLimited) as refused:
        say(room, cast.ana)
    assert refused.value.data["retry_after"] == 1.0
    clock.move(timedelta(seconds=1))
    say(room, cast.ana)
    say(room, cast.sam)  # Somebody else's pace is their own.


def test_the_crew_is_not_slowed(room: LiveRoom, cast: Cast) -> None:
    do(service.set_slow_mode, actor=cast.mia, room_id=room.id, seconds=120)
    for _ in range(6):
        say(room, cast.ben)
        say(room, cast.mia)


def test_many_accounts_behind_one_address_are_one_flood(room: LiveRoom, cast: Cast) -> None:
    from livestream.chat.pace import ADDRESS, check_pace

    for number in range(ADDRESS.burst):
        check_pace(room_id=room.id, account_id=f"acct_{number}", address="192.0.2.1", text=str(number))
    with pytest.raises(RateLimited):
        check_pace(room_id=room.id, account_id="acct_new", address="192.0.2.1", text="me too")
    check_pace(room_id=room.id, account_id="acct_new", address="192.0.2.2", text="me too")


def test_the_same_text_again_and_again_waits(room: LiveRoom, cast: Cast) -> None:
    for text in ("Buy at evil", "BUY at  evil", "buy at evil"):
        say(room, cast.ana, text)
        clock.move(timedelta(seconds=2))
    clock.move(timedelta(seconds=6))
    with pytest.raises(RateLimited):
        say(room, cast.ana, "buy at evil")
    say(room, cast.ana, "Something else")


def test_slow_mode_says_the_wait(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    do(service.set_slow_mode, actor=cast.mia, room_id=room.id, seconds=30)
    assert sent[-1][0] == "chat.slow_mode_changed"
    say(room, cast.ana)
    clock.move(timedelta(seconds=10))
    with pytest.raises(RateLimited) as refused:
        say(room, cast.ana)
    assert refused.value.data["retry_after"] == 20.0


def test_a_removed_message_leaves_screens_and_history(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    message_id = say(room, cast.ana, "rude")
    for _ in range(2):
        do(service.remove_message, actor=cast.mia, room_id=room.id, message_id=message_id)
    assert sent.names.count("chat.removed") == 1
    assert history(room, cast.guest) == []


def test_a_mute_takes_word_and_messages(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    say(room, cast.ana)
    do(service.mute, actor=cast.mia, room_id=room.id, account_id=cast.ana.account_id)
    until = clock.now() + timedelta(seconds=300)
    assert history(room, cast.guest) == []
    assert sent.to(channel.user(str(cast.ana.account_id))) == [
        ("chat.silenced", {"room_id": room.id, "kind": "mute", "until": clock.iso(until)})
    ]
    with pytest.raises(Muted) as refused:
        say(room, cast.ana)
    assert refused.value.data["until"] == until
    with db.reading() as session:
        me = snapshot_of(session, room.id, cast.ana).me
    assert (me.can_write, me.muted_until) == (False, until)
    clock.move(timedelta(seconds=300))
    say(room, cast.ana)


def test_unmute_gives_the_word_back(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    do(service.mute, actor=cast.mia, room_id=room.id, account_id=cast.ana.account_id)
    do(service.lift, actor=cast.mia, room_id=room.id, account_id=cast.ana.account_id, kind="mute")
    assert sent[-1][1]["kind"] == "none"
    say(room, cast.ana)


def test_a_ban_closes_sockets_and_the_door(room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    do(service.ban, actor=cast.ben, room_id=room.id, account_id=cast.ana.account_id, reason="spam")
    assert sent.closed == [channel.user(str(cast.ana.account_id))]
    with pytest.raises(Banned):
        say(room, cast.ana)
    with db.reading() as session:
        head = get_head(session, room_id=room.id)
        with pytest.raises(Banned):
            check_entry(session, head=head, actor=cast.ana)
        with pytest.raises(Banned):
            snapshot_of(session, room.id, cast.ana)
        check_entry(session, head=head, actor=cast.sam)
    do(service.lift, actor=cast.mia, room_id=room.id, account_id=cast.ana.account_id, kind="ban")
    say(room, cast.ana)


@pytest.mark.parametrize("who", ["ana", "ugo", "zed", "root", "guest"])
def test_only_moderators_moderate(who: str, room: LiveRoom, cast: Cast, sent: Recorder) -> None:
    message_id = say(room, cast.sam)
    actor, sam = getattr(cast, who), cast.sam.account_id
    before = len(sent)
    for step, keywords in (
        (service.remove_message, {"message_id": message_id}),
        (service.mute, {"account_id": sam}),
        (service.ban, {"account_id": sam}),
        (service.lift, {"account_id": sam, "kind": "ban"}),
        (service.set_slow_mode, {"seconds": 5}),
        (service.set_notice, {"text": "mine"}),
    ):
        with pytest.raises(NotAllowed):
            do(step, actor=actor, room_id=room.id, **keywords)
    assert len(sent) == before
    assert len(history(room, cast.guest)) == 1


def test_the_crew_cannot_be_silenced(room: LiveRoom, cast: Cast) -> None:
    for step in (service.mute, service.ban):
        with pytest.raises(NotAllowed):
            do(step, actor=cast.mia, room_id=room.id, account_id=cast.olga.account_id)
