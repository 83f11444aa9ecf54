"""The replay page: the recording with its pins as chapters, today's price and stock, and the chat as it was."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from livestream.replays.queries import Position, Replay, load_replay
from livestream.rooms.models import Stream, StreamState
from livestream.rooms.queries import get_visible_head
from livestream.video import engines
from livestream.video.provider import EngineError
from shop.core import web
from shop.core.events import plain
from shop.core.policy import PUBLIC, policy

bp = Blueprint("replays", __name__)
LONGEST_SECONDS = 48 * 3600


@bp.get("/replay/<slug>")
@policy(PUBLIC)
def show(slug: str) -> ResponseReturnValue:
    """The page; a stream that is still to come or on air leads to its room."""
    head = get_visible_head(web.read_session(), actor=web.actor(), slug=slug)
    if head.stream.state not in {StreamState.ENDED, StreamState.REPLAY}:
        return redirect(url_for("rooms.show_room", slug=slug), 303)
    position = _position_in_recording(head.stream.id)
    replay = _load(slug, position)
    if "application/json" in request.headers.get("Accept", ""):
        return jsonify(done=replay.is_ready, url=url_for("replays.show", slug=slug))
    start = min(_asked_second(head.stream, position), replay.duration_seconds)
    return render_template("live/replay.html", replay=replay, head=replay.head, data=page_data(replay, start=start))


def _asked_second(stream: Stream, position: Position | None) -> int:
    """`?t=83`, a second of the recording; or `?show=83`, a second of the show, from a link made while it was on air."""
    show = request.args.get("show", type=_whole_seconds)
    if show is not None and stream.live_at is not None:
        return position(stream.live_at + timedelta(seconds=show)) if position else show
    return request.args.get("t", type=_whole_seconds) or 0


def _whole_seconds(text: str) -> int:
    """Raises ValueError, which `request.args` takes as not asked."""
    found = int(text)
    if not 0 <= found <= LONGEST_SECONDS:
        raise ValueError(text)
    return found


def _load(slug: str, position: Position | None) -> Replay:
    return load_replay(
        web.read_session(),
        slug=slug,
        actor=web.actor(),
        currency=web.settings().default_currency,
        position=position,
    )


def _position_in_recording(stream_id: str) -> Position | None:
    """Instants of the show as seconds of the recording; without a recording, seconds of the show."""
    try:
        recording = engines.engine().recording(stream_id)
    except EngineError:
        return None
    if not recording.spans:
        return None
    return lambda at: int(recording.position_of(at).total_seconds())


def page_data(replay: Replay, *, start: int = 0) -> dict[str, object]:
    """What the page's script needs: where to start, where chapters begin and when each message was said."""
    return {
        "start": start,
        "duration": replay.duration_seconds,
        "chapters": [
            {"at": chapter.at_seconds, "slug": chapter.product.slug, "title": chapter.product.title}
            for chapter in replay.chapters
        ],
        "messages": [{"at": said.at_seconds, "message": plain(said.message)} for said in replay.messages],
    }
