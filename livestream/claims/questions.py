"""The question behind an unclear claim: what to show, and which buttons answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from livestream.claims.grammar import Ambiguous, Doubt
from livestream.claims.queries import ClaimView
from livestream.claims.words import COMMON_CHOICES, tokens_of
from livestream.rooms.protocol import VariantChoice
from livestream.rooms.shelf import ShelfProduct
from shop.core.money import Money

FEW = 5


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One button. Without a variant it asks on; `left` is 0 for what has a line already."""

    item_id: str
    variant_id: str
    number: int
    label: dict[str, str]
    left: int
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Question:
    """`kind` is item, size, variant, quantity or fewer. `few` are shown, `more` come with "Other sizes".

    `claim_id` is the claim that the answer changes, if it is about one.
    """

    kind: str
    title: dict[str, str] | None
    image_url: str
    price: Money | None
    few: tuple[Choice, ...]
    more: tuple[Choice, ...] = ()
    claim_id: str = ""
    left: int = 0


def question_about(asked: Ambiguous, shelf: Sequence[ShelfProduct], *, most: int) -> Question:
    """What to ask a shopper whose words left something open. `most` is the cap per item."""
    products = {product.item_id: product for product in shelf}
    meant = [products[item_id] for item_id in asked.item_ids if item_id in products]
    if asked.doubt is Doubt.WHICH_ITEM:
        return _which_item(meant, asked)
    variants = [v for v in meant[0].variants if v.variant_id in asked.variant_ids]
    if asked.doubt is Doubt.QUANTITY and len(variants) == 1:
        return how_many(meant[0], variants[0], most=most)
    return which_variant(meant[0], variants, quantity=min(asked.quantity, most))


def _which_item(meant: Sequence[ShelfProduct], asked: Ambiguous) -> Question:
    choices = []
    for product in meant:
        known = [variant for variant in product.variants if variant.variant_id in asked.variant_ids]
        exact = known[0] if len(known) == 1 else product.variants[0] if len(product.variants) == 1 else None
        label = {
            code: f"{text}, {exact.label[code]}" if exact and code in exact.label else text
            for code, text in product.title.items()
        }
        choices.append(
            Choice(
                item_id=product.item_id,
                variant_id=exact.variant_id if exact else "",
                number=product.number,
                label=label,
                left=exact.left if exact else product.left,
                quantity=asked.quantity,
            )
        )
    few, more = tuple(choices[:FEW]), tuple(choices[FEW:])
    return Question(kind="item", title=None, image_url="", price=None, few=few, more=more)


def which_variant(
    product: ShelfProduct, variants: Sequence[VariantChoice], *, quantity: int = 1, claim: ClaimView | None = None
) -> Question:
    """Which size, or which one: at most five that are in stock, the others behind a button."""
    choices = [_choice(product, variant, quantity) for variant in variants]
    few = [choice for choice in choices if choice.left >= quantity][:FEW] or choices[:FEW]
    are_sizes = all(_is_size(text) for variant in variants for text in variant.label.values())
    return Question(
        kind="size" if are_sizes and len(variants) > 1 else "variant",
        title=product.title,
        image_url=product.image_url,
        price=product.price,
        few=tuple(few),
        more=tuple(choice for choice in choices if choice not in few),
        claim_id=claim.id if claim else "",
    )


def _choice(product: ShelfProduct, variant: VariantChoice, quantity: int) -> Choice:
    return Choice(
        item_id=product.item_id,
        variant_id=variant.variant_id,
        number=product.number,
        label=variant.label or product.title,
        left=variant.left,
        quantity=quantity,
    )


def _is_size(label: str) -> bool:
    tokens = tokens_of(label) or []
    return bool(tokens) and all(token[0].isdigit() or token in COMMON_CHOICES or token == "eu" for token in tokens)


def how_many(product: ShelfProduct, variant: VariantChoice, *, most: int, claim: ClaimView | None = None) -> Question:
    """How many of a variant: one to the cap, as far as there are."""
    pieces = max(1, min(most, variant.left, FEW))
    choice = _choice(product, variant, 1)
    return Question(
        kind="quantity",
        title=product.title,
        image_url=product.image_url,
        price=variant.price,
        few=tuple(replace(choice, quantity=number, label={}) for number in range(1, pieces + 1)),
        claim_id=claim.id if claim else "",
    )


def only_so_many(product: ShelfProduct, variant: VariantChoice, left: int) -> Question:
    """Fewer are left than were asked for."""
    return Question(
        kind="fewer",
        title=product.title,
        image_url=product.image_url,
        price=variant.price,
        few=(replace(_choice(product, variant, left), label={}),),
        left=left,
    )
