"""Reading and sending without scripts."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.core import db, ids
from shop.messaging import queries
from tests.factories.cast import Cast
from tests.factories.catalog import make_product, picture
from tests.messaging.conftest import befriend, block, brand_thread, direct, say
from tests.messaging.test_messages import read, texts
from tests.support.visitor import Visitor


@pytest.fixture
def sams(app: Flask) -> Visitor:
    return Visitor(app.test_client())


def text_of(answer: Any, status: int = 200) -> str:
    body: str = answer.get_data(as_text=True)
    assert answer.status_code == status, body[:600]
    return body


def test_a_conversation_without_scripts(friends: str, cast: Cast, visitor: Visitor, sams: Visitor) -> None:
    visitor.sign_in(cast.ana)
    sams.sign_in(cast.sam)
    answer = visitor.post(f"/messages/{friends}", text="Ciao <b>Sam</b> https://example.com")
    assert answer.status_code == 303
    front = text_of(sams.get("/"))
    assert "Messages, 1 new" in front
    page = text_of(sams.get(f"/messages/{friends}"))
    assert "Ciao &lt;b&gt;Sam&lt;/b&gt;" in page
    assert '<a href="https://example.com" rel="nofollow noopener noreferrer ugc"' in page
    assert "Messages, 1 new" not in text_of(sams.get("/"))  # Opened is read.
    [message] = read(cast.sam, friends)
    assert sams.post(f"/messages/{friends}/messages/{message.message_id}/reactions", sign="👍").status_code == 303
    assert "👍" in text_of(visitor.get(f"/messages/{friends}"))
    this = f"/messages/{friends}/messages/{message.message_id}"
    assert visitor.post(f"{this}/edit", text="Ciao Sam").status_code == 303
    assert texts(cast.sam, friends) == ["Ciao Sam"]
    assert visitor.post(f"{this}/delete").status_code == 303
    assert "Message deleted" in text_of(sams.get(f"/messages/{friends}"))


def test_the_pages_key_makes_a_second_press_harmless(friends: str, cast: Cast, visitor: Visitor) -> None:
    visitor.sign_in(cast.ana)
    for _ in range(2):
        visitor.post(f"/messages/{friends}", text="una volta", client_key="k")
    assert texts(cast.sam, friends) == ["una volta"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 422),
        ("x" * 10_000, 422),
        ("x" * 2001, 422),
        ("a\x00b", 422),
        ("x" * 2000, 303),
        ("\u202eabc\n\n\u200d", 303),
    ],
)
def test_hostile_texts_are_answered(friends: str, cast: Cast, visitor: Visitor, text: str, status: int) -> None:
    visitor.sign_in(cast.ana)
    assert visitor.post(f"/messages/{friends}", text=text).status_code == status
    assert len(texts(cast.sam, friends)) == (status == 303)


def test_a_refusal_keeps_the_text(friends: str, cast: Cast, visitor: Visitor) -> None:
    visitor.sign_in(cast.ana)
    page = text_of(visitor.post(f"/messages/{friends}", text="parole mie", card="product:nothing"), 404)
    assert "parole mie" not in page  # A forged card is a page that does not exist.
    block(cast.sam, cast.ana)
    page = text_of(visitor.post(f"/messages/{friends}", text="parole mie"), 403)
    assert 'data-testid="composer-closed"' in page
    assert texts(cast.sam, friends) == []


def test_others_find_nothing(friends: str, cast: Cast, visitor: Visitor) -> None:
    message = say(cast.ana, friends, "segreto")
    visitor.sign_in(cast.zed)
    nowhere = ids.new_id("thread")
    for thread_id in (friends, nowhere, "thread_x"):
        for path in ("", "/parts", f"/photos/{message.id}", "/settings", f"/parts?message={message.id}"):
            assert visitor.get(f"/messages/{thread_id}{path}").status_code == 404
        for path in ("", f"/messages/{message.id}/delete", "/leave", "/accept", "/mute"):
            answer = visitor.post(f"/messages/{thread_id}{path}", **({"muted": "yes"} if path == "/mute" else {}))
            assert answer.status_code in {404, 422}
    assert "0 messages with" in text_of(visitor.get("/messages?q=segreto"))


def test_a_photo_is_for_those_in_the_thread(friends: str, cast: Cast, visitor: Visitor, client: FlaskClient) -> None:
    visitor.sign_in(cast.ana)
    file = (io.BytesIO(picture()), "scarpa.jpg")
    answer = visitor.post(f"/messages/{friends}", text="", photo=file)
    assert answer.status_code == 303, answer.get_data(as_text=True)[:400]
    [message] = read(cast.sam, friends)
    answer = visitor.get(message.photo)
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert "private" in answer.headers["Cache-Control"]
    assert "/media/" not in text_of(visitor.get(f"/messages/{friends}")).split("dm-log")[1].split("dm-say")[0]
    visitor.sign_in(cast.zed)
    assert visitor.get(message.photo).status_code == 404
    visitor.sign_in(cast.ana)
    broken = (io.BytesIO(b"<svg onload=alert(1)>"), "x.svg")
    assert visitor.post(f"/messages/{friends}", text="x", photo=broken).status_code == 422
    assert len(read(cast.sam, friends)) == 1


def test_a_new_message_by_handle_and_a_new_group(cast: Cast, visitor: Visitor) -> None:
    befriend(cast.ana, cast.sam)
    befriend(cast.ana, cast.zed)
    visitor.sign_in(cast.ana)
    page = text_of(visitor.get("/messages/new"))
    assert "Sam" in page
    assert "Olga" not in page
    answer = visitor.post("/messages/new", to="@olga", text="Buongiorno")
    assert answer.status_code == 303
    thread_id = answer.location.rsplit("/", 1)[1]
    assert texts(cast.olga, thread_id) == ["Buongiorno"]
    assert visitor.post("/messages/new", to="nobody-here", text="x").status_code == 404
    block(cast.mia, cast.ana)
    assert visitor.post("/messages/new", to="mia", text="x").status_code == 404  # The same answer.
    people = [str(cast.sam.account_id), str(cast.zed.account_id)]
    assert visitor.post("/messages/new", people=people).status_code == 422  # A group has a name.
    answer = visitor.post("/messages/new", people=people, title="Sabato")
    assert answer.status_code == 303
    settings = text_of(visitor.get(answer.location + "/settings"))
    assert "3 of 32 people" in settings
    removed = visitor.post(f"{answer.location}/people/{cast.zed.account_id}/remove")
    assert removed.status_code == 303
    assert visitor.post(f"{answer.location}/settings", title="Domenica").status_code == 303
    assert "Domenica" in text_of(visitor.get("/messages"))
    assert visitor.post(f"{answer.location}/leave").status_code == 303
    assert visitor.get(answer.location).status_code == 404


def test_requests_are_accepted_or_put_away(cast: Cast, visitor: Visitor) -> None:
    thread_id = direct(cast.zed, cast.ana)
    say(cast.zed, thread_id, "Ciao")
    visitor.sign_in(cast.ana)
    assert thread_id not in text_of(visitor.get("/messages"))
    assert thread_id in text_of(visitor.get("/messages?tab=requests"))
    assert "Accept" in text_of(visitor.get(f"/messages/{thread_id}"))
    assert visitor.post(f"/messages/{thread_id}/accept").status_code == 303
    assert thread_id in text_of(visitor.get("/messages"))


def test_asking_a_brand_carries_the_product(cast: Cast, visitor: Visitor) -> None:
    with db.unit_of_work() as session:
        make_product(session, cast.brand_a)
    visitor.sign_in(cast.ana)
    page = text_of(visitor.get("/ask/brand-a?card=product:passo-uno"))
    assert "Passo Uno" in page
    answer = visitor.post("/ask/brand-a", text="Avete la 38?", card="product:passo-uno")
    assert answer.status_code == 303
    thread_id = answer.location.rsplit("/", 1)[1]
    [message] = read(cast.ben, thread_id)
    assert (message.text, message.cards[0].ref, message.author_name) == ("Avete la 38?", "passo-uno", "Ana")
    again = visitor.get("/ask/brand-a?card=product:passo-uno")
    assert again.status_code == 303
    assert f"/messages/{thread_id}" in again.location
    assert "Passo Uno" in text_of(visitor.get(again.location)).split("dm-say", 1)[1]
    assert visitor.get("/ask/nobody").status_code == 404


def test_a_guest_signs_in_and_keeps_the_words(cast: Cast, visitor: Visitor) -> None:
    visitor.sign_in(cast.guest)
    answer = visitor.post("/ask/brand-a", text="Avete la 38?", card="product:passo-uno")
    assert answer.status_code == 303
    assert answer.location.startswith("/signin?next=")
    visitor.sign_in(cast.ana)
    assert "Avete la 38?" in text_of(visitor.get("/ask/brand-a"))
    with db.reading() as session:
        assert queries.find_thread(session, queries.pair_key(str(cast.ana.account_id), cast.brand_a.id)) is None


def test_a_brands_people_do_not_ask_it(cast: Cast, visitor: Visitor) -> None:
    visitor.sign_in(cast.ben)
    assert "in the inbox" in text_of(visitor.get("/ask/brand-a"))
    assert visitor.post("/ask/brand-a", text="x").status_code == 403


def test_a_brands_name_stands_for_its_people(cast: Cast, frozen: object) -> None:
    thread_id = brand_thread(cast.ana, cast.brand_a.id)
    say(cast.ana, thread_id, "Ciao")
    say(cast.ben, thread_id, "Eccomi")
    assert [message.author_name for message in read(cast.ana, thread_id)] == ["Ana", "Brand A"]
    assert read(cast.ana, thread_id)[1].author_id == ""  # Which of them it was, is the brand's own affair.
    assert read(cast.ugo, thread_id)[1].author_name == "Ben"


def test_staff_decide_on_reports(friends: str, cast: Cast, visitor: Visitor) -> None:
    message = say(cast.ana, friends, "Hai vinto un premio")
    say(cast.ana, friends, "altre parole")
    visitor.sign_in(cast.sam)
    assert "a common trick" in text_of(visitor.get(f"/messages/{friends}"))
    assert visitor.post(f"/messages/{friends}/messages/{message.id}/reports", reason="scam").status_code == 303
    assert visitor.get("/admin/reports").status_code == 404
    visitor.sign_in(cast.root)
    page = text_of(visitor.get("/admin/reports"))
    assert "Hai vinto un premio" in page
    assert "altre parole" not in page  # The reported words, never the thread.
    [report_id] = re.findall(r'action="/admin/reports/(report_\w+)"', page)
    assert visitor.post(f"/admin/reports/{report_id}", outcome="removed").status_code == 303
    assert texts(cast.sam, friends) == ["", "altre parole"]
    assert "Nothing was reported" in text_of(visitor.get("/admin/reports"))
