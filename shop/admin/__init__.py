"""For the operator: outbox, staff pages."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Routes, socket commands, subscriptions and jobs of this feature."""
