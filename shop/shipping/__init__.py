"""What a brand asks for sending a parcel."""

from __future__ import annotations

from babel import Locale
from flask import Flask
from flask_babel import format_date, get_locale


def register(app: Flask) -> None:
    """Filters that name a day (`Thu 26 Nov`) and a country in the visitor's language."""
    app.jinja_env.filters["weekday"] = lambda day: format_date(day, "EEE d MMM")
    app.jinja_env.filters["country"] = country_name


def country_name(code: str) -> str:
    """`IT` as `Italy` or `Italia`; a code nobody knows stays a code."""
    locale = get_locale() or Locale("en")
    return str(locale.territories.get(code, code))
