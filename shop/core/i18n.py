"""Languages, zones and formats. English is the catalogue's key language; Italian is complete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path

from babel import Locale, numbers
from babel.dates import get_timezone
from babel.support import NullTranslations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, format_datetime, get_locale, get_translations, gettext, ngettext

from shop.core import clock
from shop.core.errors import N_, ShopError
from shop.core.money import EXPONENTS, Money

LOCALES = ("en", "it")
LOCALE_COOKIE = "locale"
ZONE_COOKIE = "tz"
TRANSLATIONS = Path(__file__).parent / "translations"


def init_app(app: Flask, *, default_locale: str, default_zone: str) -> None:
    Babel(
        app,
        default_locale=default_locale,
        default_timezone=default_zone,
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=lambda: choose_locale(default_locale),
        timezone_selector=lambda: choose_zone(default_zone),
    )
    _quicken_templates(app)


def _quicken_templates(app: Flask) -> None:
    """Look a page's catalogue up by its language alone.

    A page draws hundreds of strings; Flask-Babel looks through the context several times for each, which was a
    quarter of the time of a product page.
    """
    catalogues: dict[str, NullTranslations] = {}

    def catalogue() -> NullTranslations:
        language = _language()
        if language is None:
            return NullTranslations()
        found = catalogues.get(language)
        if found is None:
            found = catalogues[language] = get_translations()
        return found

    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by jinja2.ext.i18n
        gettext=lambda text: catalogue().gettext(text),
        ngettext=lambda one, many, count: catalogue().ngettext(one, many, count),
        pgettext=lambda context, text: catalogue().pgettext(context, text),
        npgettext=lambda context, one, many, count: catalogue().npgettext(context, one, many, count),
        newstyle=True,
    )


def choose_locale(default: str) -> str:
    """What the visitor picked, else what the browser asks for, else the shop's default."""
    if not has_request_context():
        return default
    picked = request.cookies.get(LOCALE_COOKIE)
    if picked in LOCALES:
        return picked
    return request.accept_languages.best_match(LOCALES, default) or default


def choose_zone(default: str) -> str:
    """The browser's own zone once it told us; anything that is no zone is the default."""
    wanted = request.cookies.get(ZONE_COOKIE, "") if has_request_context() else ""
    try:
        get_timezone(wanted or default)
    except (LookupError, ValueError):
        return default
    return wanted or default


def locale_code() -> str:
    """`en` or `it`."""
    return _language() or "en"


def _language() -> str | None:
    """The language of this context, None outside of one; read where Flask-Babel keeps it once it was chosen."""
    try:
        kept = g._get_current_object().__dict__.get("_flask_babel")
    except RuntimeError:
        return None
    locale: Locale | None = getattr(kept, "babel_locale", None) or get_locale()
    return locale.language if locale else None


def pick(texts: Mapping[str, str] | None) -> str:
    """The text in the visitor's language, else English, else whatever there is."""
    if not texts:
        return ""
    return texts.get(locale_code()) or texts.get("en") or next(iter(texts.values()), "")


def money(value: Money) -> str:
    """An amount for people: `€89.00`, `89,00 €`."""
    return _money(value.amount, value.currency, locale_code())


@lru_cache(maxsize=4096)
def _money(amount: int, currency: str, locale: str) -> str:
    return numbers.format_currency(amount / 10 ** EXPONENTS[currency], currency, locale=locale)


def number(value: int) -> str:
    """Counts in full with grouping up to 99,999, then `128K` / `128 mila` (one rule on server and client)."""
    return _number(value, locale_code())


@lru_cache(maxsize=4096)
def _number(value: int, locale: str) -> str:
    if value < 100_000:
        return numbers.format_decimal(value, locale=locale)
    thousands = numbers.format_decimal(value // 1000, locale=locale)
    return f"{thousands} mila" if locale == "it" else f"{thousands}K"


def day_and_time(at: datetime) -> str:
    """`Tomorrow, 20:30`, `Thu 26 Nov, 20:30`: near days in words."""
    local = at.astimezone(_zone())
    days = (local.date() - clock.now().astimezone(_zone()).date()).days
    hour = format_datetime(at, "HH:mm")
    names = {0: gettext("Today"), 1: gettext("Tomorrow"), -1: gettext("Yesterday")}
    day = names.get(days) or format_datetime(at, "EEE d MMM")
    return f"{day}, {hour}"


def local_hour() -> int:
    """The hour of the day where the visitor is."""
    return clock.now().astimezone(_zone()).hour


def zone_name() -> str:
    """The visitor's time zone, as in `Europe/Rome`."""
    return str(_zone())


def _zone() -> tzinfo:
    from flask_babel import get_timezone as current_zone

    return current_zone() or UTC


def error_text(error: ShopError) -> str:
    """The error's sentence in the visitor's language, with amounts and numbers formatted."""
    shown = {
        key: money(item) if isinstance(item, Money) else number(item) if isinstance(item, int) else item
        for key, item in error.data.items()
    }
    text = str(gettext(error.message))
    return text % shown if shown and "%(" in text else text


__all__ = [
    "LOCALES",
    "N_",
    "day_and_time",
    "error_text",
    "get_locale",
    "gettext",
    "init_app",
    "locale_code",
    "money",
    "ngettext",
    "number",
    "pick",
]
