"""An event's time for people: in their own zone and in the shop's, and how long it still is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_datetime as format_in_zone
from babel.dates import get_timezone_location
from flask_babel import format_datetime, get_timezone

from shop.core.i18n import get_locale, ngettext

DAY, HOUR, MINUTE = 86400, 3600, 60


@dataclass(frozen=True, kw_only=True)
class Times:
    """`long` in the visitor's zone, `original` says the shop's zone (with its own hour where that differs)."""

    at: datetime
    weekday: str
    day: str
    long: str
    original: str


def times_of(at: datetime, home_zone: str) -> Times:
    """The same instant for the visitor and for the shop."""
    locale = get_locale() or "en"
    place = get_timezone_location(home_zone, locale=locale)
    home = at.astimezone(ZoneInfo(home_zone))
    visitor = at.astimezone(get_timezone())
    there = format_in_zone(home, "EEE d MMM, HH:mm", tzinfo=ZoneInfo(home_zone), locale=locale)
    long = format_datetime(at, "EEEE d MMMM, HH:mm")
    return Times(
        at=at,
        weekday=format_datetime(at, "EEE"),
        day=format_datetime(at, "d"),
        long=long[:1].upper() + long[1:],
        original=place if home.utcoffset() == visitor.utcoffset() else f"{there} · {place}",
    )


@dataclass(frozen=True, kw_only=True)
class Left:
    """How long it still is, in two numbers: days and hours, and in the last hour minutes alone."""

    parts: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, time: timedelta) -> Left:
        seconds = int(time.total_seconds())
        days, hours = seconds // DAY, seconds % DAY // HOUR
        if seconds < HOUR:
            minutes = -(-seconds // MINUTE)
            return cls(parts=((minutes, str(ngettext("minute", "minutes", minutes))),))
        hour_part = (hours, str(ngettext("hour", "hours", hours)))
        return cls(parts=((days, str(ngettext("day", "days", days))), hour_part) if days else (hour_part,))
