"""Reading products: frozen views for pages, rows for services. What things cost is decided in `prices`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from shop.brands.models import Brand
from shop.catalog import slots
from shop.catalog.models import LivePrice, Product, ProductImage, ProductStatus, Variant, VariantPrice
from shop.catalog.prices import (
    PriceQuote,
    lower,
    lowest_prices,
    price_columns,
    quote_of,
    quote_prices,
    thirty_day_low,
)
from shop.core import clock
from shop.core.errors import NotFound
from shop.core.money import Money
from shop.media.models import Image
from shop.media.queries import ImageView

__all__ = [
    "BrandCard",
    "PriceQuote",
    "ProductView",
    "VariantView",
    "get_product",
    "load_product_view",
    "load_product_views",
    "lock_product",
    "lowest_prices",
    "quote_prices",
    "thirty_day_low",
]


@dataclass(frozen=True, kw_only=True)
class BrandCard:
    """The brand as product pages show it."""

    id: str
    slug: str
    name: str
    city: str
    country: str
    accent: str
    logo_image_id: str | None
    dispatch_days: int
    return_days: int


@dataclass(frozen=True, kw_only=True)
class VariantView:
    """One variant: what it costs now and how many can be sold. `choices` are value keys, `label` words by language."""

    id: str
    sku: str
    label: dict[str, str]
    choices: tuple[str, ...]
    quote: PriceQuote | None
    total: int
    left: int

    @property
    def price(self) -> Money | None:
        return self.quote.amount if self.quote else None

    @property
    def list_price(self) -> Money | None:
        return self.quote.list_price if self.quote else None

    @property
    def struck(self) -> Money | None:
        return self.quote.struck if self.quote else None

    @property
    def percent(self) -> int:
        return self.quote.percent if self.quote else 0

    @property
    def live_ends_at(self) -> datetime | None:
        return self.quote.live_ends_at if self.quote else None

    @property
    def sold_out(self) -> bool:
        """Nothing left, or not sold in this currency."""
        return self.left <= 0 or self.quote is None


@dataclass(frozen=True, kw_only=True)
class ProductView:
    """A product with everything a page says about it. Texts are by language."""

    id: str
    slug: str
    brand: BrandCard
    title: dict[str, str]
    description: dict[str, str]
    category: str
    status: ProductStatus
    options: tuple[dict[str, Any], ...]
    images: tuple[ImageView, ...]
    variants: tuple[VariantView, ...]
    updated_at: datetime

    @property
    def cheapest(self) -> VariantView | None:
        """The variant that "from" prices speak of: the cheapest that can be bought, else the cheapest."""
        priced = [variant for variant in self.variants if variant.quote is not None]
        can_sell = [variant for variant in priced if not variant.sold_out] or priced
        return min(can_sell, key=lambda variant: variant.quote.amount.amount if variant.quote else 0, default=None)

    @property
    def price_from(self) -> Money | None:
        return self.cheapest.price if self.cheapest else None

    @property
    def has_one_price(self) -> bool:
        return len({variant.price.amount for variant in self.variants if variant.price}) <= 1

    @property
    def live_ends_at(self) -> datetime | None:
        return self.cheapest.live_ends_at if self.cheapest else None

    @property
    def left(self) -> int:
        return sum(variant.left for variant in self.variants)

    @property
    def total(self) -> int:
        return sum(variant.total for variant in self.variants)

    @property
    def sold_out(self) -> bool:
        return all(variant.sold_out for variant in self.variants)

    @property
    def image(self) -> ImageView | None:
        return self.images[0] if self.images else None

    def variant(self, sku: str) -> VariantView | None:
        return next((variant for variant in self.variants if variant.sku == sku), None)

    def variant_of(self, variant_id: str) -> VariantView | None:
        return next((variant for variant in self.variants if variant.id == variant_id), None)


def load_product_view(
    session: Session, *, currency: str, slug: str | None = None, product_id: str | None = None
) -> ProductView:
    """One product in two statements, whatever its status; raises NotFound."""
    wanted = {"slug": slug} if slug is not None else {"product_id": product_id}
    views = _load_views(session, wanted, currency)
    if not views:
        raise NotFound
    return views[0]


def load_product_views(session: Session, product_ids: Sequence[str], currency: str) -> list[ProductView]:
    """Many products in two statements, in the order of the ids; unknown ids are left out."""
    if not product_ids:
        return []
    found = {view.id: view for view in _load_views(session, {"product_ids": sorted(set(product_ids))}, currency)}
    return [found[product_id] for product_id in product_ids if product_id in found]


@cache
def _product_rows(wanted: str) -> Select[Product, Brand, Image]:
    """Products with brand and pictures, by `slug`, `product_id` or `product_ids`; built once, run with that name."""
    conditions = {
        "slug": Product.slug == bindparam("slug"),
        "product_id": Product.id == bindparam("product_id"),
        "product_ids": Product.id.in_(bindparam("product_ids", expanding=True)),
    }
    return (
        select(Product, Brand, Image)
        .join(Brand, Brand.id == Product.brand_id)
        .outerjoin(ProductImage, ProductImage.product_id == Product.id)
        .outerjoin(Image, Image.id == ProductImage.image_id)
        .where(conditions[wanted])
        .order_by(Product.id, ProductImage.position, ProductImage.image_id)
    )


def _load_views(session: Session, wanted: dict[str, Any], currency: str) -> list[ProductView]:
    products: dict[str, tuple[Product, Brand]] = {}
    images: dict[str, list[ImageView]] = defaultdict(list)
    for product, brand, image in session.execute(_product_rows(next(iter(wanted))), wanted):
        products[product.id] = (product, brand)
        if image is not None:
            images[product.id].append(ImageView.of(image))
    variants = load_variants(session, {key: product.options for key, (product, _) in products.items()}, currency)
    return [
        _view(product, brand, tuple(images[product.id]), tuple(variants[product.id]))
        for product, brand in products.values()
    ]


def load_variants(
    session: Session, options: dict[str, list[dict[str, Any]]], currency: str
) -> dict[str, list[VariantView]]:
    """Active variants with price and stock of products (given with their options), in one statement."""
    found: dict[str, dict[str, VariantView]] = defaultdict(dict)
    if not options:
        return defaultdict(list)
    asked = {"currency": currency, "at": clock.now(), "product_ids": sorted(options)}
    rows = session.execute(_variant_rows(slots.stock()), asked)
    for row in rows:
        variant: Variant = row.Variant
        known = found[variant.product_id].get(variant.id)
        found[variant.product_id][variant.id] = VariantView(
            id=variant.id,
            sku=variant.sku,
            label=label_of(options[variant.product_id], variant.choices),
            choices=tuple(variant.choices),
            quote=lower(known.quote if known else None, quote_of(row, currency)),
            total=row.total,
            left=row.left,
        )
    views: dict[str, list[VariantView]] = defaultdict(list)
    views.update({product_id: list(variants.values()) for product_id, variants in found.items()})
    return views


@lru_cache(maxsize=4)
def _variant_rows(stock: slots.StockSource) -> Select[Any]:
    price = price_columns()
    left = func.coalesce(stock.left, 0)
    return (
        select(Variant, *price.columns, func.coalesce(stock.total, 0).label("total"), left.label("left"))
        .outerjoin(VariantPrice, price.price_on)
        .outerjoin(LivePrice, price.live_on)
        .outerjoin(stock.table, stock.variant_id == Variant.id)
        .where(Variant.product_id.in_(bindparam("product_ids", expanding=True)), Variant.is_active)
        .order_by(Variant.position, Variant.id)
    )


def label_of(options: Sequence[dict[str, Any]], choices: Sequence[str]) -> dict[str, str]:
    """The words of a variant's choices: `{"en": "38, white", "it": "38, bianco"}`; empty without options."""
    chosen = [
        next((value["label"] for value in option["values"] if value["key"] == key), {"en": key})
        for option, key in zip(options, choices, strict=False)
    ]
    languages = sorted({language for label in chosen for language in label})
    return {
        language: ", ".join(
            label.get(language) or label.get("en") or next(iter(label.values()), "") for label in chosen
        )
        for language in languages
    }


def brand_card(brand: Brand) -> BrandCard:
    return BrandCard(
        id=brand.id,
        slug=brand.slug,
        name=brand.name,
        city=brand.city,
        country=brand.country,
        accent=brand.accent,
        logo_image_id=brand.logo_image_id,
        dispatch_days=brand.dispatch_days,
        return_days=brand.return_days,
    )


def _view(
    product: Product, brand: Brand, images: tuple[ImageView, ...], variants: tuple[VariantView, ...]
) -> ProductView:
    return ProductView(
        id=product.id,
        slug=product.slug,
        brand=brand_card(brand),
        title=product.title,
        description=product.description,
        category=product.category,
        status=ProductStatus(product.status),
        options=tuple(product.options),
        images=images,
        variants=variants,
        updated_at=product.updated_at,
    )


def get_product(
    session: Session, product_id: str | None = None, *, slug: str | None = None, brand_id: str | None = None
) -> Product:
    """One product by id or slug; with `brand_id`, another brand's is NotFound."""
    wanted = [Product.slug == slug if slug is not None else Product.id == product_id]
    if brand_id is not None:
        wanted.append(Product.brand_id == brand_id)
    product = session.scalar(select(Product).where(*wanted))
    if product is None:
        raise NotFound
    return product


def lock_product(session: Session, product_id: str) -> Product:
    """Locks the product's row: its prices, variants and pictures change one after another."""
    product = session.scalar(
        select(Product).where(Product.id == product_id).with_for_update().execution_options(populate_existing=True)
    )
    if product is None:
        raise NotFound
    return product


def active_product_ids(session: Session, *, brand_id: str, limit: int = 60, without: str | None = None) -> list[str]:
    """Products on sale, newest first."""
    wanted = [Product.brand_id == brand_id, Product.status == ProductStatus.ACTIVE]
    if without is not None:
        wanted.append(Product.id != without)
    return list(session.scalars(select(Product.id).where(*wanted).order_by(Product.id.desc()).limit(limit)))
