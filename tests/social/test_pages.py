"""The pages over HTTP: adding, answering, following, choosing; and what guessing gets."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from shop.core import db, ratelimit
from shop.core.settings import Settings
from shop.social import finding, lists, service
from shop.social.models import Datum
from shop.social.queries import are_friends, find_waiting, follows_brand, is_blocked
from tests.factories.cast import Cast
from tests.social.conftest import Befriend
from tests.support.visitor import JSON, Visitor


def visitor(app: Flask, actor: object) -> Visitor:
    return Visitor(app.test_client()).sign_in(actor)  # type: ignore[arg-type]


def test_a_code_shown_on_one_phone_and_typed_on_the_other(app: Flask, cast: Cast) -> None:
    ana, sam = visitor(app, cast.ana), visitor(app, cast.sam)
    assert ana.post("/friends/codes").status_code == 303
    page = ana.get("/friends").get_data(as_text=True)
    shown = re.search(r'data-testid="friend-code">(\w{3})<span[^>]*></span>(\w{3})<', page)
    assert shown is not None
    assert "<svg" in page
    code = "".join(shown.groups())
    assert "Ana" in sam.get(f"/friends/add/{code}").get_data(as_text=True)
    assert sam.post("/friends/add", who=f"{code[:3]} {code[3:].lower()}").status_code == 303
    requests = ana.get("/friends/lists").get_data(as_text=True)
    accept = re.search(r"/friends/requests/freq_\w+/accept", requests)
    assert accept is not None and "From your code" in requests
    assert ana.post(accept.group()).status_code == 303
    with db.reading() as session:
        assert are_friends(session, cast.ana.account_id or "", cast.sam.account_id or "")


def test_a_handle_and_a_link_ask_and_wrong_ones_say_the_same(app: Flask, cast: Cast) -> None:
    sam = visitor(app, cast.sam)
    with db.unit_of_work() as session:
        token = finding.renew_link(session, actor=cast.ana)
        service.block(session, actor=cast.zed, account_id=cast.sam.account_id or "")
    assert sam.post("/friends/add", who="@olga").status_code == 303
    assert "Ana" in sam.get(f"/friends/with/{token}").get_data(as_text=True)
    assert sam.post(f"/friends/with/{token}").status_code == 303
    with db.reading() as session:
        assert {row.account.handle for row in lists.list_sent(session, cast.sam.account_id or "")} == {"olga", "ana"}
    told = [
        sam.post("/friends/add", who=who, headers=JSON) for who in ("@zed", "@sam", "@nobody9", "ZZZZZ2", "\u202e" * 9)
    ]
    assert {answer.status_code for answer in told} == {404}
    assert len({answer.get_data() for answer in told}) == 1
    page = sam.post("/friends/add", who="ZZZZZ2")
    assert page.status_code == 404 and 'id="who-error"' in page.get_data(as_text=True)
    assert sam.post("/friends/add", who="x" * 10_000).status_code == 422


def test_guessing_codes_is_slowed_down(app: Flask, cast: Cast, settings: Settings) -> None:
    ratelimit.install(settings.model_copy(update={"rate_limits": True}))
    sam = visitor(app, cast.sam)
    statuses = [sam.get(f"/friends/add/ZZZZ{place:02d}").status_code for place in range(22, 33)]
    assert statuses == [404] * 10 + [429]
    assert sam.post("/friends/add", who="@ana").status_code == 429


def test_deeds_about_people(app: Flask, cast: Cast, befriend: Befriend) -> None:
    befriend(cast.ana, cast.sam)
    ana, sam = cast.ana.account_id or "", cast.sam.account_id or ""
    browser = visitor(app, cast.ana)
    assert browser.post(f"/people/{sam}/follow", next="/u/sam").location == "/u/sam"
    assert "Following" in browser.get("/u/sam").get_data(as_text=True)
    assert browser.post(f"/people/{sam}/mute", next="https://evil.example/").location == "/friends"
    assert browser.post(f"/people/{sam}/block").location == "/friends/blocked"
    assert "Sam" in browser.get("/friends/blocked").get_data(as_text=True)
    with db.reading() as session:
        assert is_blocked(session, sam, ana) and not are_friends(session, ana, sam)
    assert browser.get("/u/sam").status_code == 404
    assert browser.post(f"/people/{sam}/unblock", headers=JSON).get_json() == {"ok": True}
    assert browser.get("/u/sam").status_code == 200
    for path in (f"/people/{sam}/haunt", "/people/acct_0/block", f"/people/{ana}/block", f"/people/{sam}/unfriend"):
        assert browser.post(path).status_code == 404


def test_requests_of_others_are_not_there(app: Flask, cast: Cast) -> None:
    with db.unit_of_work() as session:
        finding.use_handle(session, actor=cast.ana, handle="sam")
        request = find_waiting(session, sender_id=cast.ana.account_id or "", receiver_id=cast.sam.account_id or "")
        assert request is not None
        path = f"/friends/requests/{request.id}"
    zed = visitor(app, cast.zed)
    assert {zed.post(f"{path}/{answer}").status_code for answer in ("accept", "decline", "withdraw", "eat")} == {404}
    assert visitor(app, cast.ana).post(f"{path}/withdraw").status_code == 303
    assert visitor(app, cast.sam).post(f"{path}/accept").status_code == 409


def test_following_a_brand_from_its_page(app: Flask, cast: Cast) -> None:
    browser = visitor(app, cast.ana)
    assert 'action="/b/brand-a/follow"' in browser.get("/b/brand-a").get_data(as_text=True)
    assert browser.post("/b/brand-a/follow", headers=JSON).get_json() == {"ok": True, "data": {"following": True}}
    assert 'action="/b/brand-a/unfollow"' in browser.get("/b/brand-a").get_data(as_text=True)
    assert browser.post("/b/brand-a/unfollow", next="/brands").location == "/brands"
    with db.reading() as session:
        assert not follows_brand(session, cast.ana.account_id, cast.brand_a.id)
    assert "/signin?next=/b/brand-a" in app.test_client().get("/b/brand-a").get_data(as_text=True)
    assert browser.post("/b/no-such-brand/follow").status_code == 404


def test_switches_and_circles(app: Flask, cast: Cast, befriend: Befriend) -> None:
    befriend(cast.ana, cast.sam)
    ana, sam = cast.ana.account_id or "", cast.sam.account_id or ""
    browser = visitor(app, cast.ana)
    assert " checked" not in browser.get("/friends/privacy").get_data(as_text=True)
    circle = browser.post("/friends/circles", name="Running").location
    assert browser.post("/friends/circles", name="Running").status_code == 422
    assert browser.post("/friends/circles", name="x" * 41).status_code == 422
    assert browser.post(circle, account_id=[sam]).status_code == 303
    assert browser.post(circle, account_id=[cast.zed.account_id]).status_code == 404
    circle_id = circle.rsplit("/", 1)[1]
    chosen = {"watching": ["friends"], "bag": [circle_id], "brands_may_write": "1"}
    assert browser.post("/friends/privacy", **chosen).status_code == 303
    with db.reading() as session:
        shares = lists.list_shares(session, ana)
        assert shares == {
            Datum.WATCHING: {None}, Datum.BUYING: set(), Datum.BAG: {circle_id}, Datum.PRESENCE: set(),
        }  # fmt: skip
        assert lists.contact_settings(session, ana).brands_may_write
    assert browser.get("/friends/privacy").get_data(as_text=True).count(" checked") == 3
    other = visitor(app, cast.sam)
    assert other.get(circle).status_code == 404
    assert other.post(circle + "/delete").status_code == 404
    assert other.post("/friends/privacy", watching=[circle_id]).status_code == 404
    assert browser.post(circle + "/delete").status_code == 303
    with db.reading() as session:
        assert lists.list_shares(session, ana)[Datum.BAG] == set()
    assert browser.post("/friends/circles/close").location.startswith("/friends/circles/circ_")


@pytest.mark.parametrize("path", ["/friends", "/friends/privacy", "/friends/blocked", "/friends/add/ABCDEF"])
def test_guests_sign_in_first(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == 303 and answer.location.startswith("/signin?next=")


def test_lists_cost_the_same_for_few_and_many(app: Flask, cast: Cast, befriend: Befriend) -> None:
    from sqlalchemy import event

    befriend(cast.ana, cast.sam)
    browser = visitor(app, cast.ana)
    counted: list[str] = []
    engine = app.extensions["vetrina.db"].engine
    event.listen(engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    browser.get("/friends/lists")
    few = len(counted)
    for other in (cast.zed, cast.olga, cast.pia, cast.ben):
        befriend(cast.ana, other)
    counted.clear()
    browser.get("/friends/lists")
    assert len(counted) == few
