"""Which stream a demo brand runs next, and how much of its past is kept: the owner's side of the demo."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from demo.seed import OWNERS
from demo.shopper import KEEP_LEFT
from livestream.rooms import service as rooms
from livestream.rooms.models import LineUpItem, Stream, StreamState
from shop.accounts.models import Account
from shop.app import create_app
from shop.brands.models import Brand
from shop.catalog.models import Variant
from shop.core import db
from shop.core.actor import Actor, Membership, Role
from shop.core.settings import Settings
from shop.inventory import service as inventory
from shop.inventory.queries import levels

DELIVERY = 8
READY = (StreamState.LIVE, StreamState.DRAFT)


def install(settings: Settings) -> None:
    """The shop without sockets, for planning only."""
    create_app(settings, serves_sockets=False).app_context().push()


def next_stream(brand_slug: str) -> str:
    """The slug of the demo stream that is live or waits; a new one like the last when there is none."""
    with db.unit_of_work() as session:
        brand = session.scalars(select(Brand).where(Brand.slug == brand_slug)).one()
        mine = select(Stream).where(Stream.brand_id == brand.id, Stream.is_demo.is_(True))
        waiting = session.scalars(mine.where(Stream.state.in_(READY)).order_by(Stream.state.desc(), Stream.id)).all()
        owner = _owner(session.scalars(select(Account).where(Account.email == OWNERS[brand_slug][0])).one(), brand)
        if waiting:
            return waiting[0].slug
        last = session.scalars(
            mine.where(Stream.state.in_((StreamState.ENDED, StreamState.REPLAY))).order_by(Stream.id.desc())
        ).first()
        assert last is not None  # The seed planned one for each brand of the show.
        stream = rooms.create_stream(
            session,
            actor=owner,
            brand_id=brand.id,
            title=dict(last.title),
            description=dict(last.description),
            host_account_id=last.host_account_id,
            cover_image_id=last.cover_image_id,
            is_demo=True,
        )
        items = select(LineUpItem).where(LineUpItem.stream_id == last.id).order_by(LineUpItem.position)
        for item in session.scalars(items):
            rooms.add_item(
                session,
                actor=owner,
                stream_id=stream.id,
                product_id=item.product_id,
                pin_seconds=item.pin_seconds,
                live_price=dict(item.live_price) or None,
            )
        _restock(session, owner, stream)
        return stream.slug


def _restock(session: Session, owner: Actor, stream: Stream) -> None:
    """A delivery came in: what simulated shoppers bought up can be sold again."""
    line_up = select(LineUpItem.product_id).where(LineUpItem.stream_id == stream.id)
    variants = list(session.scalars(select(Variant.id).where(Variant.product_id.in_(line_up)).order_by(Variant.sku)))
    for variant_id, level in levels(session, variants).items():
        if level.stock > 0 and level.left <= KEEP_LEFT:
            inventory.receive(
                session, actor=owner, variant_id=variant_id, quantity=DELIVERY, reason="Delivery for the demo"
            )


def _owner(account: Account, brand: Brand) -> Actor:
    member = Membership(brand_id=brand.id, brand_slug=brand.slug, brand_name=brand.name, role=Role.OWNER)
    return Actor(account_id=account.id, handle=account.handle, display_name=account.display_name, memberships=(member,))
