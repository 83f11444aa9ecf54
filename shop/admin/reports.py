"""Messages that people reported, for the platform's staff: the reported words, never the rest of the thread."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import aliased

from shop.accounts.models import Account
from shop.core import db, web
from shop.core.forms import Input, parse_form
from shop.core.policy import STAFF, policy
from shop.messaging import service
from shop.messaging.models import Message, MessageReport

bp = Blueprint("reports", __name__, url_prefix="/admin/reports")
ROWS = 100


class DecideForm(Input):
    """What becomes of the message."""

    outcome: Literal["removed", "kept"]


@bp.get("")
@policy(STAFF)
def index() -> str:
    """Open ones, oldest first."""
    writer, reporter = aliased(Account), aliased(Account)
    rows = web.read_session().execute(
        select(MessageReport, writer.display_name.label("writer"), reporter.display_name.label("reporter"))
        .join(Message, Message.id == MessageReport.message_id)
        .join(writer, writer.id == Message.author_id)
        .join(reporter, reporter.id == MessageReport.by_account_id)
        .where(MessageReport.closed_at.is_(None))
        .order_by(MessageReport.id)
        .limit(ROWS)
    )
    return render_template("admin/reports.html", rows=rows.all())


@bp.post("/<report_id>")
@policy(STAFF)
def decide(report_id: str) -> Any:
    """Remove the message, or keep it."""
    form = parse_form(DecideForm, request.form)
    with db.unit_of_work() as session:
        service.close_report(session, actor=web.actor(), report_id=report_id, remove=form.outcome == "removed")
    return redirect(url_for("reports.index"), 303)
