"""The share sheet: one address per thing that can be shared, as a page without scripts and as a part for the sheet.

`clips/share.html` and `clips/_sheet.html` get
  thing     what is shared (`Shared`)
  trimmer   `moments.Trimmer` where a clip can be cut, else None
  named     the link that says who shared it; empty for guests
  receivers friends and groups it can be sent to (`sending.Receivers`)
  key       makes one press of Send one message
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from babel.lists import format_list
from flask import Blueprint, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from livestream.clips import moments, queries, sending
from livestream.clips.models import Clip, ClipState
from livestream.clips.moments import MAXIMUM_SECONDS, Trimmer
from livestream.rooms.models import StreamState
from livestream.rooms.queries import RoomHead, get_visible_head, replay_path
from livestream.rooms.snapshot import check_entry
from shop.catalog.models import ProductStatus
from shop.catalog.queries import load_product_view
from shop.core import db, ids, web
from shop.core.errors import NotFound, require
from shop.core.forms import parse_form
from shop.core.i18n import gettext, locale_code
from shop.core.policy import PUBLIC, SIGNED_IN, policy
from shop.core.ratelimit import check_rate
from shop.media.queries import image_url
from shop.social.shares import share_token

bp = Blueprint("sharing", __name__)
Kind = Literal["stream", "product", "clip"]
COVER_WIDTH = 320
SENDING_RATE = "10/minute;60/hour"


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Something to share: its path on this site, its title by language, a picture. `at` is a second of a replay."""

    kind: Kind
    slug: str
    path: str
    title: dict[str, str]
    image: str
    at: int | None = None
    head: RoomHead | None = None
    clip: Clip | None = None

    def link(self, sender: str = "") -> str:
        """The absolute address, with the moment and the sender."""
        query = {**({"t": str(self.at)} if self.at else {}), **({"from": sender} if sender else {})}
        return web.settings().base_url + self.path + (f"?{urlencode(query)}" if query else "")


@bp.get("/share/stream/<slug>")
@policy(PUBLIC)
def share_stream(slug: str) -> str:
    """A show or its replay; `?t=` the moment."""
    at = read_second(request.args.get("t", ""))
    thing = stream_to_share(slug, at)
    assert thing.head is not None
    return _sheet(thing, moments.trimmer_for(thing.head.stream, at=at))


def stream_to_share(slug: str, at: float | None) -> Shared:
    """Raises NotFound, Banned."""
    session, actor = web.read_session(), web.actor()
    head = get_visible_head(session, actor=actor, slug=slug)
    check_entry(session, head=head, actor=actor)
    stream = head.stream
    is_over = stream.state in {StreamState.ENDED, StreamState.REPLAY}
    return Shared(
        kind="stream",
        slug=slug,
        path=replay_path(slug) if is_over else f"/live/{slug}",
        title=dict(stream.title),
        image=image_url(stream.cover_image_id, COVER_WIDTH) if stream.cover_image_id else "",
        at=int(at) if at and is_over else None,
        head=head,
    )


@bp.get("/share/product/<slug>")
@policy(PUBLIC)
def share_product(slug: str) -> str:
    """A product that is on sale."""
    return _sheet(product_to_share(slug))


def product_to_share(slug: str, _at: float | None = None) -> Shared:
    """Raises NotFound."""
    product = load_product_view(web.read_session(), slug=slug, currency=web.settings().default_currency)
    require(product.status is ProductStatus.ACTIVE, NotFound)
    image = product.image.url(COVER_WIDTH) if product.image else ""
    return Shared(kind="product", slug=slug, path=f"/p/{slug}", title=product.title, image=image)


@bp.get("/share/clip/<slug>")
@policy(PUBLIC)
def share_clip(slug: str) -> str:
    """A clip whose film is there."""
    return _sheet(clip_to_share(slug))


def clip_to_share(slug: str, _at: float | None = None) -> Shared:
    """Raises NotFound, Gone, Banned."""
    page = queries.load_clip(web.read_session(), slug=slug, actor=web.actor())
    require(page.clip.state == ClipState.READY, NotFound)
    return Shared(
        kind="clip",
        slug=slug,
        path=f"/clips/{slug}",
        title=dict(page.head.stream.title),
        image=f"/clips/{slug}/poster.jpg",
        head=page.head,
        clip=page.clip,
    )


@bp.post("/share/<kind>/<slug>")
@policy(SIGNED_IN)
def send(kind: str, slug: str) -> ResponseReturnValue:
    """Send it to friends and groups."""
    require(kind in THINGS, NotFound)
    check_rate(SENDING_RATE, "share", str(web.actor().account_id))
    form = parse_form(sending.SendForm, request.form)
    thing = THINGS[kind](slug, read_second(form.t))
    with db.unit_of_work() as session:
        names = sending.send(session, actor=web.actor(), kind=kind, slug=slug, at=thing.at or 0, form=form)
    told = gettext("Sent to %(names)s", names=format_list(names, locale=locale_code()))
    if web.wants_json():
        return jsonify(ok=True, data={"told": told})
    flash(told)
    return redirect(thing.link().removeprefix(web.settings().base_url), 303)


THINGS: dict[str, Callable[[str, float | None], Shared]] = {
    "stream": stream_to_share,
    "product": product_to_share,
    "clip": clip_to_share,
}


def read_second(text: str) -> float | None:
    """`83` or `1:23`; anything else counts as not asked."""
    try:
        found = moments.read_seconds(text[:12])
    except ValueError:
        return None
    return found if found <= MAXIMUM_SECONDS else None


def _sheet(thing: Shared, trimmer: Trimmer | None = None) -> str:
    actor = web.actor()
    named = "" if actor.account_id is None else thing.link(share_token(actor.account_id, thing.kind, thing.slug))
    template = "clips/_sheet.html" if request.args.get("part") == "1" else "clips/share.html"
    receivers = sending.list_receivers(web.read_session(), actor=actor)
    return render_template(
        template, thing=thing, trimmer=trimmer, named=named, receivers=receivers, key=ids.new_token()[:20]
    )
