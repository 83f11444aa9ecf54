"""Writing products: texts, status, pictures. Variants and prices have their own files; all of them lock the product."""

from __future__ import annotations

from typing import Any

from slugify import slugify
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from shop.catalog.errors import NoPrice
from shop.catalog.events import ProductChanged
from shop.catalog.models import PRODUCT_MOVES, Product, ProductImage, ProductStatus, Variant, VariantPrice
from shop.catalog.policy import can_edit_products
from shop.catalog.pricing import (
    check_live_price,
    end_live_price,
    extend_live_price,
    record_past_price,
    remove_price,
    set_price,
    start_live_price,
)
from shop.catalog.queries import lock_product
from shop.catalog.variants import VariantInput, save_variants
from shop.core import clock
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotAllowed, NotFound, WrongMove, require
from shop.core.events import publish
from shop.core.i18n import N_
from shop.media.models import Image

__all__ = [
    "VariantInput",
    "add_product_image",
    "archive_product",
    "check_live_price",
    "create_product",
    "duplicate_product",
    "end_live_price",
    "extend_live_price",
    "free_sku",
    "move_product_image",
    "order_product_images",
    "record_past_price",
    "remove_price",
    "remove_product_image",
    "save_variants",
    "set_price",
    "set_status",
    "start_live_price",
    "update_product",
]

MAXIMUM_IMAGES = 12
RESERVED_SLUGS = {"new", "import", "imports"}


def create_product(
    session: Session,
    *,
    actor: Actor,
    brand_id: str,
    title: dict[str, str],
    description: dict[str, str] | None = None,
    category: str = "",
    slug: str | None = None,
    options: list[dict[str, Any]] | None = None,
    variants: list[VariantInput] | None = None,
    status: ProductStatus = ProductStatus.DRAFT,
) -> Product:
    """A new product of a brand, by default a draft. Texts by language; at least an English or Italian title.

    Emits catalog.product_changed. Raises NotAllowed, InvalidInput, SkuTaken, NoPrice.
    """
    require(can_edit_products(actor, brand_id), NotAllowed)
    texts = _checked_title(title)
    product = Product(
        brand_id=brand_id,
        slug=free_slug(session, slug or texts.get("en") or texts.get("it") or ""),
        title=texts,
        description=_cleaned(description or {}),
        category=category.strip()[:60],
        status=ProductStatus.DRAFT,
    )
    session.add(product)
    session.flush()
    if options or variants:
        save_variants(session, actor=actor, product_id=product.id, options=options or [], variants=variants or [])
    if status is not ProductStatus.DRAFT:
        set_status(session, actor=actor, product_id=product.id, status=status)
    publish(session, ProductChanged(product_id=product.id))
    return product


def update_product(
    session: Session,
    *,
    actor: Actor,
    product_id: str,
    title: dict[str, str],
    description: dict[str, str],
    category: str = "",
) -> Product:
    """Change the texts. Locks the product. Emits catalog.product_changed. Raises NotAllowed, NotFound, InvalidInput."""
    product = lock_own_product(session, actor, product_id)
    product.title = _checked_title(title)
    product.description = _cleaned(description)
    product.category = category.strip()[:60]
    _touch(session, product)
    return product


def set_status(session: Session, *, actor: Actor, product_id: str, status: ProductStatus) -> Product:
    """Move a product by its table; a repeated move is ignored.

    Going on sale needs a price for every active variant. Locks the product. Emits catalog.product_changed. Raises
    NotAllowed, NotFound, WrongMove, NoPrice.
    """
    product = lock_own_product(session, actor, product_id)
    if product.status == status:
        return product
    if status not in PRODUCT_MOVES[ProductStatus(product.status)]:
        raise WrongMove
    if status is ProductStatus.ACTIVE:
        require(_can_be_sold(session, product.id), NoPrice)
    product.status = status
    _touch(session, product)
    return product


def archive_product(session: Session, *, actor: Actor, product_id: str) -> Product:
    """Take a product off sale; its page says so and shows similar ones, its orders keep their lines."""
    return set_status(session, actor=actor, product_id=product_id, status=ProductStatus.ARCHIVED)


def duplicate_product(session: Session, *, actor: Actor, product_id: str) -> Product:
    """A draft with the same texts, pictures, variants and prices; SKUs get the ending -COPY, stock starts at zero."""
    product = lock_own_product(session, actor, product_id)
    copy = create_product(
        session,
        actor=actor,
        brand_id=product.brand_id,
        title={language: f"{text} ({_COPY[language]})" for language, text in product.title.items()},
        description=product.description,
        category=product.category,
        slug=f"{product.slug}-copy",
        options=product.options,
        variants=_copied_variants(session, product.id),
    )
    images = session.scalars(select(ProductImage).where(ProductImage.product_id == product.id))
    session.add_all(
        ProductImage(product_id=copy.id, image_id=image.image_id, position=image.position) for image in images.all()
    )
    session.flush()
    return copy


_COPY = {"en": "copy", "it": "copia"}


def _copied_variants(session: Session, product_id: str) -> list[VariantInput]:
    variants = session.scalars(
        select(Variant).where(Variant.product_id == product_id, Variant.is_active).order_by(Variant.position)
    ).all()
    prices = session.scalars(select(VariantPrice).where(VariantPrice.variant_id.in_([v.id for v in variants]))).all()
    return [
        VariantInput(
            sku=free_sku(session, f"{variant.sku[:48]}-COPY"),
            choices=tuple(variant.choices),
            prices={price.price_currency: price.price_amount for price in prices if price.variant_id == variant.id},
        )
        for variant in variants
    ]


def free_sku(session: Session, wanted: str) -> str:
    """This SKU, or with a number at its end when it is taken."""
    stem, sku, number = wanted[:55], wanted[:55], 1
    while session.scalar(select(Variant.id).where(Variant.sku == sku)) is not None:
        number += 1
        sku = f"{stem}-{number}"
    return sku


def add_product_image(session: Session, *, actor: Actor, product_id: str, image_id: str) -> None:
    """Put a picture of the same brand last. Locks the product. Emits catalog.product_changed. Raises InvalidInput."""
    product = lock_own_product(session, actor, product_id)
    image = session.scalar(select(Image).where(Image.id == image_id, Image.brand_id == product.brand_id))
    if image is None:
        raise NotFound
    used, last = session.execute(
        select(func.count(), func.coalesce(func.max(ProductImage.position), -1)).where(
            ProductImage.product_id == product.id
        )
    ).one()
    if used >= MAXIMUM_IMAGES:
        raise InvalidInput(fields={"image": N_("Twelve pictures are the most.")})
    session.add(ProductImage(product_id=product.id, image_id=image.id, position=last + 1))
    _touch(session, product)


def remove_product_image(session: Session, *, actor: Actor, product_id: str, image_id: str) -> None:
    """Take a picture off the product; the file stays, because past orders show it."""
    product = lock_own_product(session, actor, product_id)
    session.execute(
        delete(ProductImage).where(ProductImage.product_id == product.id, ProductImage.image_id == image_id)
    )
    _touch(session, product)


def order_product_images(session: Session, *, actor: Actor, product_id: str, image_ids: list[str]) -> None:
    """Show pictures in this order; ids that are not the product's are ignored, missing ones follow at the end."""
    product = lock_own_product(session, actor, product_id)
    rows = session.scalars(
        select(ProductImage).where(ProductImage.product_id == product.id).order_by(ProductImage.position)
    ).all()
    places = {image_id: place for place, image_id in enumerate(image_ids)}
    for position, row in enumerate(sorted(rows, key=lambda row: places.get(row.image_id, len(places)))):
        row.position = position
    _touch(session, product)


def move_product_image(session: Session, *, actor: Actor, product_id: str, image_id: str, places: int) -> None:
    """Move a picture forwards (negative) or backwards by so many places, as far as there are places."""
    product = lock_own_product(session, actor, product_id)
    order = list(
        session.scalars(
            select(ProductImage.image_id)
            .where(ProductImage.product_id == product.id)
            .order_by(ProductImage.position, ProductImage.image_id)
        )
    )
    if image_id not in order:
        raise NotFound
    place = order.index(image_id)
    order.insert(max(0, place + places), order.pop(place))
    order_product_images(session, actor=actor, product_id=product_id, image_ids=order)


def lock_own_product(session: Session, actor: Actor, product_id: str) -> Product:
    """The product, locked, if the actor may change it. Another brand's is NotFound: its existence is not told."""
    product = lock_product(session, product_id)
    if not can_edit_products(actor, product.brand_id):
        raise NotAllowed if actor.has_role(product.brand_id) else NotFound
    return product


def free_slug(session: Session, wanted: str) -> str:
    """A slug that no product has, made from the text: `passo-uno`, `passo-uno-2`."""
    stem = slugify(wanted, max_length=70) or "product"
    if stem in RESERVED_SLUGS:
        stem = f"{stem}-1"
    taken = set(session.scalars(select(Product.slug).where(Product.slug.startswith(stem, autoescape=True))))
    if stem not in taken:
        return stem
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def _touch(session: Session, product: Product) -> None:
    product.updated_at = clock.now()
    session.flush()
    publish(session, ProductChanged(product_id=product.id))


def _checked_title(title: dict[str, str]) -> dict[str, str]:
    texts = _cleaned(title)
    if not texts:
        raise InvalidInput(fields={"title_en": N_("This is needed.")})
    return texts


def _cleaned(texts: dict[str, str]) -> dict[str, str]:
    """Languages without words are left out, so that readers fall back to the other one."""
    return {language: text.strip() for language, text in texts.items() if text.strip()}


def _can_be_sold(session: Session, product_id: str) -> bool:
    """At least one active variant, and every active variant has a price in the shop's first currency or another."""
    active = set(session.scalars(select(Variant.id).where(Variant.product_id == product_id, Variant.is_active)))
    priced = set(session.scalars(select(VariantPrice.variant_id).where(VariantPrice.variant_id.in_(active))))
    return bool(active) and active == priced
