"""A brand's products as a table: search, filters, order, pages; all of it from the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from shop.catalog import slots
from shop.catalog.models import Product, ProductStatus, Variant
from shop.catalog.queries import ProductView, load_product_views

PER_PAGE = 25
LOW_STOCK = 10

StockFilter = Literal["", "low", "out"]
Order = Literal["newest", "title", "stock"]


@dataclass(frozen=True, kw_only=True)
class ProductFilter:
    """What somebody looks for; empty values mean everything."""

    text: str = ""
    status: ProductStatus | None = None
    category: str = ""
    stock: StockFilter = ""
    order: Order = "newest"
    page: int = 1


@dataclass(frozen=True, kw_only=True)
class ProductPage:
    """One page of the table and the figures around it."""

    products: list[ProductView]
    total: int
    page: int
    pages: int
    by_status: dict[ProductStatus, int]
    categories: list[str]
    variants: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.page * PER_PAGE, self.total)


def list_products(session: Session, *, brand_id: str, wanted: ProductFilter, currency: str) -> ProductPage:
    """One page; a page number past the end shows the last one."""
    found = _matching(brand_id, wanted)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(wanted.page, 1), pages)
    ids = session.scalars(_ordered(found, wanted.order).limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    by_status = session.execute(
        select(Product.status, func.count()).where(Product.brand_id == brand_id).group_by(Product.status)
    ).all()
    return ProductPage(
        products=load_product_views(session, list(ids), currency),
        total=total,
        page=page,
        pages=pages,
        by_status={ProductStatus(status): count for status, count in by_status},
        categories=_categories(session, brand_id),
        variants=session.scalar(
            select(func.count())
            .select_from(Variant)
            .join(Product, Product.id == Variant.product_id)
            .where(Product.brand_id == brand_id, Variant.is_active, Product.status != ProductStatus.ARCHIVED)
        )
        or 0,
    )


def find_on_sale(session: Session, *, brand_id: str | None, text: str, currency: str, limit: int) -> list[ProductView]:
    """Products on sale with these words in a title or SKU, newest first; without words simply the newest.

    `brand_id=None` looks through all brands.
    """
    wanted = ProductFilter(text=text, status=ProductStatus.ACTIVE)
    ids = session.scalars(_ordered(_matching(brand_id, wanted), "newest").limit(limit)).all()
    return load_product_views(session, list(ids), currency)


def _categories(session: Session, brand_id: str) -> list[str]:
    wanted = select(Product.category).where(Product.brand_id == brand_id, Product.category != "").distinct()
    return sorted(session.scalars(wanted), key=str.casefold)


def _matching(brand_id: str | None, wanted: ProductFilter) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [Product.brand_id == brand_id] if brand_id is not None else []
    if wanted.status is not None:
        conditions.append(Product.status == wanted.status)
    if wanted.category:
        conditions.append(Product.category == wanted.category)
    if wanted.text:
        conditions.append(_speaks_of(wanted.text))
    if wanted.stock == "low":
        conditions.append(_left_of_product().between(1, LOW_STOCK))
    elif wanted.stock == "out":
        conditions.append(_left_of_product() <= 0)
    return select(Product.id).where(*conditions)


def _speaks_of(text: str) -> ColumnElement[bool]:
    """The words in a title of either language, or a SKU."""
    pattern = _like(text.lower())
    titles = [func.lower(Product.title[language].as_string()).like(pattern, escape="\\") for language in ("en", "it")]
    has_sku = (
        select(Variant.id)
        .where(Variant.product_id == Product.id, func.lower(Variant.sku).like(pattern, escape="\\"))
        .exists()
    )
    return or_(*titles, has_sku)


def _like(text: str) -> str:
    for special in ("\\", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"


def _left_of_product() -> ColumnElement[int]:
    stock = slots.stock()
    left = (
        select(func.sum(stock.left))
        .select_from(Variant)
        .join(stock.table, stock.variant_id == Variant.id)
        .where(Variant.product_id == Product.id, Variant.is_active)
        .correlate(Product)
        .scalar_subquery()
    )
    return func.coalesce(left, 0)


def _ordered(found: Select[Any], order: Order) -> Select[Any]:
    by: Sequence[Any] = {
        "newest": (Product.id.desc(),),
        "title": (func.lower(Product.title["en"].as_string()), Product.id),
        "stock": (_left_of_product(), Product.id),
    }[order]
    return found.order_by(*by)
