"""Who may see what: each kind of datum against each relation, over HTTP and over sockets.

Ana is the owner. She shares one datum at a time, with all friends or with her close friends alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from livestream.rooms import company, presence
from shop.core import channel, db
from shop.core.actor import Actor
from shop.core.realtime import Identity
from shop.social import circles, follows, panels, service, watching
from shop.social.models import Datum
from shop.social.panels import Thing
from shop.social.queries import audience_ids, may_see, visible_owner_ids
from tests.factories.cast import Cast, make_actor
from tests.factories.live import make_live_room
from tests.social.conftest import Befriend
from tests.support.recording import Recorder
from tests.support.visitor import Visitor

RELATIONS = ("self", "close", "friend", "follower", "stranger", "blocked", "blocker", "brand", "staff", "guest")
SEEN = {
    "nobody": {"self"},
    "close": {"self", "close"},
    "friends": {"self", "close", "friend"},
}
PROFILE = set(RELATIONS) - {"blocked", "blocker"}
MARKS = {
    Datum.WATCHING: 'data-testid="person-watching"',
    Datum.BUYING: 'data-testid="person-bought"',
    Datum.BAG: 'data-testid="person-bag"',
}

People = dict[str, Actor]


@pytest.fixture
def people(cast: Cast, befriend: Befriend) -> People:
    """One person per relation to Ana. Ana's brand-mate is nobody: Ben hosts, and she shops."""
    with db.unit_of_work() as session:
        close, blocked, blocker = (make_actor(session, name) for name in ("Cleo", "Bob", "Kim"))
    for friend in (cast.sam, close, blocked, blocker):
        befriend(cast.ana, friend)
    with db.unit_of_work() as session:
        circle = circles.close_circle(session, actor=cast.ana)
        members = [close.account_id or "", blocked.account_id or "", blocker.account_id or ""]
        circles.set_members(session, actor=cast.ana, circle_id=circle.id, account_ids=members)
        follows.follow_person(session, actor=cast.zed, account_id=cast.ana.account_id or "")
        follows.follow_brand(session, actor=cast.ana, brand_id=cast.brand_a.id)
        service.block(session, actor=cast.ana, account_id=blocked.account_id or "")
        service.block(session, actor=blocker, account_id=cast.ana.account_id or "")
    return {
        "self": cast.ana,
        "close": close,
        "friend": cast.sam,
        "follower": cast.zed,
        "stranger": cast.pia,
        "blocked": blocked,
        "blocker": blocker,
        "brand": cast.olga,
        "staff": cast.root,
        "guest": cast.guest,
    }


@pytest.fixture
def everywhere(app: Flask, cast: Cast, people: People, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Ana is on the site and in a live room, bought something and has something in her bag; the room's id."""
    with db.unit_of_work() as session:
        room = make_live_room(session, cast.brand_a)
        room_id = room.id
    presence.forget_all()
    company.forget_all()
    presence.enter(room_id, socket_of(cast.ana))
    thing = [Thing(url="/p/passo-uno", title={"en": "Passo Uno"}, image_url="")]
    for datum in (Datum.BUYING, Datum.BAG):
        monkeypatch.setitem(panels._loaders, datum, lambda _session, _owner: thing)
    monkeypatch.setattr(watching, "is_connected", lambda account_id: account_id == cast.ana.account_id)
    yield room_id
    presence.forget_all()


def socket_of(actor: Actor) -> Identity:
    return Identity(
        sid=f"sid-{actor.handle}", session_hash=None, guest_key=None, address="local", locale="en",
        account_id=actor.account_id,
    )  # fmt: skip


def open_to(owner: Actor, datum: Datum, audience: str) -> None:
    with db.unit_of_work() as session:
        close = circles.close_circle(session, actor=owner).id
        chosen = {"nobody": set[str](), "close": {close}, "friends": {circles.ALL_FRIENDS}}[audience]
        circles.share(session, actor=owner, choices={datum: chosen})


@pytest.mark.parametrize("audience", SEEN)
@pytest.mark.parametrize("datum", Datum)
def test_who_may_see(people: People, datum: Datum, audience: str) -> None:
    open_to(people["self"], datum, audience)
    ana = people["self"].account_id or ""
    with db.reading() as session:
        seen = {name for name, actor in people.items() if may_see(session, actor.account_id, ana, datum)}
        listed = {
            name
            for name, actor in people.items()
            if actor.account_id and ana in visible_owner_ids(session, actor.account_id, datum)
        }
        others = {kind: audience_ids(session, ana, kind) for kind in Datum if kind != datum}
    assert seen == SEEN[audience]
    assert listed == SEEN[audience] - {"self"}
    assert others == {kind: set() for kind in others}  # Opening one datum opens no other.


@pytest.mark.parametrize("audience", SEEN)
@pytest.mark.parametrize("datum", MARKS)
def test_the_profile_page_shows_what_was_opened(
    app: Flask, people: People, everywhere: str, datum: Datum, audience: str
) -> None:
    open_to(people["self"], datum, audience)
    seen, found = set(), set()
    for name, actor in people.items():
        answer = Visitor(app.test_client()).sign_in(actor).get("/u/ana")
        if answer.status_code == 200:
            found.add(name)
            text = answer.get_data(as_text=True)
            if MARKS[datum] in text:
                seen.add(name)
            others = [mark for kind, mark in MARKS.items() if kind != datum]
            assert name == "self" or not any(mark in text for mark in others)
    assert seen == SEEN[audience]
    assert found == PROFILE


def test_a_blocked_profile_answers_like_an_unknown_one(app: Flask, people: People) -> None:
    blocked = Visitor(app.test_client()).sign_in(people["blocked"])
    answers = [blocked.get(path, headers={"Accept": "application/json"}) for path in ("/u/ana", "/u/nobody-at-all")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].get_json() == answers[1].get_json()


@pytest.mark.parametrize("audience", SEEN)
def test_pages_list_who_watches(app: Flask, people: People, everywhere: str, audience: str) -> None:
    open_to(people["self"], Datum.WATCHING, audience)
    for path in (f"/friends/here/{everywhere}", "/friends/watching", "/friends/lists", "/"):
        seen = set()
        for name, actor in people.items():
            if actor.account_id is None:
                continue
            text = Visitor(app.test_client()).sign_in(actor).get(path).get_data(as_text=True)
            if 'data-testid="friends-here"' in text or 'data-testid="friends-watching"' in text:
                seen.add(name)
        assert seen == SEEN[audience] - {"self"}, path


@pytest.mark.parametrize("audience", SEEN)
def test_the_green_dot_is_for_those_who_may_see_it(app: Flask, people: People, everywhere: str, audience: str) -> None:
    open_to(people["self"], Datum.PRESENCE, audience)
    seen = set()
    for name, actor in people.items():
        if actor.account_id is not None:
            text = Visitor(app.test_client()).sign_in(actor).get("/friends/lists").get_data(as_text=True)
            if "friend__face--on" in text:
                seen.add(name)
    assert seen == SEEN[audience] - {"self"}


@pytest.mark.parametrize("audience", SEEN)
def test_sockets_hear_of_a_watcher_only_where_allowed(
    people: People, everywhere: str, sent: Recorder, audience: str
) -> None:
    open_to(people["self"], Datum.WATCHING, audience)
    sent.clear()
    company.tell_company()
    told = {name for name, actor in people.items() if sent.to(channel.user(actor.account_id or "nobody"))}
    assert told == SEEN[audience] - {"self"}
    assert all(payload == {"room_id": everywhere} for _name, payload, _channel in sent)
    assert {target for _name, _payload, target in sent} == {
        channel.user(people[name].account_id or "") for name in told
    }
    sent.clear()
    company.tell_company()
    assert sent == []  # Nothing moved, nothing is told.
    presence.leave_all(socket_of(people["self"]).sid)
    company.tell_company()
    assert {target for _name, _payload, target in sent} == {
        channel.user(people[name].account_id or "") for name in told
    }


def test_muted_friends_are_not_listed_and_switching_off_is_told_at_once(
    people: People, everywhere: str, sent: Recorder
) -> None:
    ana, sam = people["self"], people["friend"]
    open_to(ana, Datum.WATCHING, "friends")
    with db.unit_of_work() as session:
        assert watching.friends_watching(session, sam.account_id or "") != []
        service.mute(session, actor=sam, account_id=ana.account_id or "")
        assert watching.friends_watching(session, sam.account_id or "") == []
    sent.clear()
    open_to(ana, Datum.WATCHING, "nobody")
    assert ("friends.watching_changed", {"room_id": None}) in sent.to(channel.user(sam.account_id or ""))
