"""Live video: grants, the engine behind them, what it reports."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Routes, socket commands, subscriptions and jobs of this feature."""
