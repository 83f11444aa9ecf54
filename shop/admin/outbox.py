"""The outbox: mail of a development shop, readable in the browser instead of being sent.

It holds links that open accounts, so it exists only where no mail is really sent and never in production.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template

from shop.core import web
from shop.core.errors import NotFound, require
from shop.core.mail import Mail, outbox
from shop.core.policy import PUBLIC, policy

bp = Blueprint("outbox", __name__)

# The mail's own styles may apply; nothing in it may run, load or be framed.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups; frame-ancestors 'none'"


@dataclass(frozen=True)
class Piece:
    """A run of text, or a link of this shop as a path (so that it works from a phone too)."""

    text: str
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One mail of the list."""

    mail_id: str
    to: str
    subject: str
    at: datetime
    pieces: list[Piece]


def has_outbox() -> bool:
    """Only where mail is kept instead of sent."""
    settings = web.settings()
    return settings.env != "production" and not settings.smtp_url


@bp.get("/outbox")
@policy(PUBLIC)
def index() -> str:
    """The last fifty mails, newest first."""
    require(has_outbox(), NotFound)
    return render_template("admin/outbox.html", mails=[_shown(mail) for mail in outbox(web.read_session())])


@bp.get("/outbox/<mail_id>")
@policy(PUBLIC)
def as_html(mail_id: str) -> Response:
    """One mail as its reader sees it."""
    require(has_outbox(), NotFound)
    mail = web.read_session().get(Mail, mail_id)
    if mail is None:
        raise NotFound
    answer = Response(mail.html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = MAIL_POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _shown(mail: Mail) -> Shown:
    return Shown(
        mail_id=mail.id, to=mail.to_address, subject=mail.subject, at=mail.created_at, pieces=with_links(mail.text)
    )


def with_links(text: str) -> list[Piece]:
    """Cut a text at its addresses of this shop."""
    base = web.settings().base_url
    pieces = []
    for part in re.split(r"(https?://\S+)", text.strip()):
        here = part.startswith(base + "/")
        target = urlsplit(part) if here else None
        pieces.append(Piece(part, (target.path + (f"?{target.query}" if target.query else "")) if target else ""))
    return [piece for piece in pieces if piece.text]
