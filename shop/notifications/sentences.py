"""What a notice says, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shop.core.i18n import LOCALES, day_and_time, gettext, money, number, pick
from shop.core.money import Money
from shop.core.notices import NoticeKind


class Words(dict[str, str]):
    """A place that the data lacks stays empty: an old notice must never break a page."""

    def __missing__(self, _name: str) -> str:
        return ""


def title_of(kind: NoticeKind, data: Mapping[str, Any], count: int = 1) -> str:
    """The sentence of one notice, or of `count` open ones of a group."""
    sentence = kind.many if count > 1 and kind.many else kind.title
    return _filled(sentence, data, count)


def text_of(kind: NoticeKind, data: Mapping[str, Any]) -> str:
    """The line below the title; often empty."""
    return _filled(kind.text, data, 1) if kind.text else ""


def _filled(sentence: str, data: Mapping[str, Any], count: int) -> str:
    words = Words({name: _shown(name, value) for name, value in data.items()})
    words["count"] = number(count)
    text = str(gettext(sentence))
    # flask-babel formats only when given places; without "%(" a lone per cent sign stays what it is.
    return text % words if "%(" in text else text


def _shown(name: str, value: Any) -> str:
    if isinstance(value, Mapping) and set(value) == {"amount", "currency"}:
        return money(Money(int(value["amount"]), str(value["currency"])))
    if isinstance(value, Mapping):
        return pick({locale: str(value[locale]) for locale in LOCALES if locale in value})
    if name.endswith("_at") and isinstance(value, str):
        return _instant(value)
    return str(value)


def _instant(value: str) -> str:
    try:
        return day_and_time(datetime.fromisoformat(value))
    except ValueError:
        return value
