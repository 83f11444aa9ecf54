"""Options and the variants they make: one save for the whole matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product as combinations
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalog import pricing
from shop.catalog.errors import SkuTaken
from shop.catalog.events import ProductChanged
from shop.catalog.models import Product, Variant, VariantPrice
from shop.catalog.policy import can_edit_products
from shop.catalog.queries import lock_product
from shop.core import clock
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotAllowed, NotFound
from shop.core.events import publish
from shop.core.i18n import N_
from shop.core.money import Money

MAXIMUM_OPTIONS = 3
MAXIMUM_VALUES = 30
MAXIMUM_VARIANTS = 100


@dataclass(frozen=True, kw_only=True)
class VariantInput:
    """One row of the matrix. `prices` are minor units by currency; a currency set to None is taken away."""

    sku: str
    choices: tuple[str, ...] = ()
    prices: dict[str, int | None] = field(default_factory=dict)


def save_variants(
    session: Session,
    *,
    actor: Actor,
    product_id: str,
    options: list[dict[str, Any]],
    variants: list[VariantInput],
) -> None:
    """Make the product's variants exactly these; rows are recognised by their choices.

    Variants that are no longer there become inactive (their orders and stock history stay). Locks the product. Emits
    catalog.product_changed and catalog.price_changed. Raises NotAllowed, InvalidInput, SkuTaken.
    """
    product = lock_product(session, product_id)
    if not can_edit_products(actor, product.brand_id):
        raise NotAllowed if actor.has_role(product.brand_id) else NotFound
    check_options(options)
    _check_variants(options, variants)
    _check_skus(session, product, variants)
    product.options = options
    product.updated_at = clock.now()
    known = {
        tuple(row.choices): row
        for row in session.scalars(
            select(Variant).where(Variant.product_id == product.id).order_by(Variant.is_active, Variant.position.desc())
        )
    }
    _park_skus(session, known, variants)
    kept = [
        _save_one(session, product, known.get(tuple(row.choices)), row, position)
        for position, row in enumerate(variants)
    ]
    for row in known.values():
        row.is_active = row.id in {variant.id for variant in kept}
    session.flush()
    for variant, wanted in zip(kept, variants, strict=True):
        _save_prices(session, actor, variant, wanted)
    publish(session, ProductChanged(product_id=product.id))


def check_options(options: list[dict[str, Any]]) -> None:
    """At most three options, each with a name and 1 to 30 different values."""
    if len(options) > MAXIMUM_OPTIONS:
        raise InvalidInput(fields={"options": N_("Three options are the most.")})
    for option in options:
        keys = [value["key"] for value in option["values"]]
        if not keys or len(keys) > MAXIMUM_VALUES:
            raise InvalidInput(fields={"options": N_("Every option needs 1 to 30 values.")})
        if len(set(keys)) != len(keys):
            raise InvalidInput(fields={"options": N_("The values of an option must differ.")})
        if not any(option["name"].values()):
            raise InvalidInput(fields={"options": N_("Every option needs a name.")})


def all_choices(options: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Every combination of values, in the order of the options; one empty combination without options."""
    return list(combinations(*[[value["key"] for value in option["values"]] for option in options]))


def _check_variants(options: list[dict[str, Any]], variants: list[VariantInput]) -> None:
    if not variants:
        raise InvalidInput(fields={"variants": N_("A product needs at least one variant.")})
    if len(variants) > MAXIMUM_VARIANTS:
        raise InvalidInput(fields={"variants": N_("One hundred variants are the most.")})
    possible = set(all_choices(options))
    choices = [row.choices for row in variants]
    if len(set(choices)) != len(choices) or not set(choices) <= possible:
        raise InvalidInput(fields={"variants": N_("Every combination of values can be there once.")})


def _check_skus(session: Session, product: Product, variants: list[VariantInput]) -> None:
    skus = [row.sku for row in variants]
    for sku in skus:
        if not sku or len(sku) > 60 or skus.count(sku) > 1:
            raise InvalidInput(fields={"sku": N_("Every variant needs its own SKU.")})
    taken = session.scalar(select(Variant.sku).where(Variant.sku.in_(skus), Variant.product_id != product.id).limit(1))
    if taken is not None:
        raise SkuTaken(sku=taken)


def _park_skus(session: Session, known: dict[tuple[str, ...], Variant], variants: list[VariantInput]) -> None:
    """Two rows may swap SKUs, and a new row may take the SKU of one that goes; the unique column sees no overlap."""
    wanted = {row.sku: tuple(row.choices) for row in variants}
    for choices, row in known.items():
        if row.sku in wanted and wanted[row.sku] != choices:
            row.sku = row.id
    session.flush()


def _save_one(
    session: Session, product: Product, known: Variant | None, wanted: VariantInput, position: int
) -> Variant:
    variant = known or Variant(product_id=product.id, choices=list(wanted.choices))
    variant.sku, variant.position, variant.is_active = wanted.sku, position, True
    session.add(variant)
    session.flush()
    return variant


def _save_prices(session: Session, actor: Actor, variant: Variant, wanted: VariantInput) -> None:
    for currency, amount in sorted(wanted.prices.items()):
        if amount is not None:
            pricing.set_price(session, actor=actor, variant_id=variant.id, price=Money(amount, currency))
        elif _has_price(session, variant.id, currency):
            pricing.remove_price(session, actor=actor, variant_id=variant.id, currency=currency)


def _has_price(session: Session, variant_id: str, currency: str) -> bool:
    wanted = (VariantPrice.variant_id == variant_id, VariantPrice.price_currency == currency)
    return session.scalar(select(VariantPrice.id).where(*wanted)) is not None
