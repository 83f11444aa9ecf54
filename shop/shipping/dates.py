"""When a parcel leaves."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5


def dispatch_on(at: datetime, working_days: int, *, zone: str) -> date:
    """The day by which a brand promises to send a parcel ordered now; Saturdays and Sundays do not count."""
    day = at.astimezone(ZoneInfo(zone)).date()
    for _ in range(working_days):
        day += timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
    return day
