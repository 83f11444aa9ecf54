"""The products of a room with stock and the prices that hold now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from livestream.rooms.models import LineUpItem
from livestream.rooms.protocol import Texts, VariantChoice
from shop.catalog.models import LivePrice, Product, ProductImage, Variant, VariantPrice
from shop.catalog.prices import PriceQuote, lower, price_columns, quote_of
from shop.catalog.queries import label_of
from shop.core.money import Money
from shop.inventory.models import StockLevel
from shop.media.models import Image
from shop.media.queries import image_url

PICTURE_WIDTH = 320


@dataclass(frozen=True, kw_only=True)
class ShelfProduct:
    """One product of the run of show. `price` is the lowest of its variants; `struck` belongs to that variant."""

    item_id: str
    number: int
    product_id: str
    slug: str
    title: Texts
    image_url: str
    image_alt: Texts
    pin_seconds: int
    live_price: dict[str, int]
    shown_at: datetime | None
    price: Money
    struck: Money | None
    percent: int
    live_ends_at: datetime | None
    left: int
    total: int
    variants: tuple[VariantChoice, ...]


def load_shelf(
    session: Session, *, stream_id: str, currency: str, at: datetime, product_ids: list[str] | None = None
) -> list[ShelfProduct]:
    """The run of show in order (or only some products of it), in one statement.

    Products without a price in the currency are left out.
    """
    grouped: dict[str, dict[str, _Row]] = {}
    asked: dict[str, Any] = {"stream_id": stream_id, "currency": currency, "at": at}
    if product_ids is not None:
        asked["product_ids"] = product_ids
    for row in session.execute(_shelf_rows(some=product_ids is not None), asked):
        quote = quote_of(row, currency)
        if quote is None:
            continue
        variants = grouped.setdefault(row.LineUpItem.id, {})
        known = variants.get(row.Variant.id)
        best = lower(known.quote if known else None, quote) or quote
        variants[row.Variant.id] = _Row(row.LineUpItem, row.Product, row.Variant, row.StockLevel, row.Image, best)
    return [_as_product(list(rows.values())) for rows in grouped.values()]


class _Row(NamedTuple):
    item: LineUpItem
    product: Product
    variant: Variant
    level: StockLevel | None
    picture: Image | None
    quote: PriceQuote


@cache
def _shelf_rows(*, some: bool) -> Select[Any]:
    """Built once; run with `stream_id`, `currency`, `at` and, for some products only, `product_ids`."""
    first_picture = (
        select(ProductImage.image_id)
        .where(ProductImage.product_id == Product.id)
        .order_by(ProductImage.position, ProductImage.image_id)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )
    price = price_columns()
    query = (
        select(LineUpItem, Product, Variant, StockLevel, Image, *price.columns)
        .join(Product, Product.id == LineUpItem.product_id)
        .join(Variant, (Variant.product_id == Product.id) & Variant.is_active)
        .outerjoin(VariantPrice, price.price_on)
        .outerjoin(LivePrice, price.live_on)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(Image, Image.id == first_picture)
        .where(LineUpItem.stream_id == bindparam("stream_id"))
        .order_by(LineUpItem.position, LineUpItem.id, Variant.position, Variant.id)
        .execution_options(populate_existing=True)
    )
    wanted = LineUpItem.product_id.in_(bindparam("product_ids", expanding=True))
    return query.where(wanted) if some else query


def _as_product(rows: list[_Row]) -> ShelfProduct:
    item, product, picture = rows[0].item, rows[0].product, rows[0].picture
    best = min((row.quote for row in rows), key=lambda quote: quote.amount.amount)
    return ShelfProduct(
        item_id=item.id,
        number=item.number,
        product_id=product.id,
        slug=product.slug,
        title=product.title,
        image_url=image_url(picture.id, PICTURE_WIDTH) if picture else "",
        image_alt=picture.alt if picture else product.title,
        pin_seconds=item.pin_seconds,
        live_price=item.live_price,
        shown_at=item.shown_at,
        price=best.amount,
        struck=best.struck,
        percent=best.percent,
        live_ends_at=best.live_ends_at,
        left=sum(_left(row.level) for row in rows),
        total=sum(row.level.stock for row in rows if row.level),
        variants=tuple(
            VariantChoice(
                sku=row.variant.sku,
                variant_id=row.variant.id,
                label=label_of(product.options, row.variant.choices),
                left=_left(row.level),
                price=row.quote.amount,
            )
            for row in rows
        ),
    )


def _left(level: StockLevel | None) -> int:
    return max(0, level.stock - level.held - level.sold) if level else 0
