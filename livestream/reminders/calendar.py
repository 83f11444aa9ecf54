"""An event as a calendar file (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from livestream.reminders.news import event_path
from livestream.rooms.models import StreamState
from livestream.rooms.queries import RoomHead
from shop.core import clock
from shop.core.i18n import pick

# Nobody plans an end; an hour keeps the evening free.
LENGTH = timedelta(hours=1)
LINE_BYTES = 75


def calendar_file(head: RoomHead, *, base_url: str) -> str:
    """One event with an alarm 10 minutes before; the same UID each time, so that a new file replaces the old entry."""
    stream = head.stream
    assert stream.starts_at is not None  # Only planned streams have a file.
    url = base_url + event_path(stream.slug)
    title = f"{pick(stream.title)} · {head.brand.name}"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Vetrina//Events//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{stream.id}@{urlsplit(base_url).hostname}",
        f"DTSTAMP:{_stamp(clock.now())}",
        f"DTSTART:{_stamp(stream.starts_at)}",
        f"DTEND:{_stamp(stream.starts_at + LENGTH)}",
        f"SUMMARY:{_text(title)}",
        f"DESCRIPTION:{_text(pick(stream.description) or title)}",
        f"URL:{url}",
        f"STATUS:{'CANCELLED' if stream.state == StreamState.CANCELLED else 'CONFIRMED'}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT10M",
        f"DESCRIPTION:{_text(title)}",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    """A line break, comma or semicolon in a title must not become a field of its own."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(escaped.splitlines())


def _folded(line: str) -> list[str]:
    """At most 75 bytes a line, never inside a character; what goes on begins with a space."""
    parts, current = [], ""
    for character in line:
        if len((current + character).encode()) > LINE_BYTES:
            parts.append(current)
            current = " "
        current += character
    return [*parts, current]
