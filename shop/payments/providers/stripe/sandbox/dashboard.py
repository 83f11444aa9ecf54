"""The developer's page: what the sandbox remembers, and "send again" for events."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shop.payments.providers.stripe.sandbox.frame import draw, finish, may_see_dashboard, sandbox
from shop.payments.providers.stripe.sandbox.pages import notice
from shop.payments.providers.stripe.sandbox.store import Transaction

bp = Blueprint("dashboard", __name__, url_prefix="/sandbox/dashboard")
ROWS = 25


@bp.after_request
def _finish(response: Response) -> Response:
    return finish(response)


@bp.before_request
def _guard() -> tuple[str, int] | None:
    if may_see_dashboard():
        return None
    return notice(None, "dashboard_closed_title", "dashboard_closed_text"), 403


@bp.get("")
def show() -> str:
    with sandbox().unit() as unit:
        events = unit.tx.where("event", limit=2 * ROWS)
        return draw(
            "dashboard.html",
            None,
            sessions=unit.tx.where("checkout.session", limit=ROWS),
            intents=unit.tx.where("payment_intent", limit=ROWS),
            refunds=unit.tx.where("refund", limit=ROWS),
            events=events,
            deliveries=_deliveries(unit.tx, [event["id"] for event in events]),
            now=datetime.fromtimestamp(unit.now, UTC),
            sent=_statuses(request.args.get("sent")),
            token=sandbox().form_token("dashboard"),
        )


@bp.post("/events/<ref>/send")
def send_again(ref: str) -> BaseResponse:
    if not sandbox().token_fits("dashboard", request.form.get("token", "")):
        abort(403)
    with sandbox().store.transaction() as tx:
        if tx.find("event", ref) is None:
            abort(404)
    statuses = sandbox().deliverer.send_again(ref)
    return redirect(url_for("dashboard.show", sent=",".join(map(str, statuses)) or "none"), 303)


def _statuses(text: str | None) -> list[int] | None:
    """`?sent=200,0` → `[200, 0]`; anything else is ignored."""
    if text is None:
        return None
    parts = text.split(",")
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 4]


def _deliveries(tx: Transaction, events: list[str]) -> dict[str, list[dict[str, object]]]:
    marks = ", ".join("?" for _ in events)
    found: dict[str, list[dict[str, object]]] = {}
    for row in tx.execute(f"SELECT * FROM delivery WHERE event_id IN ({marks}) ORDER BY id", *events).fetchall():
        found.setdefault(row["event_id"], []).append(dict(row))
    return found
