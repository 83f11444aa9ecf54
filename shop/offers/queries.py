"""Locked loads of offers, and what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.brands.models import Brand
from shop.catalog.models import Product, ProductImage, ProductStatus, Variant
from shop.catalog.queries import label_of
from shop.core.errors import NotFound
from shop.core.money import Money
from shop.offers.models import (
    BOUGHT,
    HOST_PERCENT,
    OPEN,
    SUPPORT_PERCENT,
    WAITING,
    Offer,
    OfferBatch,
    OfferLimits,
    OfferState,
    OfferStep,
)
from shop.shipping.models import CountryGroup
from shop.shipping.queries import all_rates

# A unit of a batch is out of everybody else's reach while its offer is in one of these.
TAKEN = (OfferState.HELD, OfferState.PAYING, *BOUGHT)


def get_offer(session: Session, offer_id: str) -> Offer:
    """Raises NotFound."""
    offer = session.scalar(select(Offer).where(Offer.id == offer_id).execution_options(populate_existing=True))
    if offer is None:
        raise NotFound
    return offer


def lock_offer(session: Session, offer_id: str) -> Offer:
    """Locks the batch's row, if there is one, then the offer's. Raises NotFound.

    The order of locks everywhere: order, payment, batch, offer (by id), thread, stock, the counter of order numbers.
    """
    batch_id = session.execute(select(Offer.batch_id).where(Offer.id == offer_id)).one_or_none()
    if batch_id is None:
        raise NotFound
    if batch_id[0] is not None:
        lock_batch(session, batch_id[0])
    return session.scalars(
        select(Offer).where(Offer.id == offer_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def lock_batch(session: Session, batch_id: str) -> OfferBatch:
    """Locks the batch's row: its units are given out one after another."""
    return session.scalars(
        select(OfferBatch).where(OfferBatch.id == batch_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def units_left(session: Session, batch: OfferBatch) -> int:
    """How many more people can still take one. Exact only under the batch's lock."""
    taken = select(func.count()).where(Offer.batch_id == batch.id, Offer.state.in_(TAKEN))
    return batch.units - (session.scalar(taken) or 0)


def open_in_batch(session: Session, batch_id: str) -> list[str]:
    """Ids of a batch's offers that are still standing, in the order of locks."""
    return list(
        session.scalars(select(Offer.id).where(Offer.batch_id == batch_id, Offer.state.in_(OPEN)).order_by(Offer.id))
    )


def offer_of_order(session: Session, order_id: str) -> str | None:
    """The offer that an order was made from, also when another order was made from it since."""
    return session.scalar(select(OfferStep.offer_id).where(OfferStep.order_id == order_id).limit(1))


def due_offers(session: Session, *, at: datetime, limit: int = 200) -> list[str]:
    """Offers whose time is up and which are not over, oldest first."""
    return list(
        session.scalars(
            select(Offer.id)
            .where(Offer.state.in_(OPEN), Offer.valid_until <= at)
            .order_by(Offer.valid_until, Offer.id)
            .limit(limit)
        )
    )


def ending_offers(session: Session, *, limit: int = 200) -> list[str]:
    """Offers that somebody ended while their payment page was open."""
    return list(
        session.scalars(select(Offer.id).where(Offer.state == OfferState.PAYING, Offer.ending != "").limit(limit))
    )


def unseen_in(session: Session, *, thread_id: str, shopper_id: str, up_to: int) -> list[str]:
    """Offers of a thread that their shopper had not seen, up to a message's number."""
    return list(
        session.scalars(
            select(Offer.id)
            .where(
                Offer.thread_id == thread_id,
                Offer.shopper_id == shopper_id,
                Offer.seen_at.is_(None),
                Offer.message_number <= up_to,
            )
            .order_by(Offer.id)
        )
    )


def waiting_for_stock(session: Session, variant_ids: Sequence[str], *, limit: int = 200) -> list[Offer]:
    """Standing offers of these variants that hold nothing themselves: what is left matters to them."""
    return list(
        session.scalars(
            select(Offer)
            .where(
                Offer.variant_id.in_(variant_ids),
                Offer.state.in_(WAITING),
                Offer.holds_stock.is_(False),
            )
            .order_by(Offer.id)
            .limit(limit)
        )
    )


def waiting_of_product(session: Session, product_id: str, *, limit: int = 200) -> list[Offer]:
    """Standing offers of a product: their cards say what it costs everybody."""
    return list(
        session.scalars(
            select(Offer)
            .where(Offer.product_id == product_id, Offer.state.in_(WAITING))
            .order_by(Offer.id)
            .limit(limit)
        )
    )


def limits_of(session: Session, brand_id: str) -> OfferLimits:
    """A brand's limits, or the usual ones (not added to the session)."""
    known = session.get(OfferLimits, brand_id)
    return known or OfferLimits(brand_id=brand_id, host_percent=HOST_PERCENT, support_percent=SUPPORT_PERCENT)


@dataclass(frozen=True, kw_only=True)
class Goods:
    """What an offer is about, as it is sold now. Raised as NotFound by `get_goods` when it is another brand's."""

    brand: Brand
    product: Product
    variant: Variant
    image_id: str | None

    @property
    def is_on_sale(self) -> bool:
        return self.product.status == ProductStatus.ACTIVE and self.variant.is_active


def get_goods(session: Session, *, brand_id: str, variant_id: str) -> Goods:
    """One variant of this brand; another brand's does not exist here. Raises NotFound."""
    row = session.execute(
        select(Variant, Product, Brand, first_picture())
        .join(Product, Product.id == Variant.product_id)
        .join(Brand, Brand.id == Product.brand_id)
        .where(Variant.id == variant_id, Product.brand_id == brand_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return Goods(brand=row[2], product=row[1], variant=row[0], image_id=row[3])


def first_picture() -> Any:
    """A product's first picture, for statements over `Product`."""
    return (
        select(ProductImage.image_id)
        .where(ProductImage.product_id == Product.id)
        .order_by(ProductImage.position, ProductImage.image_id)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
        .label("image_id")
    )


def shipping_rates(session: Session, brand_id: str, currency: str) -> dict[CountryGroup, Money]:
    """What the brand usually asks for one parcel, by where it goes."""
    return {group: price for (_brand, group), price in all_rates(session, [brand_id], currency).items()}


def return_days_of(session: Session, brand_id: str) -> int:
    return session.scalars(select(Brand.return_days).where(Brand.id == brand_id)).one()


def other_choice(session: Session, *, product_id: str, sku: str) -> tuple[dict[str, str], str]:
    """The words of another variant's choices, by language, and the product's slug. Raises NotFound."""
    row = session.execute(
        select(Variant.choices, Product.options, Product.slug)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.sku == sku, Variant.product_id == product_id, Variant.is_active)
    ).one_or_none()
    if row is None:
        raise NotFound
    return label_of(row.options, row.choices), row.slug
