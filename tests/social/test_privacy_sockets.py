"""Who may see what, over real sockets: one for each relation, all open at once, everything they hear looked through.

Ana is the owner. The brand's owner sits in the studio, everybody else in the room.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from flask import Flask

from livestream.pins import service as pins
from livestream.rooms import company
from livestream.rooms.models import RoomVisit
from shop.core import clock, db
from shop.core.settings import Settings
from shop.social import circles
from shop.social.models import Datum
from tests.engagement.test_engagement import buy_as
from tests.factories.cast import Cast, make_cast
from tests.factories.live import LiveRoom, make_live_room
from tests.factories.relations import People, Relations, relate
from tests.realtime.conftest import Browser, connecting, serving
from tests.social.test_privacy_matrix import IN_THREAD, READS, SEEN
from tests.support.world import make_settings, running_shop

Sockets = dict[str, Browser]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_settings(tmp_path_factory.mktemp("sockets"))


@pytest.fixture(scope="module")
def app(settings: Settings) -> Iterator[Flask]:
    with running_shop(settings) as app:
        yield app


@pytest.fixture(scope="module")
def cast(app: Flask) -> Cast:
    with db.unit_of_work() as session:
        return make_cast(session)


@pytest.fixture(scope="module")
def relations(cast: Cast) -> Relations:
    return relate(cast)


@pytest.fixture(scope="module")
def room(cast: Cast) -> LiveRoom:
    with db.unit_of_work() as session:
        return make_live_room(session, cast.brand_a, host=cast.ben)


@pytest.fixture(scope="module")
def room_id(room: LiveRoom) -> str:
    return room.id


@pytest.fixture(scope="module")
def everybody(app: Flask, settings: Settings, relations: Relations, room_id: str) -> Iterator[Sockets]:
    """All but Ana are in the room and hear their threads; Ana has the shop open."""
    with ExitStack() as stack:
        connect = stack.enter_context(connecting(stack.enter_context(serving(app)), settings))
        sockets = {name: connect(actor) for name, actor in relations.people.items()}
        for name, browser in sockets.items():
            if name != "self":
                assert browser.ask("room.join", room_id=room_id, crew=name == "brand")["ok"]
            assert browser.ask("messages.watch")["ok"] == (name != "guest")
        yield sockets


@pytest.fixture
def sockets(everybody: Sockets) -> Sockets:
    """Nothing heard yet."""
    forget(everybody)
    return everybody


def forget(sockets: Sockets) -> None:
    """What was heard so far does not count."""
    settle(sockets)
    for browser in sockets.values():
        browser.heard.clear()


def settle(sockets: Sockets) -> None:
    """A line keeps its order: whoever has an answer has heard everything that was told before."""
    for browser in sockets.values():
        browser.ask("messages.watch")


def heard(sockets: Sockets, name: str, **payload: object) -> set[str]:
    settle(sockets)
    return {
        who
        for who, browser in sockets.items()
        for one, told in list(browser.heard)
        if one == name and payload.items() <= told.items()
    }


def name_ana(sockets: Sockets, people: People) -> set[str]:
    """Who was told anything at all that says who Ana is."""
    ana = people["self"]
    return {
        who
        for who, browser in sockets.items()
        if who != "self" and any(mark in json.dumps(browser.heard) for mark in (str(ana.account_id), '"Ana"', '"ana"'))
    }


def share(people: People, audience: str, *data: Datum) -> None:
    with db.unit_of_work() as session:
        close = circles.close_circle(session, actor=people["self"]).id
        chosen = {"nobody": set[str](), "close": {close}, "friends": {circles.ALL_FRIENDS}}[audience]
        circles.share(session, actor=people["self"], choices=dict.fromkeys(data, chosen))


@pytest.mark.parametrize("audience", SEEN)
def test_who_hears_that_she_came_into_a_room(
    relations: Relations, everybody: Sockets, room_id: str, audience: str
) -> None:
    people, ana = relations.people, everybody["self"]
    share(people, audience, *Datum)
    company.tell_company()
    forget(everybody)
    for step in ("room.join", "room.leave"):
        assert ana.ask(step, room_id=room_id)["ok"]
        company.tell_company()
        assert heard(everybody, "friends.watching_changed", room_id=room_id) == SEEN[audience] - {"self"}
        assert name_ana(everybody, people) == set()
        forget(everybody)


def test_nobody_is_told_whether_she_is_online(relations: Relations, sockets: Sockets, connect_ana: Browser) -> None:
    """Presence is asked for, by pages that may; no socket ever pushes it."""
    share(relations.people, "friends", Datum.PRESENCE)
    forget(sockets)
    connect_ana.hang_up()
    settle(sockets)
    assert {name for browser in sockets.values() for name, _ in browser.heard} == set()


@pytest.fixture
def connect_ana(everybody: Sockets, relations: Relations, app: Flask, settings: Settings) -> Iterator[Browser]:
    """A second screen of hers."""
    address = everybody["self"].client.connection_url
    with connecting(address, settings) as connect:
        yield connect(relations.people["self"])


@pytest.fixture(scope="module")
def pin_id(cast: Cast, room: LiveRoom, relations: Relations) -> str:
    """Something to buy; everybody has been in the room for a while."""
    with db.unit_of_work() as session:
        for actor in relations.people.values():
            if actor.account_id:
                session.merge(RoomVisit(room_id=room.id, viewer_key=actor.account_id))
        return pins.pin_item(session, actor=cast.ben, room_id=room.id, item_id=room.items[0].id).pin_id


@pytest.mark.parametrize("audience", SEEN)
def test_who_hears_that_she_bought_something(
    relations: Relations, everybody: Sockets, room: LiveRoom, pin_id: str, audience: str
) -> None:
    """Everybody in the room hears of a purchase, the studio of its order; her name is for those who may see it."""
    people = relations.people
    share(people, audience, Datum.BUYING)
    forget(everybody)
    with clock.frozen(clock.now() + timedelta(minutes=list(SEEN).index(audience) + 1)):  # Notices keep their distance.
        buy_as(room, pin_id, people["self"], number=2000 + list(SEEN).index(audience))
    named = SEEN[audience] - {"self"}
    assert heard(everybody, "friends.bought", room_id=room.id) == named
    assert name_ana(everybody, people) == named
    assert heard(everybody, "purchase.made", room_id=room.id) == set(everybody) - {"self"}
    assert heard(everybody, "sale.made", room_id=room.id) == {"brand"}


@pytest.mark.parametrize("kind", IN_THREAD)
def test_who_opens_a_thread(relations: Relations, sockets: Sockets, kind: str) -> None:
    opened = set()
    for name, browser in sockets.items():
        answer = browser.ask("thread.open", thread_id=relations.threads[kind])
        if answer["ok"]:
            opened.add(name)
        else:
            assert answer["error"]["code"] == ("sign_in_needed" if name == "guest" else "not_found")
    assert opened == IN_THREAD[kind] | READS[kind]


# What others notice of what Ana does. Nothing passes a block: in a group with somebody behind one, nobody is told that
# she writes or has read, because the news is the same for all. That something was said is told without its words.
NEWS: dict[str, dict[str, set[str]]] = {
    "friend": {"message.posted": {"self", "friend"}, "thread.typing": {"self", "friend"}},
    "group": {"message.posted": IN_THREAD["group"], "thread.typing": set()},
    "brand": {"message.posted": {"self", "brand"}, "thread.typing": {"self", "brand"}},
    "before the block": {"message.posted": set(), "thread.typing": set()},
}
ANSWERING = {"friend": "friend", "group": "friend", "brand": "brand", "before the block": None}


@pytest.mark.parametrize("kind", IN_THREAD)
def test_who_hears_what_happens_in_a_thread(relations: Relations, sockets: Sockets, kind: str) -> None:
    thread_id, ana = relations.threads[kind], sockets["self"]
    assert ana.ask("thread.type", thread_id=thread_id)["ok"]
    sent = ana.ask("message.send", thread_id=thread_id, text="parola segreta", client_key="k")
    assert sent["ok"] == (kind != "before the block")
    for name, expected in NEWS[kind].items():
        assert heard(sockets, name, thread_id=thread_id) == expected, name
    assert all("parola segreta" not in json.dumps(browser.heard) for browser in sockets.values())
    inbox = heard(sockets, "inbox.changed", thread_id=thread_id)
    assert inbox == ({"brand"} if kind == "brand" else set())


@pytest.mark.parametrize("kind", IN_THREAD)
def test_who_hears_that_she_has_read(relations: Relations, sockets: Sockets, kind: str) -> None:
    thread_id, other = relations.threads[kind], ANSWERING[kind]
    number = 1
    if other is not None:
        number = sockets[other].ask("message.send", thread_id=thread_id, text="Risposta", client_key="a")["data"][
            "number"
        ]
    assert sockets["self"].ask("thread.read", thread_id=thread_id, number=number)["ok"]
    expected = NEWS[kind]["thread.typing"]
    if kind == "group":
        expected = {"self"}  # On her own other screens.
    assert heard(sockets, "thread.read", thread_id=thread_id, reader=relations.people["self"].account_id) == expected


def test_a_brand_answers_under_its_own_name(relations: Relations, sockets: Sockets, cast: Cast) -> None:
    thread_id, olga = relations.threads["brand"], cast.olga
    sockets["brand"].ask("thread.type", thread_id=thread_id)
    sockets["brand"].ask("message.send", thread_id=thread_id, text="Buonasera", client_key="b")
    assert heard(sockets, "thread.typing", writer=cast.brand_a.id, display_name="Brand A") == {"self", "brand"}
    told = json.dumps(sockets["self"].heard)
    assert str(olga.account_id) not in told and "Olga" not in told


COMMANDS: dict[str, dict[str, object]] = {
    "message.send": {"text": "x", "client_key": "k"},
    "thread.read": {"number": 1},
    "thread.type": {},
}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_others_change_nothing(relations: Relations, sockets: Sockets, command: str) -> None:
    def ask(name: str, thread_id: str) -> dict[str, object]:
        return sockets[name].ask(command, thread_id=thread_id, **COMMANDS[command])

    for kind, thread_id in relations.threads.items():
        for name in set(sockets) - IN_THREAD[kind] - READS[kind]:
            answer = ask(name, thread_id)
            assert answer == ask(name, "thread_00000000000000000000000000"), (name, kind)
            assert not answer["ok"]
    settle(sockets)
    assert {one for browser in sockets.values() for one, _ in browser.heard} == set()
