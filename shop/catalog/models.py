"""Products, their variants and every price they ever had."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Amount, Base, Instant, PublicId


class ProductStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


PRODUCT_MOVES: dict[ProductStatus, frozenset[ProductStatus]] = {
    ProductStatus.DRAFT: frozenset({ProductStatus.ACTIVE, ProductStatus.ARCHIVED}),
    ProductStatus.ACTIVE: frozenset({ProductStatus.DRAFT, ProductStatus.ARCHIVED}),
    ProductStatus.ARCHIVED: frozenset({ProductStatus.DRAFT, ProductStatus.ACTIVE}),
}


class Product(Base):
    """What a brand sells. `options` is `[{"name": {"en": "Size", "it": "Taglia"}, "values": [{"key": "38", "label": {"en": "38", "it": "38"}}]}]`."""

    __tablename__ = "products"

    id: Mapped[str] = mapped_column(PublicId("prod"), primary_key=True, default=lambda: ids.new_id("prod"))
    brand_id: Mapped[str] = mapped_column(PublicId("brand"), ForeignKey("brands.id"), index=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    description: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    category: Mapped[str] = mapped_column(String(60), default="")
    status: Mapped[ProductStatus] = mapped_column(String(12), default=ProductStatus.DRAFT)
    options: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


class ProductImage(Base):
    """The order of a product's pictures."""

    __tablename__ = "product_images"

    product_id: Mapped[str] = mapped_column(PublicId("prod"), ForeignKey("products.id"), primary_key=True)
    image_id: Mapped[str] = mapped_column(PublicId("img"), ForeignKey("images.id"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)


class Variant(Base):
    """One thing with a SKU. `choices` are option value keys in the order of the product's options: `["38"]`."""

    __tablename__ = "variants"

    id: Mapped[str] = mapped_column(PublicId("var"), primary_key=True, default=lambda: ids.new_id("var"))
    product_id: Mapped[str] = mapped_column(PublicId("prod"), ForeignKey("products.id"), index=True)
    sku: Mapped[str] = mapped_column(String(60), unique=True)
    choices: Mapped[list[str]] = mapped_column(JSON, default=list)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)


class VariantPrice(Base):
    """The normal price of a variant in one currency, in minor units."""

    __tablename__ = "variant_prices"
    __table_args__ = (
        UniqueConstraint("variant_id", "price_currency"),
        CheckConstraint("price_amount > 0", name="positive"),
    )

    id: Mapped[str] = mapped_column(PublicId("price"), primary_key=True, default=lambda: ids.new_id("price"))
    variant_id: Mapped[str] = mapped_column(PublicId("var"), ForeignKey("variants.id"), index=True)
    price_amount: Mapped[int] = mapped_column(Amount)
    price_currency: Mapped[str] = mapped_column(String(3))


class PricePeriod(Base):
    """History: this normal price was offered from `starts_at` until `ends_at` (null: still). Live prices are their own rows.

    The lowest price of 30 days is computed from both. Rule: EU directive 98/6/EC, article 6a.
    """

    __tablename__ = "price_periods"
    __table_args__ = (
        Index("ix_price_periods_variant", "variant_id", "price_currency", "starts_at"),
        CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="order"),
    )

    id: Mapped[str] = mapped_column(PublicId("pper"), primary_key=True, default=lambda: ids.new_id("pper"))
    variant_id: Mapped[str] = mapped_column(PublicId("var"), ForeignKey("variants.id"))
    price_amount: Mapped[int] = mapped_column(Amount)
    price_currency: Mapped[str] = mapped_column(String(3))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)


class LivePrice(Base):
    """A product's price while it is pinned, valid in [starts_at, ends_at). `source_ref` is the pin that set it.

    The decision what to charge reads this table inside the order's transaction (abuse case 2).
    The price that may be struck is the lowest one in [reference_from_at, reference_until_at): the 30 days before the
    reduction began. Pins that follow each other are one reduction, so all of them share the instant at which it began.
    """

    __tablename__ = "live_prices"
    __table_args__ = (
        Index("ix_live_prices_product", "product_id", "ends_at"),
        CheckConstraint("price_amount > 0", name="positive"),
        CheckConstraint("ends_at >= starts_at", name="order"),
    )

    id: Mapped[str] = mapped_column(PublicId("lprc"), primary_key=True, default=lambda: ids.new_id("lprc"))
    product_id: Mapped[str] = mapped_column(PublicId("prod"), ForeignKey("products.id"))
    source_ref: Mapped[str] = mapped_column(String(40), index=True)
    price_amount: Mapped[int] = mapped_column(Amount)
    price_currency: Mapped[str] = mapped_column(String(3))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    reference_from_at: Mapped[datetime] = mapped_column(Instant)
    reference_until_at: Mapped[datetime] = mapped_column(Instant)
