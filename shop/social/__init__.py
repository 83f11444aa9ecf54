"""People and whom they know: follows, friends, blocks, circles, and who may see what of whom."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Nothing but tables and questions yet; pages register here."""
