"""Forms, headers, redirects, fan-out, logs: hostile input gets an answer and nothing leaks."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from shop.core import ids, logs
from shop.core.errors import InvalidInput
from shop.core.fanout import PURPOSE
from shop.core.forms import Input, Line, MinorUnits, Quantity, parse, parse_form
from shop.core.logs import hide_secrets
from shop.core.settings import Settings
from shop.core.web import local_path
from tests.support.recording import Recorder


class Basket(Input):
    name: Line
    quantity: Quantity
    price: MinorUnits = 0


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": "x"}, "quantity"),
        ({"name": "x", "quantity": 0}, "quantity"),
        ({"name": "x", "quantity": -1}, "quantity"),
        ({"name": "x", "quantity": 10**400}, "quantity"),
        ({"name": "x", "quantity": 1.5}, "quantity"),
        ({"name": "x", "quantity": float("nan")}, "quantity"),
        ({"name": "x", "quantity": float("inf")}, "quantity"),
        ({"name": "x", "quantity": True}, "quantity"),
        ({"name": "x", "quantity": "2"}, "quantity"),
        ({"name": "x", "quantity": [1]}, "quantity"),
        ({"name": "x", "quantity": None}, "quantity"),
        ({"name": "x\x00", "quantity": 1}, "name"),
        ({"name": "x\ud800", "quantity": 1}, "name"),
        ({"name": "a\nb", "quantity": 1}, "name"),
        ({"name": "   ", "quantity": 1}, "name"),
        ({"name": "x" * 1_000_000, "quantity": 1}, "name"),
        ({"name": {"a": 1}, "quantity": 1}, "name"),
        ({"name": "x", "quantity": 1, "price": -1}, "price"),
        ({"name": "x", "quantity": 1, "total": 5}, "total"),
        ({"name": "x", "quantity": 1, "\ud800": 5}, "form"),
    ],
)
def test_each_wrong_value_names_its_field(app: Flask, data: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(Basket, data, strict=True)
    assert next(iter(refused.value.fields)) == field
    assert refused.value.fields[field]
    orjson.dumps(refused.value.as_json())


@pytest.mark.parametrize("data", [None, 5, "text", [], [1, 2]])
def test_payloads_that_are_no_objects_are_refused(app: Flask, data: Any) -> None:
    with pytest.raises(InvalidInput):
        parse(Basket, data, strict=True)


@pytest.mark.parametrize("quantity", ["1e309", "0x1", "1.5", "", "NaN", "１" * 300, "9" * 5000])
def test_forms_refuse_what_is_no_whole_number(app: Flask, quantity: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_form(Basket, MultiDict({"name": "x", "quantity": quantity}))
    assert "quantity" in refused.value.fields


def test_a_field_sent_twice_is_refused(app: Flask) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_form(Basket, MultiDict([("name", "x"), ("quantity", "1"), ("quantity", "2")]))
    assert "quantity" in refused.value.fields


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
        "",
        None,
        "\\x",
        "/\tx",
    ],
)
def test_redirects_stay_on_this_site(target: str | None) -> None:
    assert local_path(target, "/home") == "/home"


def test_a_local_path_is_kept() -> None:
    assert local_path("/live/show?at=5#x", "/") == "/live/show?at=5#x"


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    headers = client.get("/healthz").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Request-Id"]
    assert "Werkzeug" not in headers.get("Server", "")


def signed(settings: Settings, body: bytes, stamp: str) -> dict[str, str]:
    return {"X-Stamp": stamp, "X-Signature": ids.sign(settings.secret_key, PURPOSE, stamp + body.decode())}


def test_fan_out_takes_signed_news_only(client: FlaskClient, settings: Settings, sent: Recorder) -> None:
    body = orjson.dumps({"emit": "pin.added", "payload": {"a": 1}, "channel": "room:1"})
    now = str(int(time.time()))
    assert client.post("/hooks/fanout", data=body, headers=signed(settings, body, now)).status_code == 204
    assert sent == [("pin.added", {"a": 1}, "room:1")]
    old = str(int(time.time()) - 60)
    for headers in ({}, signed(settings, b"other", now), signed(settings, body, old)):
        assert client.post("/hooks/fanout", data=body, headers=headers).status_code == 403
    assert len(sent) == 1


def test_logs_hide_what_is_secret() -> None:
    line = hide_secrets(
        None,
        "info",
        {
            "event": "x",
            "password": "p",
            "stream_key": "k",
            "url": "/media-live/ingest/abc.def/chunks/1",
            "note": "sk_live_abc123",
        },
    )
    assert line["password"] == line["stream_key"] == "[hidden]"
    assert line["url"] == "/media-live/ingest/[hidden]/chunks/1"
    assert line["note"] == "sk_live_[hidden]"


def test_tracebacks_show_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "console")
    try:
        password = "correct horse"
        raise RuntimeError("no such luck")
    except RuntimeError:
        structlog.get_logger().exception("failed")
    written = capsys.readouterr().err
    assert "no such luck" in written
    assert password not in written.replace('password = "correct horse"', "")
