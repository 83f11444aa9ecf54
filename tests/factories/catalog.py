"""Products for tests: small, priced and in stock unless a test says otherwise."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image as Pillow
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.brands.models import Brand
from shop.catalog import service as catalog
from shop.catalog.models import Product, ProductStatus, Variant
from shop.catalog.service import VariantInput
from shop.core.actor import SYSTEM
from shop.inventory import service as inventory


def size_option(*sizes: str) -> dict[str, Any]:
    return {
        "name": {"en": "Size", "it": "Taglia"},
        "values": [{"key": size, "label": {"en": size, "it": size}} for size in sizes],
    }


def make_product(
    session: Session,
    brand: Brand,
    *,
    slug: str = "passo-uno",
    title: str = "Passo Uno",
    sizes: tuple[str, ...] = ("38", "39"),
    amount: int = 10900,
    usd: int | None = 11900,
    stock: int = 5,
    status: ProductStatus = ProductStatus.ACTIVE,
) -> Product:
    """A product of the brand: SKUs are `PASSO-UNO-38`, …; without sizes there is one variant called by the slug."""
    prices: dict[str, int | None] = {"EUR": amount} if usd is None else {"EUR": amount, "USD": usd}
    stem = slug.upper()
    rows = [VariantInput(sku=f"{stem}-{size}", choices=(size,), prices=prices) for size in sizes]
    product = catalog.create_product(
        session,
        actor=SYSTEM,
        brand_id=brand.id,
        slug=slug,
        title={"en": title, "it": f"{title} (it)"},
        description={"en": "Cut and stitched by hand.", "it": "Tagliata e cucita a mano."},
        options=[size_option(*sizes)] if sizes else [],
        variants=rows or [VariantInput(sku=stem, prices=prices)],
        status=status,
    )
    for variant in variants_of(session, product):
        if stock:
            inventory.receive(session, actor=SYSTEM, variant_id=variant.id, quantity=stock)
    return product


def variants_of(session: Session, product: Product) -> list[Variant]:
    return list(
        session.scalars(
            select(Variant).where(Variant.product_id == product.id, Variant.is_active).order_by(Variant.position)
        )
    )


def picture(width: int = 64, height: int = 64, *, kind: str = "JPEG", **extra: Any) -> bytes:
    """An honest picture file."""
    out = io.BytesIO()
    Pillow.effect_mandelbrot((width, height), (-3, -2.5, 2, 2.5), 30).convert("RGB").save(out, kind, **extra)
    return out.getvalue()
