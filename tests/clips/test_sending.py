"""Sending to friends and groups: one message with a card in each thread, or nothing at all."""

from __future__ import annotations

import html
from typing import Any

import pytest
from sqlalchemy import func, select

from livestream.chat import service as chat
from livestream.clips import cards, service
from livestream.clips.cards import make_ref, read_ref
from livestream.rooms import service as rooms
from livestream.video.providers.embedded.storage import Segment
from shop.core import db, jobs
from shop.core.actor import SYSTEM, Actor
from shop.messaging import service as messaging
from shop.messaging.models import Message, Thread
from shop.social.models import Block, Friendship, Way
from shop.social.queries import pair
from tests.clips.conftest import FileEngine
from tests.clips.test_clips import end, ready
from tests.factories.cast import Cast
from tests.factories.live import LiveRoom, make_stream
from tests.support.visitor import JSON, Visitor

KEY = "one-press-of-send"


def befriend(a: Actor, b: Actor) -> None:
    low, high = pair(str(a.account_id), str(b.account_id))
    with db.unit_of_work() as session:
        session.add(Friendship(low_id=low, high_id=high, way=Way.HANDLE))


@pytest.fixture
def friends(cast: Cast) -> Cast:
    """Ana knows Sam and Pia, and has a group with both."""
    befriend(cast.ana, cast.sam)
    befriend(cast.ana, cast.pia)
    return cast


def group_of(cast: Cast) -> Thread:
    with db.unit_of_work() as session:
        people = [str(cast.sam.account_id), str(cast.pia.account_id)]
        return messaging.create_group(session, actor=cast.ana, title="Saturday", account_ids=people)


def share(visitor: Visitor, room: LiveRoom, **fields: Any) -> Any:
    return visitor.post(
        f"/share/stream/{room.stream.slug}", headers=JSON, **{"client_key": KEY, "note": "Look at this", **fields}
    )


def messages() -> list[Message]:
    with db.reading() as session:
        return list(session.scalars(select(Message).where(Message.kind == "text").order_by(Message.id)))


def shown(cast_member: Actor, kind: str, ref: str) -> Any:
    load = {"show": cards.load_shows, "clip": cards.load_clips}[kind]
    with db.reading() as session:
        return load(session, cast_member, (ref,)).get(ref)


def test_friends_come_first_in_the_sheet(room: LiveRoom, engine: FileEngine, friends: Cast, visitor: Visitor) -> None:
    group_of(friends)
    address = f"/share/stream/{room.stream.slug}"
    page = html.unescape(visitor.sign_in(friends.ana).get(address).get_data(as_text=True))
    assert page.index('data-name="Pia"') < page.index('data-name="Sam"') < page.index('data-name="Saturday"')
    assert page.index('data-name="Saturday"') < page.index("Cut a clip")
    assert "share-send" not in visitor.sign_in(friends.zed).get(address).get_data(as_text=True)
    assert "share-send" not in visitor.sign_in(friends.guest).get(address).get_data(as_text=True)


def test_a_show_is_sent_to_two_friends_and_a_group(
    app: object, room: LiveRoom, engine: FileEngine, friends: Cast, visitor: Visitor
) -> None:
    group = group_of(friends)
    before = len(messages())
    people = [str(friends.sam.account_id), str(friends.pia.account_id)]
    answer = share(visitor.sign_in(friends.ana), room, people=people, groups=group.id)
    assert answer.json["data"]["told"] == "Sent to Sam, Pia, and Saturday"
    made = messages()[before:]
    assert len(made) == 3
    assert {message.text for message in made} == {"Look at this"}
    ((kind, ref),) = made[0].cards
    assert kind == "show"
    card = shown(friends.sam, kind, ref)
    assert (card.state, card.brand_name) == ("live", "Brand A")
    assert card.url.startswith(f"/live/{room.stream.slug}?from=")
    page = visitor.sign_in(friends.sam).get(card.url).get_data(as_text=True)
    assert "from Ana" in page


def test_the_same_press_sends_once(room: LiveRoom, engine: FileEngine, friends: Cast, visitor: Visitor) -> None:
    visitor.sign_in(friends.ana)
    for _ in range(2):
        assert share(visitor, room, people=str(friends.sam.account_id)).status_code == 200
    assert len(messages()) == 1
    assert share(visitor, room, people=str(friends.sam.account_id), client_key="another-press").status_code == 200
    assert len(messages()) == 2


def test_a_clip_and_a_product_are_sent_alike(
    room: LiveRoom, filmed: list[Segment], friends: Cast, visitor: Visitor
) -> None:
    clip = ready(room, friends.zed)
    visitor.sign_in(friends.ana)
    sam = str(friends.sam.account_id)
    assert visitor.post(f"/share/clip/{clip.slug}", headers=JSON, client_key=KEY, people=sam).status_code == 200
    product = visitor.post("/share/product/passo-uno", headers=JSON, client_key="product-1", people=sam)
    assert product.status_code == 200
    first, second = messages()
    assert second.cards == [["product", "passo-uno"]]
    ((kind, ref),) = first.cards
    card = shown(friends.sam, kind, ref)
    assert (kind, card.film, card.seconds) == ("clip", f"/clips/{clip.slug}/film.mp4", 4)
    with db.unit_of_work() as session:
        service.remove_clip(session, actor=friends.mia, slug=clip.slug)
    assert shown(friends.sam, kind, ref) is None


def test_a_moment_of_the_replay_opens_at_its_second(
    room: LiveRoom, filmed: list[Segment], friends: Cast, visitor: Visitor
) -> None:
    end(room)
    share(visitor.sign_in(friends.ana), room, people=str(friends.sam.account_id), t="0:09")
    ((kind, ref),) = messages()[0].cards
    card = shown(friends.sam, kind, ref)
    assert card.at == 9
    assert card.url.startswith(f"/replay/{room.stream.slug}?t=9&from=")
    assert '"start": 9' in visitor.sign_in(friends.sam).get(card.url).get_data(as_text=True)


def test_only_friends_and_own_groups_and_all_or_nothing(
    room: LiveRoom, engine: FileEngine, friends: Cast, visitor: Visitor
) -> None:
    befriend(friends.zed, friends.sam)
    with db.unit_of_work() as session:
        theirs = messaging.create_group(
            session, actor=friends.zed, title="Not Ana's", account_ids=[str(friends.sam.account_id)]
        )
    before = len(messages())
    sam = str(friends.sam.account_id)
    visitor.sign_in(friends.ana)
    for fields in (
        {"people": [sam, str(friends.zed.account_id)]},
        {"people": sam, "groups": theirs.id},
        {"people": sam, "groups": "thread_01jcv6"},
        {"people": [sam, str(friends.ana.account_id)]},
        {"people": [sam, "nobody"]},
    ):
        assert share(visitor, room, **fields).status_code == 404, fields
    for fields in ({}, {"people": []}, {"people": [f"acct_{n:026}" for n in range(11)]}):
        assert share(visitor, room, **fields).status_code == 422, fields
    assert share(visitor, room, people=sam, note="x" * 501).status_code == 422
    assert share(visitor, room, people=sam, from_account_id=sam).status_code == 422
    assert len(messages()) == before
    with db.reading() as session:
        direct = select(func.count()).select_from(Thread).where(Thread.kind == "direct")
        assert session.scalar(direct) == 0


def test_a_block_ends_sending(room: LiveRoom, engine: FileEngine, friends: Cast, visitor: Visitor) -> None:
    with db.unit_of_work() as session:
        session.add(Block(blocker_id=friends.sam.account_id, blocked_id=friends.ana.account_id))
    answer = share(visitor.sign_in(friends.ana), room, people=str(friends.sam.account_id))
    assert answer.status_code == 404
    assert messages() == []


def test_what_cannot_be_seen_cannot_be_sent(
    room: LiveRoom, engine: FileEngine, friends: Cast, visitor: Visitor
) -> None:
    with db.unit_of_work() as session:
        make_stream(session, friends.brand_a, slug="secret")
    visitor.sign_in(friends.ana)
    for path in ("stream/secret", "stream/nothing", "clip/nothing", "product/nothing", "account/ana", "show/x"):
        answer = visitor.post(f"/share/{path}", headers=JSON, client_key=KEY, people=str(friends.sam.account_id))
        assert answer.status_code == 404, path
    assert messages() == []


def test_cards_show_each_reader_what_that_reader_may_see(room: LiveRoom, filmed: list[Segment], cast: Cast) -> None:
    clip = ready(room, cast.ana)
    with db.unit_of_work() as session:
        draft, _room = make_stream(session, cast.brand_a, slug="secret")
        chat.ban(session, actor=cast.mia, room_id=room.id, account_id=str(cast.sam.account_id))
    assert shown(cast.ana, "show", draft.slug) is None
    assert shown(cast.ben, "show", draft.slug) is not None
    assert shown(cast.sam, "show", room.stream.slug) is None
    assert shown(cast.sam, "clip", clip.slug) is None
    assert shown(cast.pia, "clip", clip.slug) is not None
    with db.unit_of_work() as session:
        rooms.end_stream(session, actor=SYSTEM, stream_id=room.stream.id)
    assert shown(cast.pia, "show", make_ref(room.stream.slug, at=7)).url == f"/replay/{room.stream.slug}?t=7"


def test_nobody_puts_another_name_on_a_card(app: Any, room: LiveRoom, filmed: list[Segment], cast: Cast) -> None:
    from shop.social.shares import share_token

    with app.test_request_context(), db.reading() as session:
        mine = make_ref(room.stream.slug, token=share_token(str(cast.ana.account_id), "stream", room.stream.slug))
        thread: Any = None
        assert cards.can_attach_show(session, cast.ana, thread, mine)
        assert not cards.can_attach_show(session, cast.sam, thread, mine)
        assert not cards.can_attach_show(session, cast.ana, thread, room.stream.slug + "~0~forged")
        assert cards.can_attach_show(session, cast.sam, thread, room.stream.slug)
        assert not cards.can_attach_clip(session, cast.sam, thread, "nothing")


@pytest.mark.parametrize("ref", ["", "~", "~~", "x~-1", "x~1e9", "x~²", "x~9999999", "~~~~", "x~1~a~b", "\ud800"])
def test_any_reference_can_be_read(ref: str) -> None:
    assert read_ref(ref).at in {0, 1}


def test_long_slugs_leave_the_sender_out() -> None:
    token = "k" * 47
    assert make_ref("a" * 60, at=12, token=token) == "a" * 60 + "~12~" + token
    assert make_ref("a" * 80, at=12, token=token) == "a" * 80 + "~12"
    assert make_ref("a" * 80, token=token) == "a" * 80


def test_without_scripts_the_thing_itself_comes_back(
    room: LiveRoom, engine: FileEngine, friends: Cast, visitor: Visitor
) -> None:
    path = f"/share/stream/{room.stream.slug}"
    answer = visitor.sign_in(friends.ana).post(path, client_key=KEY, people=str(friends.sam.account_id))
    assert (answer.status_code, answer.location) == (303, f"/live/{room.stream.slug}")
    assert "Sent to Sam" in visitor.get(answer.location).get_data(as_text=True)
    assert visitor.sign_in(friends.guest).post(path, headers=JSON, client_key=KEY, people="x").status_code == 401


def test_the_message_is_told_like_any_other(
    room: LiveRoom, engine: FileEngine, friends: Cast, visitor: Visitor
) -> None:
    share(visitor.sign_in(friends.ana), room, people=str(friends.sam.account_id), note="")
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(jobs.Job).where(jobs.Job.name == "messaging.tell")) == 1
