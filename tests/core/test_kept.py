"""Parts that are drawn once: kept by what they show, never by whom they are shown to."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from flask import Flask
from flask_babel import force_locale
from jinja2 import DictLoader
from markupsafe import Markup

from shop.core import templating


@dataclass(frozen=True, kw_only=True)
class Card:
    words: str
    left: int


@pytest.fixture
def parts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    texts = {
        "card.html": "{{ card.words }}: {{ card.left }} {{ token }} {{ _('Close') }}",
        "menu.html": "<b>{{ _('Close') }} {{ host }}</b>",
    }
    monkeypatch.setattr(app.jinja_env, "loader", DictLoader(texts))
    monkeypatch.setattr(app.jinja_env, "cache", {})
    monkeypatch.setattr(app.jinja_env, "auto_reload", False)
    monkeypatch.setattr(templating, "_views", {})
    monkeypatch.setattr(templating, "_parts", {})
    return app


def draw(left: int, token: str, words: str = "Shoe") -> Markup:
    return templating.kept_view("card.html", late={"token": token}, card=Card(words=words, left=left))


def test_same_view_is_drawn_once_and_each_visitor_gets_the_own_token(parts: Flask) -> None:
    with parts.test_request_context("/"):
        assert draw(3, "mine") == "Shoe: 3 mine Close"
        assert draw(3, "yours") == "Shoe: 3 yours Close"
        assert len(templating._views) == 1


def test_what_a_view_shows_is_its_key(parts: Flask) -> None:
    with parts.test_request_context("/"):
        assert draw(3, "t") == "Shoe: 3 t Close"
        assert draw(2, "t") == "Shoe: 2 t Close"
        with force_locale("it"):
            assert draw(2, "t") == "Shoe: 2 t Chiudi"
        assert len(templating._views) == 3


def test_late_values_are_escaped(parts: Flask) -> None:
    with parts.test_request_context("/"):
        assert "&lt;i&gt;" in draw(1, "<i>")


def test_a_products_text_cannot_ask_for_the_token(parts: Flask) -> None:
    with parts.test_request_context("/"):
        for words in ("token", "\ue000token\ue001", "{{ token }}"):
            assert str(draw(1, "secret", words)).count("secret") == 1


def test_old_views_make_room(parts: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templating, "KEPT_VIEWS", 2)
    with parts.test_request_context("/"):
        for left in range(5):
            draw(left, "t")
        assert len(templating._views) == 2


def test_parts_are_kept_by_language_and_words(parts: Flask) -> None:
    with parts.test_request_context("/"):
        assert templating.kept_part(parts, "menu.html", host="<Ann>") == "<b>Close &lt;Ann&gt;</b>"
        with force_locale("it"):
            assert templating.kept_part(parts, "menu.html", host="Ben") == "<b>Chiudi Ben</b>"
        assert len(templating._parts) == 2


def test_script_json_says_the_same_as_tojson_and_ends_no_element(parts: Flask) -> None:
    value = {"text": "</script><!-- & 'x' \u2028 è", "n": [1, 2.5, None, True]}
    drawn = str(templating.script_json(value))
    assert json.loads(drawn) == value
    assert not set("<>&'") & set(drawn)
