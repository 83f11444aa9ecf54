"""The queue as a part of the studio."""

from __future__ import annotations

from flask import Blueprint, render_template

from livestream.questions import queries
from livestream.rooms.models import StreamState
from livestream.rooms.policy import MODERATORS, can_run_stream
from livestream.rooms.queries import get_head
from shop.core import clock, web
from shop.core.errors import NotFound, require
from shop.core.policy import crew, policy
from shop.messaging.views import waiting_text

bp = Blueprint("questions", __name__, url_prefix="/dashboard/<brand_slug>/streams/<slug>/questions")


@bp.get("")
@policy(crew(*MODERATORS))
def show(brand_slug: str, slug: str) -> str:
    """The list alone; the studio puts it into its tab, and asks again at `questions.changed`."""
    session = web.read_session()
    head = get_head(session, slug=slug)
    require(head.brand.id == web.membership().brand_id, NotFound)
    questions = queries.list_waiting(session, room=head.room, currency=web.settings().default_currency)
    return render_template(
        "questions/_list.html",
        questions=questions,
        waits={one.question_id: int((clock.now() - one.at).total_seconds()) // 60 for one in questions},
        waiting_text=waiting_text,
        can_pin=head.stream.state == StreamState.LIVE and can_run_stream(web.actor(), head.brand.id),
        is_live=head.stream.state == StreamState.LIVE,
    )
