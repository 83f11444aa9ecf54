"""A person's own pages: name, password, devices; language and theme."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.accounts import service
from shop.accounts.devices import device_name
from shop.accounts.models import Account, SignIn
from shop.accounts.queries import SIGN_IN_LIFETIME, find_by_email, list_sign_ins
from shop.brands.actors import SEEN_STEP, load_for_socket
from shop.core import channel, clock, db, ids
from shop.core.actor import Actor
from shop.core.errors import NotFound
from shop.core.mail import Mail
from shop.core.realtime import GUEST_COOKIE, Identity
from tests.factories.accounts import PASSWORD, make_person
from tests.factories.cast import Cast
from tests.support.recording import Recorder
from tests.support.visitor import JSON, Visitor

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"


def open_sign_in(account_id: str, user_agent: str = IPHONE) -> str:
    with db.unit_of_work() as session:
        token = service.sign_in_account(session, account_id=account_id, user_agent=user_agent, address="192.0.2.7")
    with db.reading() as session:
        return session.scalars(select(SignIn.id).where(SignIn.token_hash == ids.token_hash(token))).one()


def is_open(session_id: str) -> bool:
    with db.reading() as session:
        return session.get_one(SignIn, session_id).revoked_at is None


def test_devices_are_listed_and_can_be_signed_out(visitor: Visitor, cast: Cast, sent: Recorder) -> None:
    phone = open_sign_in(cast.ana.account_id or "")
    visitor.sign_in(cast.ana)
    page = visitor.get("/account/sessions").text
    assert "Safari, iPhone" in page and "192.0.2.7" in page and page.count("This device") == 1
    assert visitor.post(f"/account/sessions/{phone}/revoke").status_code == 303
    assert not is_open(phone)
    assert sent.closed == [channel.session(phone)]
    assert "Safari, iPhone" not in visitor.get("/account/sessions").text


def test_own_device_signed_out_is_out(visitor: Visitor, cast: Cast, sent: Recorder) -> None:
    visitor.sign_in(cast.ana)
    with db.reading() as session:
        own = list_sign_ins(session, cast.ana.account_id or "")[0].session_id
    assert visitor.post(f"/account/sessions/{own}/revoke").location == "/"
    assert visitor.get("/account").status_code == 303


def test_all_other_devices(visitor: Visitor, cast: Cast, sent: Recorder) -> None:
    others = [open_sign_in(cast.ana.account_id or "") for _ in range(3)]
    zeds = open_sign_in(cast.zed.account_id or "")
    visitor.sign_in(cast.ana)
    visitor.post("/account/sessions/revoke-others")
    assert [is_open(session_id) for session_id in others] == [False] * 3
    assert is_open(zeds) and visitor.get("/account").status_code == 200
    assert sorted(sent.closed) == sorted(channel.session(session_id) for session_id in others)


def test_devices_of_others_do_not_exist(visitor: Visitor, cast: Cast, sent: Recorder) -> None:
    zeds = open_sign_in(cast.zed.account_id or "")
    visitor.sign_in(cast.ana)
    assert visitor.post(f"/account/sessions/{zeds}/revoke").status_code == 404
    with db.unit_of_work() as session, pytest.raises(NotFound):
        service.revoke_sign_in(session, actor=cast.ana, session_id=zeds)
    assert is_open(zeds) and sent.closed == []


def test_new_password_ends_the_other_sign_ins(visitor: Visitor, sent: Recorder) -> None:
    person = make_person()
    phone = open_sign_in(person.id)
    visitor.post("/signin", email=person.email, password=PASSWORD, next="")
    new = "eine ganz andere Zeile"
    wrong = visitor.post("/account/password", current_password="not this one", password=new)
    assert wrong.status_code == 422 and 'id="current_password-error"' in wrong.text
    assert is_open(phone)
    assert visitor.post("/account/password", current_password=PASSWORD, password="short").status_code == 422
    assert visitor.post("/account/password", current_password=PASSWORD, password=new).status_code == 303
    assert not is_open(phone) and sent.closed == [channel.session(phone)]
    assert visitor.get("/account").status_code == 200
    with db.reading() as session:
        assert session.scalars(select(Mail.subject)).all() == ["Your password at Vetrina was changed"]


def test_name_and_handle_change_together(visitor: Visitor, cast: Cast) -> None:
    visitor.sign_in(cast.ana)
    assert visitor.post("/account", display_name="Ana Bruni", handle="@Ana.Bruni").status_code == 303
    page = visitor.get("/account").text
    assert 'value="Ana Bruni"' in page and 'value="ana.bruni"' in page


@pytest.mark.parametrize(
    ("name", "handle", "field"),
    [("Brand A", "ana", "display_name"), ("Ana", "ben", "handle"), ("Ana", "official", "handle"), ("", "ana", "display_name")],
)  # fmt: skip
def test_refused_names_change_nothing(visitor: Visitor, cast: Cast, name: str, handle: str, field: str) -> None:
    with db.unit_of_work() as session:
        brand = session.get_one(type(cast.brand_a), cast.brand_a.id)
        brand.name_key = "branda"
    visitor.sign_in(cast.ana)
    answer = visitor.post("/account", display_name=name, handle=handle)
    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    with db.reading() as session:
        account = session.get_one(Account, cast.ana.account_id)
        assert (account.display_name, account.handle) == ("Ana", "ana")


def test_an_account_may_keep_its_own_handle(cast: Cast) -> None:
    with db.unit_of_work() as session:
        account = service.update_profile(session, actor=cast.ana, display_name="Ana", handle="ANA")
        assert account.handle == "ana"


def test_closed_sign_in_is_a_guest_at_the_next_command(visitor: Visitor, cast: Cast, sent: Recorder) -> None:
    visitor.sign_in(cast.ana)
    who = Identity(
        sid="s", session_hash=ids.token_hash(visitor.token or ""), guest_key="k", address="local", locale="en"
    )
    with db.reading() as session:
        assert load_for_socket(session, who).account_id == cast.ana.account_id
    with db.unit_of_work() as session:
        service.end_sign_ins(session, account_id=cast.ana.account_id or "")
    with db.reading() as session:
        assert load_for_socket(session, who) == Actor(guest_key="k")


def test_unused_sign_ins_end_and_used_ones_stay(visitor: Visitor, cast: Cast, frozen: object) -> None:
    visitor.sign_in(cast.ana)
    clock.move(SIGN_IN_LIFETIME - SEEN_STEP)
    assert visitor.get("/account").status_code == 200  # This use is remembered …
    clock.move(SIGN_IN_LIFETIME - SEEN_STEP)
    assert visitor.get("/account").status_code == 200  # … so that it lasts from then.
    clock.move(SIGN_IN_LIFETIME)
    assert visitor.get("/account").status_code == 303


def test_preferences_are_cookies(client: FlaskClient, visitor: Visitor, cast: Cast) -> None:
    answer = visitor.post("/preferences", locale="it", next="/signin")
    assert (answer.status_code, answer.location) == (303, "/signin")
    assert 'lang="it"' in client.get("/signin").text
    visitor.post("/preferences", theme="dark", next="/")
    assert 'data-theme="dark"' in client.get("/signin").text
    visitor.post("/preferences", theme="system", next="/")
    assert 'data-theme="dark"' not in client.get("/signin").text
    assert visitor.post("/preferences", headers=JSON, locale="it").json == {"ok": True}
    assert visitor.post("/preferences", locale="xx").status_code == 422
    assert visitor.post("/preferences", locale="it", next="//evil.example").location == "/"


def test_language_of_a_person_is_the_language_of_mail(visitor: Visitor, cast: Cast) -> None:
    visitor.sign_in(cast.ana).post("/preferences", locale="it", next="/")
    with db.reading() as session:
        account = find_by_email(session, cast.ana.email)
        assert account is not None and account.locale == "it"


def test_guest_gets_a_key_that_scripts_cannot_read(client: FlaskClient, visitor: Visitor, cast: Cast) -> None:
    from flask import Flask

    from shop.accounts import guests
    from shop.core.policy import PUBLIC, policy

    app: Flask = client.application
    app._got_first_request = False  # The route below stands for any page that fills a bag.
    app.add_url_rule("/acts", "acts", policy(PUBLIC)(lambda: guests.acting().guest_key or ""))
    answer = client.get("/acts")
    cookie = client.get_cookie(GUEST_COOKIE)
    assert cookie is not None and answer.text == ids.token_hash(cookie.value)
    assert cookie.http_only and cookie.same_site == "Lax"
    assert client.get("/acts").text == answer.text


def test_avatars_are_pictures_and_nothing_else(client: FlaskClient) -> None:
    answer = client.get("/avatars/acct_01jcv6.svg")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/avatars/acct_01jcv6.svg").data == answer.data
    for seed in ("<script>", "a" * 61, "A", "..%2f..%2fetc", "a b"):
        assert client.get(f"/avatars/{seed}.svg").status_code == 404


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (IPHONE, "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/131.0 Safari/537.36 Edg/131.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox, Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_have_names(client: FlaskClient, user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name
