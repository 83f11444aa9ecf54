"""The room over HTTP: page, snapshot, variant sheet, and the forms that start and end a stream.

`live/room.html` gets
  snapshot       `protocol.Snapshot` of this visitor (dataclasses: snapshot.pin.price is Money, snapshot.items, …)
  snapshot_json  the same as plain JSON values with the pin card in one language, for `script_json` in the page
  head           `queries.RoomHead`: head.stream, head.room, head.brand, head.host_name, head.is_live
  urls           snapshot, playback, sheet (with `__slug__` in place of the product's slug), socket paths are fixed
`live/_sheet.html` gets `product` (catalog's ProductView), `head`, `item_id`, `pin` (the current PinView or None when
another product is pinned) and `source_ref` (the pin's id while the product is pinned, else None).
`live/_pin.html` gets `pin` (PinView) alone and is drawn for each language outside a request: it
may use filters, money and `_()` but neither `url_for`, csrf_token, current_actor nor the clock.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from livestream.rooms import policy, service
from livestream.rooms.models import StreamState
from livestream.rooms.protocol import Snapshot
from livestream.rooms.queries import RoomHead, get_stream, get_visible_head, replay_path
from livestream.rooms.shelf import load_shelf
from livestream.rooms.snapshot import PARTS, Scene, build_snapshot
from shop.accounts import guests
from shop.catalog.queries import load_product_view
from shop.core import clock, db, i18n, web
from shop.core.errors import Gone, NotFound
from shop.core.events import plain
from shop.core.policy import PUBLIC, crew
from shop.core.policy import policy as declare

bp = Blueprint("rooms", __name__)
OVER = frozenset({StreamState.ENDED, StreamState.REPLAY})


@bp.get("/live/<slug>")
@declare(PUBLIC)
def show_room(slug: str) -> str | BaseResponse:
    """The room page; once the stream is over, its replay."""
    head = _open_head(slug)
    if head.stream.state in OVER:
        return redirect(_same_moment(slug), 303)
    if web.actor().is_guest:
        guests.guest_key()  # One browser is one viewer, however many share its address.
    snapshot = build_snapshot(
        web.read_session(), head=head, actor=web.actor(), currency=web.settings().default_currency
    )
    return render_template(
        "live/room.html", snapshot=snapshot, snapshot_json=_for_page(snapshot), head=head, urls=_urls(slug)
    )


def _for_page(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as JSON; a page has one language, so it needs the pin's card in that one alone."""
    told: dict[str, Any] = plain(snapshot)
    if snapshot.pin_html is not None:
        told["pin_html"] = {i18n.locale_code(): i18n.pick(snapshot.pin_html)}
    return told


def _same_moment(slug: str) -> str:
    """The replay's address for a link that was made while the show was on air: its second counts the show, not what
    was kept of it, and who shared it stays known."""
    kept = {"show": request.args.get("t", ""), "from": request.args.get("from", "")}
    asked = {name: text for name, text in kept.items() if text}
    return replay_path(slug) + (f"?{urlencode(asked)}" if asked else "")


def _open_head(slug: str) -> RoomHead:
    head = get_visible_head(web.read_session(), actor=web.actor(), slug=slug)
    if head.stream.state == StreamState.CANCELLED:
        raise Gone
    return head


def _urls(slug: str) -> dict[str, str]:
    return {
        "snapshot": url_for("rooms.show_snapshot", slug=slug),
        "playback": f"/live/{slug}/playback",
        "sheet": url_for("rooms.show_sheet", slug=slug, product_slug="__slug__"),
        "replay": replay_path(slug),
        "share": f"/share/stream/{slug}",
    }


@bp.get("/live/<slug>/snapshot")
@declare(PUBLIC)
def show_snapshot(slug: str) -> Response:
    """The room as JSON, for browsers whose socket does not come through; also after the end."""
    head = _open_head(slug)
    currency = web.settings().default_currency
    snapshot = build_snapshot(web.read_session(), head=head, actor=web.actor(), currency=currency)
    answer = jsonify(ok=True, data=plain(snapshot))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/live/<slug>/sheet/<product_slug>")
@declare(PUBLIC)
def show_sheet(slug: str, product_slug: str) -> str:
    """The choices of one product of this room, as a part for the sheet (or a page's section without JS)."""
    session = web.read_session()
    head, currency, at = _open_head(slug), web.settings().default_currency, clock.now()
    shelf = load_shelf(session, stream_id=head.stream.id, currency=currency, at=at)
    shown = next((product for product in shelf if product.slug == product_slug), None)
    product = load_product_view(session, slug=product_slug, currency=currency)
    if shown is None or product is None:
        raise NotFound
    scene = Scene(head=head, shelf=shelf, actor=web.actor(), currency=currency, at=at)
    current = PARTS.pin(session, scene) if head.is_live else None
    pin = current[0] if current and current[0].product_id == shown.product_id else None
    return render_template(
        "live/_sheet.html",
        product=product,
        head=head,
        item_id=shown.item_id,
        pin=pin,
        source_ref=pin.pin_id if pin else None,
    )


@bp.post("/dashboard/<brand_slug>/streams/<slug>/start")
@declare(crew(*policy.ON_STAGE))
def start(brand_slug: str, slug: str) -> Any:
    """Go live by a form."""
    with db.unit_of_work() as session:
        stream = get_stream(session, brand_id=web.membership().brand_id, slug=slug)
        service.start_stream(session, actor=web.actor(), stream_id=stream.id)
    return _answer(brand_slug, slug, "studio")


@bp.post("/dashboard/<brand_slug>/streams/<slug>/end")
@declare(crew(*policy.ON_STAGE))
def end(brand_slug: str, slug: str) -> Any:
    """End by a form."""
    with db.unit_of_work() as session:
        stream = get_stream(session, brand_id=web.membership().brand_id, slug=slug)
        service.end_stream(session, actor=web.actor(), stream_id=stream.id)
    return _answer(brand_slug, slug, "summary")


def _answer(brand_slug: str, slug: str, page: str) -> Any:
    """Back to the page that asked, JSON for scripts."""
    if web.wants_json():
        return jsonify(ok=True, data={"slug": slug})
    fallback = f"/dashboard/{brand_slug}/streams/{slug}/{page}"
    return redirect(web.local_path(request.form.get("next"), fallback), 303)
