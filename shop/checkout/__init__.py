"""From bag to paid order: hold first, then the payment page."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Routes, socket commands, subscriptions and jobs of this feature."""
