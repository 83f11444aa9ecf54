"""Who may see what: each kind of datum against each relation, over HTTP and in what is told to sockets.

Ana is the owner. She shares one datum at a time, with all friends or with her close friends alone. One shop serves the
whole module; `test_privacy_sockets.py` asks the same of real sockets.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from livestream.rooms import company, presence
from livestream.rooms.queries import get_head
from shop.core import channel, clock, db
from shop.core.actor import Actor
from shop.core.realtime import Identity
from shop.core.settings import Settings
from shop.messaging.queries import load_messages, search_messages, take_seat
from shop.messaging.service import report_message
from shop.social import circles, panels, service, watching
from shop.social.models import Datum
from shop.social.panels import Thing
from shop.social.queries import audience_ids, may_see, visible_owner_ids
from tests.factories.cast import Cast, make_cast
from tests.factories.live import make_live_room
from tests.factories.relations import RELATIONS, People, Relations, relate, word
from tests.support.recording import Recorder
from tests.support.visitor import JSON, Visitor
from tests.support.world import make_settings, running_shop

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


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_settings(tmp_path_factory.mktemp("matrix"))


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
def people(relations: Relations) -> People:
    return relations.people


@pytest.fixture(scope="module")
def visitors(app: Flask, people: People) -> dict[str, Visitor]:
    """A browser for each, signed in."""
    return {name: Visitor(app.test_client()).sign_in(actor) for name, actor in people.items()}


@pytest.fixture(scope="module")
def room_id(cast: Cast, relations: Relations) -> str:
    with db.unit_of_work() as session:
        return make_live_room(session, cast.brand_a).id


@pytest.fixture
def everywhere(cast: Cast, room_id: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Ana is on the site and in a live room, bought something and has something in her bag; the room's id."""
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
    """This datum and no other."""
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
    people: People, visitors: dict[str, Visitor], everywhere: str, datum: Datum, audience: str
) -> None:
    open_to(people["self"], datum, audience)
    seen, found = set(), set()
    for name, visitor in visitors.items():
        answer = visitor.get("/u/ana")
        if answer.status_code == 200:
            found.add(name)
            text = answer.get_data(as_text=True)
            if MARKS[datum] in text:
                seen.add(name)
            others = [mark for kind, mark in MARKS.items() if kind != datum]
            assert name == "self" or not any(mark in text for mark in others)
    assert seen == SEEN[audience]
    assert found == PROFILE


def test_a_blocked_profile_answers_like_an_unknown_one(visitors: dict[str, Visitor]) -> None:
    answers = [visitors["blocked"].get(path, headers=JSON) for path in ("/u/ana", "/u/nobody-at-all")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].get_json() == answers[1].get_json()


@pytest.mark.parametrize("audience", SEEN)
def test_pages_list_who_watches(people: People, visitors: dict[str, Visitor], everywhere: str, audience: str) -> None:
    open_to(people["self"], Datum.WATCHING, audience)
    for path in (f"/friends/here/{everywhere}", "/friends/watching", "/friends/lists", "/"):
        seen = set()
        for name, visitor in visitors.items():
            if name != "guest":
                text = visitor.get(path).get_data(as_text=True)
                if 'data-testid="friends-here"' in text or 'data-testid="friends-watching"' in text:
                    seen.add(name)
        assert seen == SEEN[audience] - {"self"}, path


@pytest.mark.parametrize("audience", SEEN)
def test_the_green_dot_is_for_those_who_may_see_it(
    people: People, visitors: dict[str, Visitor], everywhere: str, audience: str
) -> None:
    open_to(people["self"], Datum.PRESENCE, audience)
    seen = {
        name for name, visitor in visitors.items()
        if name != "guest" and "friend__face--on" in visitor.get("/friends/lists").get_data(as_text=True)
    }  # fmt: skip
    assert seen == SEEN[audience] - {"self"}


@pytest.mark.parametrize("audience", SEEN)
def test_sockets_are_told_of_a_watcher_only_where_allowed(
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


def test_the_end_of_a_show_empties_the_lists_of_those_who_saw_her_there(
    people: People, everywhere: str, sent: Recorder
) -> None:
    open_to(people["self"], Datum.WATCHING, "friends")
    company.tell_company()
    sent.clear()
    with db.unit_of_work() as session:
        head = get_head(session, room_id=everywhere)
        company.tell_over(session, head.stream, head.room, clock.now())
    assert {target for name, _payload, target in sent if name == "friends.watching_changed"} == {
        channel.user(people[name].account_id or "") for name in SEEN["friends"] - {"self"}
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
        service.unmute(session, actor=sam, account_id=ana.account_id or "")
    sent.clear()
    open_to(ana, Datum.WATCHING, "nobody")
    assert ("friends.watching_changed", {"room_id": None}) in sent.to(channel.user(sam.account_id or ""))


def test_whose_words_a_room_shows_otherwise(relations: Relations, visitors: dict[str, Visitor]) -> None:
    """Mutual friends get a tag; nobody learns who blocked them; muting takes the tag away."""
    ana, sam = relations.people["self"], relations.people["friend"]

    def tagged() -> dict[str, tuple[bool, bool]]:
        found = {}
        for name, visitor in visitors.items():
            data = visitor.get("/friends/voices", headers=JSON).get_json().get("data", {"friends": [], "hidden": []})
            found[name] = (ana.account_id in data["friends"], ana.account_id in data["hidden"])
        return found

    nothing = dict.fromkeys(visitors, (False, False))
    expected = nothing | {"close": (True, False), "friend": (True, False), "blocker": (False, True)}
    assert tagged() == expected
    with db.unit_of_work() as session:
        service.mute(session, actor=sam, account_id=ana.account_id or "")
    assert tagged() == expected | {"friend": (False, False)}
    with db.unit_of_work() as session:
        service.unmute(session, actor=sam, account_id=ana.account_id or "")
    mine = visitors["self"].get("/friends/voices").get_json()["data"]
    names = {one.account_id: name for name, one in relations.people.items()}
    assert {names[one] for one in mine["friends"]} == {"close", "friend"}
    assert {names[one] for one in mine["hidden"]} == {"blocked"}


# Threads. Nothing opens them: who is in one reads it, and a brand's people read the brand's.

IN_THREAD = {
    "friend": {"self", "friend"},
    "group": {"self", "close", "friend", "blocked"},
    "brand": {"self"},
    "before the block": {"self", "blocked"},
}
# Behind a block a group goes on without the other's words.
READS = IN_THREAD | {"group": {"self", "close", "friend"}, "brand": {"self", "brand"}}
SEARCHES = READS | {"brand": {"self"}}  # The brand has its inbox.
ANSWERS = {True: {200}, False: {303, 401, 404}}


@pytest.mark.parametrize("kind", IN_THREAD)
def test_who_reads_a_thread(relations: Relations, visitors: dict[str, Visitor], kind: str) -> None:
    thread_id = relations.threads[kind]
    page, words, listed = set(), set(), set()
    for name, visitor in visitors.items():
        answer = visitor.get(f"/messages/{thread_id}")
        assert answer.status_code in ANSWERS[name in IN_THREAD[kind]], name
        if answer.status_code == 200:
            page.add(name)
        if word(kind) in visitor.get(f"/messages/{thread_id}/parts").get_data(as_text=True):
            words.add(name)
        if thread_id in visitor.get("/messages?part=list").get_data(as_text=True):
            listed.add(name)
    assert page == listed == IN_THREAD[kind]
    assert words == READS[kind]


@pytest.mark.parametrize("kind", IN_THREAD)
def test_who_finds_the_words_of_a_thread(relations: Relations, people: People, kind: str) -> None:
    with db.reading() as session:
        found = {
            name
            for name, actor in people.items()
            if actor.account_id
            and relations.threads[kind] in {hit.thread_id for hit in search_messages(session, actor, word(kind))}
        }
    assert found == SEARCHES[kind]


@pytest.mark.parametrize("kind", IN_THREAD)
def test_a_thread_that_is_not_ones_own_answers_like_one_that_is_not_there(
    relations: Relations, visitors: dict[str, Visitor], kind: str
) -> None:
    nowhere = "thread_00000000000000000000000000"
    for name, visitor in visitors.items():
        if name in IN_THREAD[kind] | READS[kind]:
            continue
        for step in ("", "/mute", "/accept", "/decline"):
            fields = {"muted": "yes"} if step == "/mute" else {"text": "x"} if not step else {}
            answers = [
                visitor.post(f"/messages/{one}{step}", headers=JSON, **fields)
                for one in (relations.threads[kind], nowhere)
            ]
            assert {answer.status_code for answer in answers} == {401 if name == "guest" else 404}, (name, step)
            assert answers[0].get_json() == answers[1].get_json()


def test_the_inbox_has_the_brands_threads_alone(relations: Relations, visitors: dict[str, Visitor], cast: Cast) -> None:
    found = {
        (name, kind)
        for name, visitor in visitors.items()
        for kind, thread_id in relations.threads.items()
        if visitor.get(f"/dashboard/brand-a/inbox/{thread_id}").status_code == 200
    }
    assert found == {("brand", "brand")}
    texts = {name: visitor.get("/dashboard/brand-a/inbox").get_data(as_text=True) for name, visitor in visitors.items()}
    assert {name for name, text in texts.items() if relations.threads["brand"] in text} == {"brand"}


def test_staff_read_a_message_once_it_was_reported(
    relations: Relations, visitors: dict[str, Visitor], people: People
) -> None:
    """The words that were reported, not the thread."""
    said = word("friend")

    def read_by() -> set[str]:
        return {name for name, one in visitors.items() if said in one.get("/admin/reports").get_data(as_text=True)}

    assert read_by() == set()
    with db.unit_of_work() as session:
        seat = take_seat(session, people["friend"], relations.threads["friend"])
        [message] = load_messages(session, people["friend"], seat).messages
        report_message(
            session, actor=people["friend"], thread_id=seat.thread.id, message_id=message.message_id, reason="spam"
        )
    assert read_by() == {"staff"}
    assert visitors["staff"].get(f"/messages/{relations.threads['friend']}").status_code == 404
