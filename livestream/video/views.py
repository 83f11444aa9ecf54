"""Grants to watch and to send, for the room's player and the studio's publisher."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from livestream.rooms import policy
from livestream.rooms.models import StreamState
from livestream.rooms.queries import get_stream, get_visible_head
from livestream.rooms.snapshot import check_entry
from livestream.video import service
from shop.core import web
from shop.core.errors import NotFound, require
from shop.core.events import plain
from shop.core.policy import PUBLIC, crew
from shop.core.policy import policy as declare

bp = Blueprint("video", __name__)
PLAYABLE = frozenset({StreamState.LIVE, StreamState.ENDED, StreamState.REPLAY})


@bp.get("/live/<slug>/playback")
@declare(PUBLIC)
def playback(slug: str) -> Response:
    """Ways to watch a live stream or its replay, best first; the player asks again before they expire."""
    session = web.read_session()
    head = get_visible_head(session, actor=web.actor(), slug=slug)
    check_entry(session, head=head, actor=web.actor())
    require(head.stream.state in PLAYABLE, NotFound)
    grants = [
        {"kind": grant.kind.value, "url": grant.url, "expires_at": grant.expires_at}
        for grant in service.playback_grants(stream=head.stream)
    ]
    return _private({"ok": True, "grants": plain(grants)})


def _private(body: dict[str, object]) -> Response:
    """Grants are for this browser and this minute."""
    answer = jsonify(body)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/dashboard/<brand_slug>/streams/<slug>/ingest")
@declare(crew(*policy.ON_STAGE))
def ingest(brand_slug: str, slug: str) -> Response:
    """Leave to send pictures, for one start within a minute. The stream must be live."""
    stream = get_stream(web.read_session(), brand_id=web.membership().brand_id, slug=slug)
    grant = service.ingest_grant(web.read_session(), actor=web.actor(), stream=stream)
    shown = {"kind": grant.kind.value, "url": grant.url, "token": grant.token, "expires_at": grant.expires_at}
    return _private({"ok": True, "grant": plain(shown)})
