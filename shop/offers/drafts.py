"""What the brand's people see while they write an offer: how far they may go, and the card as its shopper will see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalog.models import Product, ProductStatus
from shop.catalog.queries import label_of
from shop.core import clock
from shop.core.actor import Actor
from shop.core.money import Money
from shop.messaging.models import Message
from shop.offers.cards import OfferView
from shop.offers.models import OfferState
from shop.offers.policy import FREE_ROLES, MOST_COUNTERS, lowest_price
from shop.offers.queries import limits_of
from shop.offers.terms import CheckedTerms, quote_goods

LOOKED_BACK = 40  # Messages; what was talked about longer ago is another matter.


@dataclass(frozen=True, kw_only=True)
class PriceRoom:
    """What a piece costs everybody now, and between which prices this person may offer it.

    `is_free`: only what a card payment needs is the limit.
    """

    base: Money
    lowest: Money
    highest: Money
    is_free: bool


def price_room(session: Session, *, actor: Actor, brand_id: str, variant_id: str) -> PriceRoom:
    """Raises NotFound (another brand's), NotOnSale."""
    _goods, quote = quote_goods(session, brand_id=brand_id, variant_id=variant_id)
    return PriceRoom(
        base=quote.amount,
        lowest=lowest_price(actor, brand_id, quote.amount, limits_of(session, brand_id)),
        highest=quote.list_price,
        is_free=actor.has_role(brand_id, *FREE_ROLES),
    )


def asked_about(session: Session, *, thread_id: str, brand_id: str) -> str | None:
    """The slug of the product that was last put into the thread, if this brand still sells it."""
    rows = session.scalars(
        select(Message.cards)
        .where(Message.thread_id == thread_id, Message.deleted_at.is_(None))
        .order_by(Message.number.desc())
        .limit(LOOKED_BACK)
    )
    slug = next((ref for cards in rows for kind, ref in cards if kind == "product"), None)
    if slug is None:
        return None
    on_sale = (Product.slug == slug, Product.brand_id == brand_id, Product.status == ProductStatus.ACTIVE)
    return session.scalar(select(Product.slug).where(*on_sale))


def draft_view(
    checked: CheckedTerms,
    *,
    by: Actor,
    shopper_name: str,
    valid_for: timedelta,
    holds_stock: bool,
    left: int,
    units: int | None = None,
) -> OfferView:
    """The card as its shopper would see it now; nothing is written. `units` is how many of several people can have it."""
    goods, now = checked.goods, clock.now()
    return OfferView(
        id="draft",
        state=OfferState.SENT,
        ending="",
        for_shopper=True,
        thread_id="",
        message_number=0,
        brand_slug=goods.brand.slug,
        brand_name=goods.brand.name,
        shopper_name=shopper_name,
        by_name=by.display_name.split(" ")[0],
        sku=goods.variant.sku,
        sizes=(),
        slug=goods.product.slug,
        title=goods.product.title,
        choices=label_of(goods.product.options, goods.variant.choices),
        image_id=goods.image_id,
        quantity=checked.quantity,
        unit=checked.unit,
        base=checked.base,
        base_is_live=checked.base_is_live,
        now=checked.base,
        shipping=checked.shipping,
        to=checked.to,
        destinations=(),
        country=goods.brand.country,
        valid_until=now + valid_for,
        created_at=now,
        seen_at=None,
        is_claim=False,
        holds_stock=holds_stock,
        left=None if holds_stock else left,
        units=units,
        units_left=1 if units is None else units,
        counter=None,
        counters_left=MOST_COUNTERS,
        parcel=None,
        return_asked_at=None,
        can_return=False,
        can_take_back=False,
        is_taken_back=False,
    )
