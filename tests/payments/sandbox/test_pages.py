"""The pages: words in both languages, what they refuse, what they reveal, how they are protected."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Any

import pytest

from shop.payments.providers.stripe.sandbox.money import in_words, processing_fee
from shop.payments.providers.stripe.sandbox.texts import TEXTS
from tests.payments.sandbox.running import Running, hidden_and_filled, line_item, running_sandbox

TEMPLATES = Path(__file__).parents[3] / "templates" / "sandbox"


def test_both_languages_say_everything() -> None:
    for key, (english, italian) in TEXTS.items():
        assert english.strip() and italian.strip(), key
        names = [{f for _, f, _, _ in string.Formatter().parse(text) if f} for text in (english, italian)]
        assert names[0] == names[1], key


def test_every_text_is_used_and_no_page_has_words_of_its_own() -> None:
    pages = {path.name: path.read_text() for path in TEMPLATES.glob("*.html")}
    package = Path(__file__).parents[3] / "shop/payments/providers/stripe/sandbox"
    code = "".join(pages.values()) + "".join(p.read_text() for p in package.glob("*.py") if p.name != "texts.py")
    for key in TEXTS:
        assert f'"{key}"' in code or f"'{key}'" in code or key.startswith("declined_"), key
    for name, page in pages.items():
        bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|<svg.*?</svg>", " ", page, flags=re.S)
        words = set(re.findall(r"[A-Za-z]{2,}", bare)) - {"UTC"}
        assert words == set(), name


def test_the_session_chooses_the_language(running: Running) -> None:
    italian = running.browser.get(f"/sandbox/pay/{running.session(locale='it').id}").text
    assert '<html lang="it"' in italian and "Paga 157,80\xa0€ per finta" in italian
    english = running.browser.get(
        f"/sandbox/pay/{running.session(locale='en-GB').id}", headers={"Accept-Language": "it"}
    )
    assert '<html lang="en"' in english.text and "Pay €157.80 with pretend money" in english.text
    auto = running.browser.get(f"/sandbox/pay/{running.session().id}", headers={"Accept-Language": "it"}).text
    assert '<html lang="it"' in auto


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [(15780, "eur", "en", "€157.80"), (15780, "eur", "it", "157,80\xa0€"), (5000, "jpy", "en", "¥5,000")],
)
def test_amounts_are_written_as_people_do(amount: int, currency: str, locale: str, text: str) -> None:
    assert in_words(amount, currency, locale) == text


def test_the_fee_is_rounded_half_up() -> None:
    assert [processing_fee(amount) for amount in (50, 1000, 15780)] == [31, 59, 488]


@pytest.mark.parametrize(
    ("number", "code", "field"),
    [
        ("4000000000000002", "generic_decline", "card"),
        ("4000000000009995", "insufficient_funds", "card"),
        ("4000000000000069", "expired_card", "expiry"),
        ("4000000000000127", "incorrect_cvc", "cvc"),
        ("4012888888881881", "test_mode_live_card", "card"),
    ],
)
def test_a_decline_shows_note_field_and_code(running: Running, number: str, code: str, field: str) -> None:
    answer = running.browser.pay(running.session().id, number)
    assert answer.status_code == 402
    assert f"<code>{code}</code>" in answer.text
    assert f'id="{field}-error"' in answer.text
    assert f'value="{number}"' in answer.text, "what was typed is still there"


def test_a_real_card_is_never_kept(running: Running) -> None:
    running.browser.pay(running.session().id, "4012 8888 8888 1881")
    stored = running.sandbox.config.data_dir / "stripe-sandbox.db"
    content = stored.read_bytes() + stored.with_name("stripe-sandbox.db-wal").read_bytes()
    assert b"4012888888881881" not in content and b"4012 8888" not in content


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"card": ""}, ["card"]),
        ({"card": "4242 4242"}, ["card"]),
        ({"card": "4242424242424241"}, ["card"]),
        ({"card": "x" * 5000}, ["card"]),
        ({"card": "４２４２４２４２４２４２４２４２"}, ["card"]),
        ({"expiry": "13 / 34"}, ["expiry"]),
        ({"expiry": "01 / 20"}, ["expiry"]),
        ({"expiry": "soon"}, ["expiry"]),
        ({"cvc": "12"}, ["cvc"]),
        ({"cvc": "12345"}, ["cvc"]),
        ({"email": "anna"}, ["email"]),
        ({"email": "\ud800\0"}, ["email"]),
        ({"name": "", "line1": "x" * 300}, ["name", "line1"]),
        ({"country": "US"}, ["country"]),
        ({"shipping_rate": "shr_none"}, []),
    ],
)
def test_wrong_fields_are_named_and_nothing_is_charged(
    running: Running, fields: dict[str, str], wrong: list[str]
) -> None:
    session = running.session(customer_email=None, shipping_address_collection={"allowed_countries": ["IT"]})
    path = f"/sandbox/pay/{session.id}"
    form = hidden_and_filled(running.browser.get(path).text) | {
        "card": "4242424242424242",
        "expiry": "12/34",
        "cvc": "123",
    }
    body = {name: value.encode("utf-8", "surrogatepass") for name, value in (form | fields).items()}
    answer = running.browser.post(path, body)  # type: ignore[arg-type]
    assert answer.status_code == 422
    assert re.findall(r'id="(\w+)-error"', answer.text) == wrong
    assert running.client.v1.payment_intents.list().data == []


@pytest.mark.parametrize("expiry", ["12 / 34", "12/34", "1234", "12/2034", "1/34"])
def test_expiry_is_read_as_people_write_it(running: Running, expiry: str) -> None:
    assert running.browser.pay(running.session().id, expiry=expiry).status_code == 303


def test_test_cards_fill_the_fields_without_javascript(running: Running) -> None:
    page = running.browser.get(f"/sandbox/pay/{running.session().id}?card=4000000000009995").text
    assert 'value="4000 0000 0000 9995"' in page and 'value="12 / 34"' in page
    assert len(re.findall('aria-pressed="true"', page)) == 1
    other = running.browser.get(f"/sandbox/pay/{running.session().id}?card=<script>").text
    assert 'aria-pressed="true"' not in other and "<script>" not in other


def test_the_payment_form_needs_the_token_of_its_session(running: Running) -> None:
    session, other = running.session(), running.session()
    form = {"card": "4242424242424242", "expiry": "12/34", "cvc": "123"}
    for token in ("", "x", "\x80", running.sandbox.form_token(f"pay:{other.id}")):
        answer = running.browser.post(f"/sandbox/pay/{session.id}", form | {"token": token})
        assert answer.status_code == 403
    assert running.client.v1.charges.list().data == []


def test_what_the_shop_sends_is_escaped(running: Running) -> None:
    attack = '"><script>alert(1)</script>{{7*7}}'
    session = running.session(
        line_items=[line_item(attack, 500, description=attack)],
        custom_text={"submit": {"message": attack}},
        cancel_url='http://shop.test/"><script>',
    )
    page = running.browser.get(f"/sandbox/pay/{session.id}").text
    assert "<script>alert" not in page and "{{7*7}}" in page
    assert page.count("<script") == 1


def test_pages_carry_a_strict_policy(running: Running) -> None:
    images = [line_item("Tee", 500, images=["https://cdn.test/tee.webp"])]
    session = running.session(line_items=images)
    answer = running.browser.get(f"/sandbox/pay/{session.id}")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["img-src"] == "'self' data: https://cdn.test"
    assert policy["form-action"] == "'self' http://shop.test http://shop.test"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["Cache-Control"] == "no-store"
    assert " style=" not in answer.text and "onclick" not in answer.text


def test_the_theme_follows_the_shops_cookie(running: Running) -> None:
    path = f"/sandbox/pay/{running.session().id}"
    assert 'data-theme="dark"' in running.browser.get(path, cookies={"theme": "dark"}).text
    assert "data-theme" not in running.browser.get(path, cookies={"theme": '"><b>'}).text


def test_closed_sessions_say_so(running: Running) -> None:
    paid, expired = running.session(), running.session()
    running.browser.pay(paid.id)
    running.client.v1.checkout.sessions.expire(expired.id)
    page = running.browser.get(f"/sandbox/pay/{paid.id}")
    assert page.status_code == 200 and "This order is paid" in page.text
    assert f"/checkout/done?session_id={paid.id}" in page.text
    page = running.browser.get(f"/sandbox/pay/{expired.id}")
    assert page.status_code == 410 and "http://shop.test/checkout/cancelled?order=1001" in page.text
    missing = running.browser.get("/sandbox/pay/cs_test_none")
    assert missing.status_code == 404 and "There is no payment here" in missing.text
    assert missing.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_megabyte_is_too_much(running: Running) -> None:
    answer = running.browser.post(f"/sandbox/pay/{running.session().id}", {"card": "4" * 1_100_000})
    assert answer.status_code == 413


def test_the_receipt_of_a_charge_can_be_read(running: Running) -> None:
    running.browser.pay(running.session().id)
    charge = running.client.v1.charges.list().data[0]
    path = str(charge.receipt_url).removeprefix("http://shop.test")
    assert "€157.80 paid with the card ending in 4242" in running.browser.get(path).text
    running.client.v1.refunds.create({"charge": charge.id, "amount": 100})
    assert "Refunded: €1.00" in running.browser.get(path).text
    assert running.browser.get("/sandbox/receipts/none").status_code == 404


def test_only_the_look_is_served(running: Running) -> None:
    assert running.browser.get("/sandbox/static/css/pages/sandbox.css").status_code == 200
    for name in (
        "vendor.mjs",
        "js/core/app.js",
        "css/pages/../../../pyproject.toml",
        "vendor/css/..%2f..%2f..%2fREADME.md",
    ):
        assert running.browser.get(f"/sandbox/static/{name}").status_code == 404


def test_the_dashboard_shows_everything_and_sends_again(running: Running) -> None:
    running.browser.pay(running.session().id)
    running.client.v1.refunds.create({"charge": running.client.v1.charges.list().data[0].id})
    running.deliver()
    page = running.browser.get("/sandbox/dashboard").text
    for text in ("complete", "succeeded", "checkout.session.completed", "refund.updated", "delivered, 1 tries (200)"):
        assert text in page
    action = re.findall(r'action="(/sandbox/dashboard/events/evt_\w+/send)"', page)[0]
    assert running.browser.post(action, {"token": "x"}).status_code == 403
    sent = running.browser.post(action, hidden_and_filled(page))
    assert sent.headers["Location"] == "/sandbox/dashboard?sent=200"
    assert "The answers: 200." in running.browser.get("/sandbox/dashboard?sent=200").text
    assert len(running.inbox.bodies) == 5
    assert running.browser.get("/sandbox/dashboard?sent=<b>").status_code == 200


@pytest.mark.parametrize("hops", ["203.0.113.5", "203.0.113.5, 127.0.0.1", "127.0.0.1, 203.0.113.5", "nonsense"])
def test_the_dashboard_stays_on_the_machine(running: Running, hops: str) -> None:
    answer = running.browser.get("/sandbox/dashboard", headers={"X-Forwarded-For": hops})
    assert answer.status_code == 403
    page = running.browser.get(f"/sandbox/pay/{running.session().id}", headers={"X-Forwarded-For": hops})
    assert "/sandbox/dashboard" not in page.text


def test_the_dashboard_can_be_opened_on_purpose(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, dashboard_open=True) as running:
        answer = running.browser.get("/sandbox/dashboard", headers={"X-Forwarded-For": "203.0.113.5"})
        assert answer.status_code == 200


def test_pictures_of_the_shop_are_asked_for_by_path(running: Running) -> None:
    items: list[Any] = [line_item("Tee", 500, images=["http://shop.test/media/img_1/160.webp"])]
    page = running.browser.get(f"/sandbox/pay/{running.session(line_items=items).id}").text
    assert 'src="/media/img_1/160.webp"' in page
