"""What a bag shows of itself on its owner's profile: the products, never how many, at what price or in which size."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.cart.models import Cart, CartLine
from shop.catalog.models import ProductStatus, Variant
from shop.catalog.queries import load_product_views
from shop.core import web
from shop.social.panels import Thing

SHOWN = 12
PICTURE_WIDTH = 320


def in_bag(session: Session, owner_id: str) -> list[Thing]:
    """The products of somebody's bag, last added first. The caller has asked whether the viewer may see it."""
    rows = session.scalars(
        select(Variant.product_id)
        .join(CartLine, CartLine.variant_id == Variant.id)
        .join(Cart, Cart.id == CartLine.cart_id)
        .where(Cart.account_id == owner_id)
        .order_by(CartLine.id.desc())
    )
    return things_of(session, list(dict.fromkeys(rows))[:SHOWN])


def things_of(session: Session, product_ids: Sequence[str]) -> list[Thing]:
    """Products that everybody may look at, in this order."""
    views = load_product_views(session, product_ids, web.settings().default_currency) if product_ids else []
    return [
        Thing(
            url=f"/p/{view.slug}",
            title=view.title,
            image_url=view.image.url(PICTURE_WIDTH) if view.image else "",
        )
        for view in views
        if view.status == ProductStatus.ACTIVE
    ]
