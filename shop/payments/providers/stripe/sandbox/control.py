"""The control API for tests and demos: arm faults, move the clock, send events again.

Only from this machine, straight to the sandbox's own port, with SANDBOX_CONTROL_TOKEN as a bearer token when it is set.
Bodies are JSON, which no web page can send here without asking first.
"""

from __future__ import annotations

import hmac
import math
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from shop.payments.providers.stripe.sandbox.local import is_direct
from shop.payments.providers.stripe.sandbox.sandbox import Sandbox

bp = Blueprint("control", __name__, url_prefix="/_control")
LONGEST_LEAP = 10 * 365 * 86_400


class BadControl(ValueError):
    """The request makes no sense; its text says why."""


@bp.errorhandler(BadControl)
def _bad(problem: BadControl) -> tuple[Response, int]:
    return jsonify(ok=False, error=str(problem)), 400


@bp.before_request
def _guard() -> tuple[Response, int] | None:
    token = _sandbox().config.control_token
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not is_direct(request) or (token and not hmac.compare_digest(token.encode(), shown.encode())):
        return jsonify(ok=False, error="only from this machine, with the control token"), 403
    if request.method == "POST" and request.mimetype != "application/json":
        return jsonify(ok=False, error="send JSON"), 415
    return None


def _sandbox() -> Sandbox:
    sandbox: Sandbox = current_app.extensions["sandbox"]
    return sandbox


def _given(allowed: dict[str, type | tuple[type, ...]]) -> dict[str, Any]:
    """The body, with known fields of the right type only."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or set(body) - set(allowed):
        raise BadControl(f"a JSON object with the fields {', '.join(allowed) or 'none'} is needed")
    for name, value in body.items():
        if not isinstance(value, allowed[name]) or isinstance(value, bool):
            raise BadControl(f"{name} has the wrong type")
        if isinstance(value, float) and not math.isfinite(value):
            raise BadControl(f"{name} must be a number")
    return body


@bp.get("/faults")
def list_faults() -> Response:
    return jsonify(ok=True, faults=_sandbox().faults.listing())


@bp.post("/faults")
def arm_fault() -> Response:
    """`{"kind": "drop", "count": 2, "seconds": 0, "match": "checkout.session"}`"""
    given = _given({"kind": str, "count": int, "seconds": (int, float), "match": str})
    try:
        _sandbox().faults.arm(
            given.get("kind", ""),
            count=given.get("count", 1),
            seconds=float(given.get("seconds", 0)),
            match=given.get("match", ""),
        )
    except ValueError as problem:
        raise BadControl(str(problem)) from problem
    return list_faults()


@bp.delete("/faults")
def clear_faults() -> Response:
    _sandbox().faults.clear()
    return list_faults()


@bp.get("/clock")
def show_clock() -> Response:
    clock = _sandbox().clock
    return jsonify(ok=True, now=clock.now(), forward_seconds=clock.offset)


@bp.post("/clock")
def move_clock() -> Response:
    """`{"forward_seconds": 1860}`; never back."""
    seconds = _given({"forward_seconds": (int, float)}).get("forward_seconds", 0)
    if not 0 <= seconds <= LONGEST_LEAP:
        raise BadControl("forward_seconds must be from 0 to ten years")
    _sandbox().forward(float(seconds))
    return show_clock()


@bp.post("/deliver")
def deliver() -> Response:
    """Send what is due now and answer when it is sent."""
    _given({})
    _sandbox().tick()
    return jsonify(ok=True, sent=_sandbox().deliverer.deliver_due())


@bp.post("/events/<event_id>/send")
def send_again(event_id: str) -> tuple[Response, int] | Response:
    _given({})
    with _sandbox().store.transaction() as tx:
        if tx.find("event", event_id) is None:
            return jsonify(ok=False, error="no such event"), 404
    return jsonify(ok=True, statuses=_sandbox().deliverer.send_again(event_id))


@bp.get("/deliveries")
def list_deliveries() -> Response:
    """The last hundred, newest first."""
    with _sandbox().store.transaction() as tx:
        rows = tx.execute("SELECT * FROM delivery ORDER BY id DESC LIMIT 100").fetchall()
    return jsonify(ok=True, deliveries=[dict(row) for row in rows])
