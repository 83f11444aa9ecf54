"""What is said in a room, and moderation."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Socket commands, the chat's part of the snapshot, the ban at the door."""
    from livestream.chat import pace, queries, realtime  # noqa: F401  (commands register at import)
    from livestream.rooms.snapshot import PARTS

    pace.buckets.clear()
    PARTS.talk = queries.load_talk
    PARTS.check_entry = queries.check_entry
