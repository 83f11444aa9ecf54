"""Clips over HTTP: cutting, the page, the film with range requests, removal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from livestream.clips import moments, policy, queries, service, storage
from livestream.clips.models import ClipState
from livestream.clips.queries import ClipPage
from livestream.rooms.models import Stream, StreamState
from livestream.rooms.queries import get_visible_head, replay_path
from livestream.rooms.snapshot import check_entry
from shop.accounts import guests
from shop.catalog.models import ProductStatus
from shop.catalog.queries import ProductView, load_product_view
from shop.core import db, web
from shop.core.errors import NotFound, require
from shop.core.forms import parse_form
from shop.core.i18n import gettext
from shop.core.policy import PUBLIC, SIGNED_IN
from shop.core.policy import policy as declare
from shop.core.ratelimit import check_rate

bp = Blueprint("clips", __name__)
ASKING_RATE = "30/hour"  # Tries, right or wrong; clips themselves are counted in the database.
FILM_SECONDS = 300  # How long a browser may keep a film that could be taken away.


@bp.post("/live/<slug>/clips")
@declare(SIGNED_IN)
def create(slug: str) -> ResponseReturnValue:
    """Ask for a clip of a show on air or of its replay; the page of the clip says how far it is."""
    actor = web.actor()
    head = get_visible_head(web.read_session(), actor=actor, slug=slug)
    check_entry(web.read_session(), head=head, actor=actor)
    require(policy.can_be_cut(head.stream), NotFound)
    check_rate(ASKING_RATE, "clips", str(actor.account_id))
    form = parse_form(moments.CutForm, request.form)
    piece = moments.find_piece(head.stream, form)
    with db.unit_of_work() as session:
        clip = service.cut_clip(
            session, actor=actor, slug=slug, piece=piece, with_product=form.with_product, shows_maker=form.with_name
        )
        address = url_for("clips.show", slug=clip.slug)
        data = {"slug": clip.slug, "state": str(clip.state), "url": address}
    return jsonify(ok=True, data=data) if web.wants_json() else redirect(address, 303)


@bp.get("/clips/<slug>")
@declare(PUBLIC)
def show(slug: str) -> ResponseReturnValue:
    """The page of a clip; programs get its state."""
    page = _load(slug)
    if web.wants_json():
        state = str(page.clip.state)
        return jsonify(ok=True, done=state != ClipState.CUTTING, state=state, url=url_for("clips.show", slug=slug))
    return render_template(
        "clips/page.html",
        page=page,
        clip=page.clip,
        head=page.head,
        product=_product(page),
        base_url=web.settings().base_url,
        is_live=page.head.stream.state == StreamState.LIVE,
    )


def _load(slug: str) -> ClipPage:
    return queries.load_clip(web.read_session(), slug=slug, actor=web.actor())


def _product(page: ClipPage) -> ProductView | None:
    """The product of the clip with today's price; nothing once it is no longer sold."""
    if page.clip.product_id is None:
        return None
    product = load_product_view(
        web.read_session(), product_id=page.clip.product_id, currency=web.settings().default_currency
    )
    return product if product.status is ProductStatus.ACTIVE else None


@bp.get("/clips/<slug>/film.mp4")
@declare(PUBLIC)
def film(slug: str) -> Response:
    """The film; browsers fetch it in ranges."""
    return _file(slug, storage.film, "video/mp4")


@bp.get("/clips/<slug>/poster.jpg")
@declare(PUBLIC)
def poster(slug: str) -> Response:
    """A picture of the film, for players and link previews."""
    return _file(slug, storage.poster, "image/jpeg")


def _file(slug: str, place: Any, kind: str) -> Response:
    page = _load(slug)
    require(page.clip.state == ClipState.READY, NotFound)
    path: Path = place(page.clip.id)
    require(path.is_file(), NotFound)
    answer = send_file(path, mimetype=kind, conditional=True, max_age=FILM_SECONDS)
    answer.headers["Cache-Control"] = f"private, max-age={FILM_SECONDS}"
    # Whatever a browser makes of the bytes, alone in a tab they may do nothing.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; media-src 'self'; sandbox"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


@bp.get("/clips/<slug>/moment")
@declare(PUBLIC)
def moment(slug: str) -> ResponseReturnValue:
    """To the show at the second where the clip begins; a show that is still on air plays the present."""
    page = _load(slug)
    stream = page.head.stream
    if stream.state == StreamState.LIVE:
        return redirect(url_for("rooms.show_room", slug=stream.slug), 303)
    seconds = service.seconds_in_replay(page.clip)
    return redirect(replay_path(stream.slug) + (f"?t={seconds}" if seconds else ""), 303)


@bp.post("/clips/<slug>/views")
@declare(PUBLIC)
def count_view(slug: str) -> Response:
    """The film began to play."""
    actor = guests.acting()
    key = str(actor.account_id or actor.guest_key)
    with db.unit_of_work() as session:
        views = service.count_view(session, slug=slug, actor=actor, viewer_key=key)
    return jsonify(ok=True, data={"views": views})


@bp.post("/clips/<slug>/removal")
@declare(SIGNED_IN)
def remove(slug: str) -> ResponseReturnValue:
    """Take a clip away."""
    with db.unit_of_work() as session:
        clip = service.remove_clip(session, actor=web.actor(), slug=slug)
        stream_slug = session.get_one(Stream, clip.stream_id).slug
    if web.wants_json():
        return jsonify(ok=True)
    flash(gettext("The clip is gone."))
    return redirect(url_for("rooms.show_room", slug=stream_slug), 303)
