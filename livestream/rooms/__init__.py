"""Streams and their rooms: state, snapshot, sequence, presence."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Routes, socket commands and the web process's pulse."""
    from livestream.rooms import company, presence, pulse, realtime, service, verify, views  # noqa: F401  (invariants register at import)
    from shop.core.realtime import on_leave
    from shop.social import watching

    presence.forget_all()
    on_leave(realtime.forget_socket)
    company.forget_all()
    watching.fill(company.whereabouts)
    service.HOOKS.on_ending(company.tell_over)
    pulse.every(company.SECONDS, company.tell_company)
    pulse.every(pulse.COUNT_SECONDS, pulse.count_viewers)
    app.register_blueprint(views.bp)
