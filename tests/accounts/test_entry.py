"""The way in: sign up, sign in, links by mail, sign out."""

from __future__ import annotations

import re
import statistics
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from shop.accounts import service
from shop.accounts.events import SignedIn, SignInEnded
from shop.accounts.models import Account, MailToken, SignIn
from shop.accounts.queries import find_by_email
from shop.core import channel, clock, db, events, ids, jobs, ratelimit
from shop.core.mail import Mail
from shop.core.realtime import SESSION_COOKIE
from tests.factories.accounts import PASSWORD, make_person
from tests.factories.cast import Cast
from tests.support.recording import Recorder
from tests.support.visitor import JSON, Visitor


@pytest.fixture
def limited(app: Flask) -> None:
    """Limits on, as in a real shop."""
    settings = app.extensions["vetrina.settings"]
    ratelimit.install(settings.model_copy(update={"rate_limits": True}))


def last_mail() -> Mail:
    with db.reading() as session:
        found = session.scalar(select(Mail).order_by(Mail.id.desc()).limit(1))
        assert found is not None
        return found


def link_in(mail: Mail) -> str:
    found = re.search(r"http://localhost:5000(/\S+)", mail.text)
    assert found is not None
    return found.group(1)


def count(model: type) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def sign_up(visitor: Visitor, email: str = "new@example.test", **more: str) -> object:
    fields = {"display_name": "Nina", "email": email, "password": PASSWORD, "terms": "yes", "next": "", **more}
    return visitor.post("/signup", **fields)


def test_sign_up_confirm_and_be_in(visitor: Visitor, sent: Recorder) -> None:
    answer = sign_up(visitor, next="/live/sneakers")
    assert (answer.status_code, answer.location) == (303, "/check-mail")
    assert visitor.client.get_cookie(SESSION_COOKIE) is None
    mail = last_mail()
    assert (mail.to_address, mail.subject) == ("new@example.test", "Confirm your address at Vetrina")
    link = link_in(mail)
    assert "new@example.test" in visitor.get(link).text  # A mail scanner's visit uses nothing up.
    entered = visitor.post(link)
    assert (entered.status_code, entered.location) == (303, "/live/sneakers")
    assert visitor.get("/account").status_code == 200
    assert visitor.post(link).status_code == 410


def test_cookie_flags(visitor: Visitor, sent: Recorder) -> None:
    make_person()
    answer = visitor.post("/signin", email="anna@example.test", password=PASSWORD, next="")
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(SESSION_COOKIE))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie and "Secure" not in cookie


def test_only_the_hash_of_the_cookie_is_kept(visitor: Visitor, sent: Recorder) -> None:
    make_person()
    visitor.post("/signin", email="ANNA@example.test ", password=PASSWORD, next="")
    cookie = visitor.client.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    with db.reading() as session:
        row = session.scalars(select(SignIn)).one()
        assert row.token_hash == ids.token_hash(cookie.value)
        assert session.scalars(select(Account)).one().password_hash.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/orders", "/orders"),
        ("/live/x?a=1", "/live/x?a=1"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("", "/"),
    ],
)
def test_next_stays_on_this_site(visitor: Visitor, sent: Recorder, target: str, lands: str) -> None:
    make_person()
    answer = visitor.post("/signin", email="anna@example.test", password=PASSWORD, next=target)
    if answer.status_code == 303:
        assert answer.location == lands
    else:
        assert answer.status_code == 422  # Refused as a field with characters that cannot be shown.


def test_session_fixation_gets_nothing(visitor: Visitor, client: FlaskClient, sent: Recorder) -> None:
    make_person()
    client.set_cookie(SESSION_COOKIE, "planted-by-somebody")
    before = visitor.csrf
    visitor.post("/signin", email="anna@example.test", password=PASSWORD, next="")
    cookie = client.get_cookie(SESSION_COOKIE)
    assert cookie is not None and cookie.value != "planted-by-somebody"
    assert visitor.csrf != before


def test_second_sign_in_of_a_browser_closes_its_first(visitor: Visitor, cast: Cast, sent: Recorder) -> None:
    make_person()
    visitor.sign_in(cast.ana)
    visitor.post("/signin", email="anna@example.test", password=PASSWORD, next="")
    with db.reading() as session:
        open_rows = session.scalars(select(SignIn).where(SignIn.revoked_at.is_(None))).all()
        assert [row.account_id for row in open_rows] == [find_by_email(session, "anna@example.test").id]  # type: ignore[union-attr]
    assert len(sent.closed) == 1 and sent.closed[0].startswith("session:")


def test_form_without_its_token_is_refused(client: FlaskClient, sent: Recorder) -> None:
    make_person()
    for path in ("/signin", "/signup", "/signout", "/preferences", "/password/forgot", "/signin/link"):
        answer = client.post(path, data={"email": "anna@example.test", "password": PASSWORD}, headers=JSON)
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "not_allowed"), path
    assert count(SignIn) == 0 and count(Mail) == 0


def answers_alike(first: object, second: object) -> None:
    """Same status, same headers that tell something, same body but for the form token and what was typed."""

    def bare(answer: object) -> str:
        text = re.sub(r"(content|value|nonce)=\"[^\"]*\"", "", answer.text)  # type: ignore[attr-defined]
        return text

    assert first.status_code == second.status_code  # type: ignore[attr-defined]
    assert first.location == second.location  # type: ignore[attr-defined]
    assert bare(first) == bare(second)


def test_sign_in_says_the_same_for_known_and_unknown(visitor: Visitor, sent: Recorder) -> None:
    make_person()
    make_person("half@example.test", "Half", confirmed=False)
    wrong = visitor.post("/signin", email="anna@example.test", password="wrong password", next="")
    unknown = visitor.post("/signin", email="none@example.test", password="wrong password", next="")
    unconfirmed = visitor.post("/signin", email="half@example.test", password=PASSWORD, next="")
    assert "Email and password do not match." in wrong.text and wrong.status_code == 422
    answers_alike(wrong, unknown)
    answers_alike(wrong, unconfirmed)
    assert count(SignIn) == 0


def test_right_password_of_an_unconfirmed_address_sends_the_mail_again(visitor: Visitor, sent: Recorder) -> None:
    make_person("half@example.test", "Half", confirmed=False)
    visitor.post("/signin", email="half@example.test", password=PASSWORD, next="/cart")
    jobs.run_due_jobs()
    assert last_mail().subject == "Confirm your address at Vetrina"
    assert visitor.post(link_in(last_mail())).location == "/cart"


def test_sign_up_says_the_same_for_a_known_address(visitor: Visitor, sent: Recorder) -> None:
    make_person()
    new = sign_up(visitor, "new@example.test")
    known = sign_up(visitor, "anna@example.test")
    answers_alike(new, known)
    assert last_mail().to_address == "anna@example.test"
    assert last_mail().subject == "You already have an account at Vetrina"
    with db.reading() as session:
        assert find_by_email(session, "anna@example.test").display_name == "Anna"  # type: ignore[union-attr]


@pytest.mark.parametrize("path", ["/password/forgot", "/signin/link"])
def test_links_by_mail_say_the_same(visitor: Visitor, sent: Recorder, path: str) -> None:
    make_person()
    known = visitor.post(path, email="anna@example.test")
    unknown = visitor.post(path, email="none@example.test")
    answers_alike(known, unknown)
    jobs.run_due_jobs()
    assert count(Mail) == 1


def test_known_and_unknown_take_the_same_time(visitor: Visitor, sent: Recorder) -> None:
    make_person()
    took: dict[str, list[float]] = {"anna@example.test": [], "none@example.test": []}
    for _ in range(7):
        for email, times in took.items():
            started = time.perf_counter()
            visitor.post("/signin", email=email, password="wrong password", next="")
            times.append(time.perf_counter() - started)
    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < 0.06


def test_ten_wrong_passwords_then_a_wait(visitor: Visitor, limited: None, sent: Recorder) -> None:
    make_person()
    for email in ("anna@example.test", "none@example.test"):
        answers = [visitor.post("/signin", email=email, password=f"wrong {n} password", next="") for n in range(11)]
        assert [a.status_code for a in answers] == [422] * 10 + [429]
        assert int(answers[-1].headers["Retry-After"]) > 60
    assert visitor.post("/signin", email="anna@example.test", password=PASSWORD, next="").status_code == 429
    assert count(SignIn) == 0


def test_right_password_forgives_the_wrong_ones(visitor: Visitor, limited: None, sent: Recorder) -> None:
    make_person()
    for _ in range(2):
        for n in range(9):
            visitor.post("/signin", email="anna@example.test", password=f"wrong {n} password", next="")
        assert visitor.post("/signin", email="anna@example.test", password=PASSWORD, next="").status_code == 303
        visitor.post("/signout", next="/")


def test_spraying_from_one_address_is_stopped(visitor: Visitor, limited: None, sent: Recorder) -> None:
    statuses = [
        visitor.post("/signin", email=f"p{n}@example.test", password="wrong password", next="").status_code
        for n in range(61)
    ]
    assert statuses == [422] * 60 + [429]


def test_mailbox_gets_five_mails_an_hour(visitor: Visitor, limited: None, sent: Recorder) -> None:
    make_person()
    statuses = [visitor.post("/password/forgot", email="anna@example.test").status_code for _ in range(6)]
    assert statuses == [303] * 5 + [429]


def test_reset_ends_every_sign_in_and_the_link(visitor: Visitor, sent: Recorder) -> None:
    person = make_person()
    with db.unit_of_work() as session:
        old = service.sign_in_account(session, account_id=person.id, user_agent="Old", address="10.0.0.1")
    visitor.post("/password/forgot", email="anna@example.test")
    jobs.run_due_jobs()
    link = link_in(last_mail())
    assert visitor.get(link).headers["Referrer-Policy"] == "no-referrer"
    assert visitor.post(link, password="short").status_code == 422
    assert visitor.post(link, password="another long sentence").status_code == 303
    assert visitor.post(link, password="a third long sentence").status_code == 410
    with db.reading() as session:
        row = session.scalars(select(SignIn).where(SignIn.token_hash == ids.token_hash(old))).one()
        assert row.revoked_at is not None and channel.session(row.id) in sent.closed
    visitor.post("/signout", next="")
    assert visitor.post("/signin", email="anna@example.test", password=PASSWORD, next="").status_code == 422
    answer = visitor.post("/signin", email="anna@example.test", password="another long sentence", next="")
    assert answer.status_code == 303


def test_links_come_from_the_settings_not_from_the_host_header(
    client: FlaskClient, visitor: Visitor, sent: Recorder
) -> None:
    make_person()
    client.post(
        "/password/forgot",
        data={"email": "anna@example.test", "csrf_token": visitor.csrf},
        headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )
    jobs.run_due_jobs()
    assert "evil.example" not in last_mail().text + last_mail().html
    assert "http://localhost:5000/password/reset/" in last_mail().text


def test_links_grow_old(visitor: Visitor, sent: Recorder, frozen: object) -> None:
    person = make_person()
    with db.unit_of_work() as session:
        token = service.make_token(session, account_id=person.id, purpose=service.TokenPurpose.RESET)
    clock.move(service.TOKEN_LIFETIMES[service.TokenPurpose.RESET])
    assert visitor.get(f"/password/reset/{token}").status_code == 410


def test_a_link_is_good_for_its_purpose_only(visitor: Visitor, sent: Recorder) -> None:
    person = make_person()
    with db.unit_of_work() as session:
        token = service.make_token(session, account_id=person.id, purpose=service.TokenPurpose.CONFIRM)
    assert visitor.post(f"/password/reset/{token}", password="another long sentence").status_code == 410
    assert visitor.post(f"/signin/link/{token}").status_code == 410


def test_stranger_who_signed_up_first_loses_the_password(visitor: Visitor, sent: Recorder) -> None:
    """Somebody signs up with a victim's address; the victim comes in by a mailed link: the stranger's password is dead."""
    sign_up(visitor, "victim@example.test")
    visitor.post("/signin/link", email="victim@example.test")
    jobs.run_due_jobs()
    assert visitor.post(link_in(last_mail())).status_code == 303
    visitor.post("/signout", next="")
    assert visitor.post("/signin", email="victim@example.test", password=PASSWORD, next="").status_code == 422


def test_sign_out_closes_sockets_and_tells_the_features(visitor: Visitor, sent: Recorder) -> None:
    heard: list[object] = []
    events.subscribe(SignedIn, heard.append)
    events.subscribe(SignInEnded, heard.append)
    person = make_person()
    guest_key = visitor.become_guest("a-bag")
    visitor.post("/signin", email="anna@example.test", password=PASSWORD, next="")
    assert visitor.post("/signout", next="/").status_code == 303
    assert visitor.get("/account").status_code == 303
    with db.reading() as session:
        row = session.scalars(select(SignIn)).one()
    assert heard == [
        SignedIn(account_id=person.id, guest_key=guest_key),
        SignInEnded(session_id=row.id, account_id=person.id),
    ]
    assert sent.closed == [channel.session(row.id)]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("email", ""),
        ("email", "no address"),
        ("email", "a@b\x00.it"),
        ("email", "a" * 1_000_000),
        ("password", "short"),
        ("password", "password1234"),
        ("password", "aaaaaaaaaaaaaaaa"),
        ("password", "new@example.test1"),
        ("password", "x" * 1_000_000),
        ("password", "pass\ud800word long enough".encode("utf-8", "surrogatepass").decode("utf-8", "replace") + "\x00"),
        ("display_name", ""),
        ("display_name", "Vetrina Official"),
        ("display_name", "x" * 1_000_000),
        ("terms", "no"),
    ],
)
def test_bad_sign_up_is_shown_again_with_the_field(visitor: Visitor, sent: Recorder, field: str, text: str) -> None:
    answer = sign_up(visitor, **{field: text})  # type: ignore[arg-type]
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert f'id="{field}-error"' in answer.text  # type: ignore[attr-defined]
    assert count(Account) == 0 and count(MailToken) == 0


def test_unknown_field_is_refused(visitor: Visitor, sent: Recorder) -> None:
    assert sign_up(visitor, is_staff="1").status_code == 422  # type: ignore[attr-defined]
    assert count(Account) == 0


def test_password_is_never_in_an_answer(visitor: Visitor, sent: Recorder) -> None:
    answer = visitor.post("/signin", email="anna@example.test", password="my secret sentence", next="")
    assert "my secret sentence" not in answer.text


def test_italian(visitor: Visitor, client: FlaskClient, sent: Recorder) -> None:
    client.set_cookie("locale", "it")
    sign_up(visitor, "ciao@example.test")
    with db.reading() as session:
        assert find_by_email(session, "ciao@example.test").locale == "it"  # type: ignore[union-attr]


@pytest.fixture
def statements(app: Flask) -> list[str]:
    """What goes to the database from now on."""
    seen: list[str] = []
    engine = app.extensions["vetrina.db"].engine
    event.listen(engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    return seen


def test_guests_read_no_table_to_be_known(client: FlaskClient, statements: list[str]) -> None:
    client.get("/terms")
    assert statements == []


def test_members_are_known_by_one_statement(visitor: Visitor, cast: Cast, statements: list[str]) -> None:
    visitor.sign_in(cast.olga)
    statements.clear()
    visitor.get("/terms")
    counts = ("cart_lines", "FROM notices", "FROM thread")  # The little numbers at the top of every page.
    people = [text for text in statements if text != "BEGIN" and not any(count in text for count in counts)]
    assert [text.split()[0] for text in people] == ["SELECT"]
