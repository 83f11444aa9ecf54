"""The share sheet: one address per thing that can be shared, as a page without scripts and as a part for the sheet.

`clips/share.html` and `clips/_sheet.html` get
  thing     what is shared (`Shared`)
  trimmer   `moments.Trimmer` where a clip can be cut, else None
  named     the link that says who shared it; empty for guests
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from livestream.clips import moments, queries
from livestream.clips.models import Clip, ClipState
from livestream.clips.moments import MAXIMUM_SECONDS, Trimmer
from livestream.rooms.models import StreamState
from livestream.rooms.queries import RoomHead, get_visible_head, replay_path
from livestream.rooms.snapshot import check_entry
from shop.catalog.models import ProductStatus
from shop.catalog.queries import load_product_view
from shop.core import web
from shop.core.errors import NotFound, require
from shop.core.policy import PUBLIC, policy
from shop.media.queries import image_url
from shop.social.shares import share_token

bp = Blueprint("sharing", __name__)
Kind = Literal["stream", "product", "clip"]
COVER_WIDTH = 320


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
    session, actor = web.read_session(), web.actor()
    head = get_visible_head(session, actor=actor, slug=slug)
    check_entry(session, head=head, actor=actor)
    stream, at = head.stream, asked_second()
    is_over = stream.state in {StreamState.ENDED, StreamState.REPLAY}
    thing = Shared(
        kind="stream",
        slug=slug,
        path=replay_path(slug) if is_over else f"/live/{slug}",
        title=dict(stream.title),
        image=image_url(stream.cover_image_id, COVER_WIDTH) if stream.cover_image_id else "",
        at=int(at) if at and is_over else None,
        head=head,
    )
    return _sheet(thing, moments.trimmer_for(stream, at=at))


@bp.get("/share/product/<slug>")
@policy(PUBLIC)
def share_product(slug: str) -> str:
    """A product that is on sale."""
    product = load_product_view(web.read_session(), slug=slug, currency=web.settings().default_currency)
    require(product.status is ProductStatus.ACTIVE, NotFound)
    image = product.image.url(COVER_WIDTH) if product.image else ""
    return _sheet(Shared(kind="product", slug=slug, path=f"/p/{slug}", title=product.title, image=image))


@bp.get("/share/clip/<slug>")
@policy(PUBLIC)
def share_clip(slug: str) -> str:
    """A clip whose film is there."""
    page = queries.load_clip(web.read_session(), slug=slug, actor=web.actor())
    require(page.clip.state == ClipState.READY, NotFound)
    return _sheet(
        Shared(
            kind="clip",
            slug=slug,
            path=f"/clips/{slug}",
            title=dict(page.head.stream.title),
            image=f"/clips/{slug}/poster.jpg",
            head=page.head,
            clip=page.clip,
        )
    )


def asked_second() -> float | None:
    """`?t=83` (or 1:23); anything else counts as not asked."""
    try:
        found = moments.read_seconds(request.args.get("t", "")[:12])
    except ValueError:
        return None
    return found if found <= MAXIMUM_SECONDS else None


def _sheet(thing: Shared, trimmer: Trimmer | None = None) -> str:
    actor = web.actor()
    named = "" if actor.account_id is None else thing.link(share_token(actor.account_id, thing.kind, thing.slug))
    template = "clips/_sheet.html" if request.args.get("part") == "1" else "clips/share.html"
    return render_template(template, thing=thing, trimmer=trimmer, named=named)
