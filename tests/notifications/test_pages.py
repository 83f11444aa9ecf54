"""The board over HTTP, its settings, and the one-tap link of the mails."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from shop.accounts.models import Account
from shop.core import clock, db, ids, jobs
from shop.core.mail import as_message
from shop.core.notices import KINDS
from shop.core.settings import Settings
from shop.notifications.queries import get_choice
from tests.factories.cast import Cast
from tests.notifications.conftest import board, mails, tell_now
from tests.support.recording import Recorder
from tests.support.visitor import JSON, Visitor


@pytest.fixture
def ana(visitor: Visitor, cast: Cast, sent: Recorder) -> Visitor:
    return visitor.sign_in(cast.ana)


def test_the_bell_counts_and_the_page_lists(ana: Visitor, cast: Cast) -> None:
    tell_now(cast.ana, "test.plain", "wave:1", url="/orders", who="<b>Ben</b>")
    page = ana.get("/notices").get_data(as_text=True)
    assert "Notices, 1 new" in page
    assert "&lt;b&gt;Ben&lt;/b&gt; waved" in page
    assert 'href="/orders"' in page
    assert ana.get("/notices/unread").json == {"ok": True, "data": {"unread": 1}}


def test_a_line_is_read_by_a_form(ana: Visitor, cast: Cast) -> None:
    tell_now(cast.ana, "test.plain", "wave:1", who="Ben")
    answer = ana.post(f"/notices/{board(cast.ana)[0].notice_id}/read")
    assert (answer.status_code, answer.location) == (303, "/notices")
    assert ana.get("/notices/unread").json["data"] == {"unread": 0}


def test_reading_leads_only_to_places_of_this_shop(ana: Visitor, cast: Cast) -> None:
    assert ana.post("/notices/read", next="https://evil.example/").location == "/notices"
    assert ana.post("/notices/read", next="/orders").location == "/orders"


def test_the_notice_of_somebody_else_does_not_exist(ana: Visitor, cast: Cast) -> None:
    tell_now(cast.sam, "test.plain", "wave:1", who="Ben")
    answer = ana.post(f"/notices/{board(cast.sam)[0].notice_id}/read", headers=JSON)
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
    assert board(cast.sam)[0].is_unread


def test_settings_keep_what_was_ticked(ana: Visitor, cast: Cast) -> None:
    answer = ana.post("/account/notices", in_app=["test.plain"], by_mail=["test.letter"])
    assert answer.status_code == 303
    with db.reading() as session:
        choices = {
            name: get_choice(session, account_id=str(cast.ana.account_id), kind=KINDS[name])
            for name in ("test.plain", "test.letter")
        }
    assert (choices["test.plain"].in_app, choices["test.plain"].by_mail) == (True, False)
    assert (choices["test.letter"].in_app, choices["test.letter"].by_mail) == (False, True)
    page = ana.get("/account/notices").get_data(as_text=True)
    assert re.search(r'name="in_app" value="test.plain"[^>]* checked', page)
    assert not re.search(r'name="in_app" value="test.letter"[^>]* checked', page)


def test_settings_refuse_kinds_that_do_not_exist(ana: Visitor) -> None:
    assert ana.post("/account/notices", headers=JSON, in_app=["nonsense"]).status_code == 404
    assert ana.post("/account/notices", headers=JSON, wrong="x").json["error"]["field"] == "wrong"


@pytest.fixture
def stop_path(cast: Cast, sent: Recorder, settings: Settings, frozen: datetime) -> str:
    """The address under a mail that Ana got."""
    with db.unit_of_work() as session:
        session.get_one(Account, cast.ana.account_id).locale = "it"
    tell_now(cast.ana, "test.letter", "letter:1", url="/messages/1", who="Ben & <Mia>")
    clock.move(timedelta(minutes=30))
    jobs.run_due_jobs()
    header = mails()[-1].headers["List-Unsubscribe"]
    assert header.startswith(f"<{settings.base_url}/unsubscribe/") and header.endswith(">")
    return header[len(settings.base_url) + 1 : -1]


def test_the_mail_carries_its_link_in_headers_and_words(stop_path: str, settings: Settings) -> None:
    mail = mails()[-1]
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for body in (mail.text, mail.html):
        assert settings.base_url + stop_path in body
        assert f"{settings.base_url}/messages/1" in body
        assert "Non inviarmi più queste mail" in body
    assert mail.subject == "Ben & <Mia> wrote"
    assert "Ben &amp; &lt;Mia&gt; wrote" in mail.html


def test_the_link_travels_in_one_piece(stop_path: str, settings: Settings) -> None:
    """The standard library encodes a header that is longer than a line, and mail programs then show no button."""
    wire = as_message(settings, mails()[-1]).as_bytes()
    assert f"\nList-Unsubscribe: <{settings.base_url}{stop_path}>\n".encode() in wire
    assert b"\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n" in wire


def test_looking_at_the_link_stops_nothing(stop_path: str, client: FlaskClient, cast: Cast) -> None:
    page = client.get(stop_path)
    assert page.status_code == 200
    assert "Stop these mails?" in page.get_data(as_text=True)
    assert wants_letters(cast)


def test_one_tap_stops_the_mails_signed_out_and_without_a_form_token(
    stop_path: str, client: FlaskClient, cast: Cast
) -> None:
    answer = client.post(stop_path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "No more of these mails" in answer.get_data(as_text=True)
    assert not wants_letters(cast)
    assert client.post(stop_path).status_code == 200  # Again is harmless.


def test_a_link_serves_one_person_and_one_kind(stop_path: str, client: FlaskClient, cast: Cast) -> None:
    forged = (
        stop_path.replace("test.letter", "test.plain"),
        stop_path.replace(str(cast.ana.account_id), str(cast.sam.account_id)),
        stop_path[:-1] + ("0" if stop_path[-1] != "0" else "1"),
        stop_path.replace(str(cast.ana.account_id), ids.new_id("acct")),
    )
    for path in forged:
        assert (client.get(path).status_code, client.post(path).status_code) == (404, 404), path
    assert wants_letters(cast)


def wants_letters(cast: Cast) -> bool:
    with db.reading() as session:
        return get_choice(session, account_id=str(cast.ana.account_id), kind=KINDS["test.letter"]).by_mail
