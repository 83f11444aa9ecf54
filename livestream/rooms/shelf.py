"""The products of a room with stock and the prices that hold now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select
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
    grouped: dict[str, dict[str, _Choice]] = {}
    asked: dict[str, Any] = {"stream_id": stream_id, "currency": currency, "at": at}
    if product_ids is not None:
        asked["product_ids"] = product_ids
    for row in session.execute(_shelf_rows(some=product_ids is not None), asked):
        quote = quote_of(row, currency)
        if quote is None:
            continue
        variants = grouped.setdefault(row.item_id, {})
        known = variants.get(row.variant_id)
        variants[row.variant_id] = _Choice(row, lower(known.quote if known else None, quote) or quote)
    return [_as_product(list(choices.values())) for choices in grouped.values()]


class _Choice(NamedTuple):
    """A variant's row of `_shelf_rows` with the price that holds."""

    row: Any
    quote: PriceQuote


@cache
def _shelf_rows(*, some: bool) -> Select[Any]:
    """Built once; run with `stream_id`, `currency`, `at` and, for some products only, `product_ids`.

    Columns, not entities: a shelf has a row per variant and shows a third of what the tables hold.
    """
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
        select(
            LineUpItem.id.label("item_id"),
            LineUpItem.number,
            LineUpItem.pin_seconds,
            LineUpItem.live_price,
            LineUpItem.shown_at,
            Product.id.label("product_id"),
            Product.slug,
            Product.title,
            Product.options,
            Variant.id.label("variant_id"),
            Variant.sku,
            Variant.choices,
            func.coalesce(StockLevel.stock, 0).label("stock"),
            func.coalesce(StockLevel.stock - StockLevel.held - StockLevel.sold, 0).label("left"),
            Image.id.label("image_id"),
            Image.alt.label("image_alt"),
            *price.columns,
        )
        .join(Product, Product.id == LineUpItem.product_id)
        .join(Variant, (Variant.product_id == Product.id) & Variant.is_active)
        .outerjoin(VariantPrice, price.price_on)
        .outerjoin(LivePrice, price.live_on)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(Image, Image.id == first_picture)
        .where(LineUpItem.stream_id == bindparam("stream_id"))
        .order_by(LineUpItem.position, LineUpItem.id, Variant.position, Variant.id)
    )
    wanted = LineUpItem.product_id.in_(bindparam("product_ids", expanding=True))
    return query.where(wanted) if some else query


def _as_product(choices: list[_Choice]) -> ShelfProduct:
    first = choices[0].row
    best = min((choice.quote for choice in choices), key=lambda quote: quote.amount.amount)
    return ShelfProduct(
        item_id=first.item_id,
        number=first.number,
        product_id=first.product_id,
        slug=first.slug,
        title=first.title,
        image_url=image_url(first.image_id, PICTURE_WIDTH) if first.image_id else "",
        image_alt=first.image_alt if first.image_id else first.title,
        pin_seconds=first.pin_seconds,
        live_price=first.live_price,
        shown_at=first.shown_at,
        price=best.amount,
        struck=best.struck,
        percent=best.percent,
        live_ends_at=best.live_ends_at,
        left=sum(max(0, row.left) for row, _ in choices),
        total=sum(row.stock for row, _ in choices),
        variants=tuple(
            VariantChoice(
                sku=row.sku,
                variant_id=row.variant_id,
                label=label_of(first.options, row.choices),
                left=max(0, row.left),
                price=quote.amount,
            )
            for row, quote in choices
        ),
    )
