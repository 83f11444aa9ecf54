"""What a comment asks for: a claim, giving one back, nothing, or something worth a question.

    CLAIM [NUMBER] [CHOICES] [QUANTITY]     sold 12 38 ×2 · mine · preso 42 · lo prendo rosso · 38 mia
    PASS | CANCEL [NUMBER] [CHOICES]        pass · passo 12 · annulla la mia
    CHANGE CHOICES [QUANTITY]               change 43 · cambia 43 · cambia in rosso

Strict: every word must have its place, or it is chatter ("mine arrived yesterday"). Without a number the product
that is pinned is meant. Pure and bounded: twelve tokens at most, each with a handful of readings. Never raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from livestream.claims import words
from livestream.claims.lexicon import ItemWords, ShowWords, longest_start
from livestream.claims.readings import MOST, Reading, readings
from livestream.claims.words import Phrase

CLAIM_WORDS: tuple[str, ...] = (
    "sold", "mine", "vendu", "preso", "presa", "mio", "mia", "lo prendo", "la prendo", "prendo", "ne prendo",
    "è mia", "è mio", "I'll take it", "I take it",
)  # fmt: skip
PASS_WORDS: frozenset[Phrase] = frozenset(
    tuple(text.split())
    for text in ("pass", "passo", "i pass", "i ll pass", "lascio", "la lascio", "lo lascio", "rinuncio")
)
CANCEL_WORDS: frozenset[Phrase] = frozenset(
    tuple(text.split())
    for text in (
        "cancel", "cancel mine", "cancel my claim", "cancel it", "annulla", "annullo", "annulla la mia", "annulla il mio",
    )
)  # fmt: skip


CHANGE_WORDS: frozenset[Phrase] = frozenset(
    tuple(text.split()) for text in ("change", "change to", "cambia", "cambio", "cambia con", "cambio con", "meglio")
)
# No show can make these its claim words.
TAKEN_WORDS = PASS_WORDS | CANCEL_WORDS | CHANGE_WORDS


class Doubt(StrEnum):
    """Why a claim needs a question."""

    WHICH_ITEM = "which_item"  # No product is pinned and none is named, or the number is both an item and a size.
    WHICH_VARIANT = "which_variant"
    UNKNOWN_CHOICE = "unknown_choice"  # A size, colour or number that this product does not come in.
    QUANTITY = "quantity"


@dataclass(frozen=True, kw_only=True)
class NotAClaim:
    """Chatter."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Exactly this variant, so many. `number` is null when the pinned product was meant."""

    number: int | None
    item_id: str
    variant_id: str
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Ambiguous:
    """A claim with something missing: the items that may be meant, and the variants of them as far as they are known."""

    doubt: Doubt
    item_ids: tuple[str, ...]
    variant_ids: tuple[str, ...] = ()
    quantity: int = 1


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one has claimed, in another size or colour: the variants that the words name, in whatever item."""

    variant_ids: tuple[str, ...]
    quantity: int | None = None


@dataclass(frozen=True, kw_only=True)
class GivingBack:
    """A claim goes back. Nothing named: the one on the pinned product, else the latest."""

    item_ids: tuple[str, ...] = ()
    variant_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pass(GivingBack):
    """`pass`, `passo`."""


@dataclass(frozen=True, kw_only=True)
class Cancel(GivingBack):
    """`cancel`, `annulla`."""


Parsed = NotAClaim | Claim | Ambiguous | Change | Pass | Cancel
NOTHING = NotAClaim()


def parse(comment: str, show: ShowWords) -> Parsed:
    """What the comment asks for in this show."""
    tokens = words.tokens_of(comment)
    if not tokens or not show.items:
        return NOTHING
    if tokens[0] in words.OPENERS:
        tokens = tokens[1:]
    if any(tuple(tokens) in item.names for item in show.items):
        return NOTHING  # A product's name alone: "Passo Uno" passes nothing.
    returned = _giving_back(tokens, show)
    if returned is not None:
        return returned
    changed = _changing(tokens, show)
    if changed is not None:
        return changed
    rest = _after_claim_word(tokens, show.claim_words)
    return NOTHING if rest is None else _claim(rest, show)


def _after_claim_word(tokens: list[str], phrases: frozenset[Phrase]) -> list[str] | None:
    """What remains when the claim word stood first (said once or more), or last after bare facts."""
    first = longest_start(tokens, phrases)
    if first:
        while tokens[: len(first)] == list(first):
            tokens = tokens[len(first) :]
        return tokens
    last = max((p for p in phrases if tuple(tokens[-len(p) :]) == p), key=len, default=())
    facts = tokens[: -len(last)] if last else []
    is_claim = bool(set(facts) - words.FILLERS) and not words.ARTICLES & set(facts)
    return facts if is_claim else None


@dataclass(frozen=True, kw_only=True)
class _Target:
    """An item that the tokens may mean, and the tokens that are left to say which variant and how many."""

    item: ItemWords
    rest: tuple[str, ...]
    is_said: bool  # By name, by number or by mark; else it is what is pinned.
    is_sure: bool  # By name or by mark: no other item can be meant.


def _targets(tokens: Sequence[str], show: ShowWords) -> list[_Target]:
    """Items that may be meant, the surest first."""
    sure = [*_marked(tokens, show), *_named(tokens, show)]
    if sure:
        return sure
    found = []
    for at, token in enumerate(tokens):
        item = show.numbered(token)
        if item is not None:
            found.append(_Target(item=item, rest=_without(tokens, at, 1), is_said=True, is_sure=False))
            break  # The number comes before the size.
    if show.pinned is not None:
        found.append(_Target(item=show.pinned, rest=tuple(tokens), is_said=False, is_sure=False))
    return found


def _without(tokens: Sequence[str], at: int, width: int) -> tuple[str, ...]:
    return (*tokens[:at], *tokens[at + width :])


def _marked(tokens: Sequence[str], show: ShowWords) -> Iterator[_Target]:
    """`#12`, `item 12`, `articolo 12`."""
    for at, token in enumerate(tokens):
        width = 2 if token in words.ITEM_MARKERS and at + 1 < len(tokens) else 1
        item = show.numbered(tokens[at + width - 1]) if width == 2 or token.startswith("#") else None
        if item is not None:
            yield _Target(item=item, rest=_without(tokens, at, width), is_said=True, is_sure=True)


def _named(tokens: Sequence[str], show: ShowWords) -> Iterator[_Target]:
    for item in show.items:
        for name in item.names:
            for at in range(len(tokens) - len(name) + 1):
                if tuple(tokens[at : at + len(name)]) == name:
                    rest = _without(tokens, at, len(name))
                    yield _Target(item=item, rest=rest, is_said=True, is_sure=True)


def _claim(tokens: Sequence[str], show: ShowWords) -> Parsed:
    targets = _targets(tokens, show)
    sure = [found for target in targets if (found := _exact(target, show)) is not None]
    if len({found.item_id if isinstance(found, Claim) else found.item_ids[0] for found in sure}) > 1:
        return _which_item(sure)
    if sure:
        return sure[0]
    if not targets:
        targets = [_nowhere(tokens)]
    doubts = [
        (reading.unknown, -len(reading.choices), _doubt(target.item, reading, show))
        for target in targets
        for reading in readings(target.rest, target.item, show)[:1]
    ]
    return min(doubts, key=lambda doubt: doubt[:2])[2] if doubts else NOTHING


def _which_item(found: Sequence[Claim | Ambiguous]) -> Ambiguous:
    """A number that is an item's and also a size of what is pinned."""
    items = [one.item_id if isinstance(one, Claim) else one.item_ids[0] for one in found]
    return Ambiguous(
        doubt=Doubt.WHICH_ITEM,
        item_ids=tuple(dict.fromkeys(items)),
        variant_ids=tuple(one.variant_id for one in found if isinstance(one, Claim)),
        quantity=found[0].quantity,
    )


def _nowhere(tokens: Sequence[str]) -> _Target:
    """Nothing is pinned and nothing is named."""
    nothing = ItemWords(item_id="", number=0, names=frozenset(), variants=())
    return _Target(item=nothing, rest=tuple(tokens), is_said=False, is_sure=False)


def _exact(target: _Target, show: ShowWords) -> Claim | Ambiguous | None:
    """The first reading in which all is known; of a product in several variants, the question which one."""
    item = target.item
    for reading in readings(target.rest, item, show):
        variants = item.fitting(reading.choices)
        quantity = reading.quantity or 1
        if reading.unknown or not variants or quantity > MOST or (reading.is_counted_bare and len(variants) > 1):
            continue
        if len(variants) == 1:
            number = item.number if target.is_said else None
            return Claim(number=number, item_id=item.item_id, variant_id=variants[0], quantity=quantity)
        return Ambiguous(doubt=Doubt.WHICH_VARIANT, item_ids=(item.item_id,), variant_ids=variants, quantity=quantity)
    return None


def _doubt(item: ItemWords, reading: Reading, show: ShowWords) -> Ambiguous:
    """Something that sounds like a claim but cannot be one as it stands: of nothing, too many, an unknown size."""
    quantity = reading.quantity or 1
    if not item.item_id:
        ids = tuple(known.item_id for known in show.items)
        return Ambiguous(doubt=Doubt.WHICH_ITEM, item_ids=ids, quantity=min(quantity, MOST))
    fitting = item.fitting(reading.choices)
    if quantity > MOST and fitting and not reading.unknown:
        return Ambiguous(doubt=Doubt.QUANTITY, item_ids=(item.item_id,), variant_ids=fitting, quantity=MOST)
    every = tuple(variant.variant_id for variant in item.variants)
    return Ambiguous(
        doubt=Doubt.UNKNOWN_CHOICE, item_ids=(item.item_id,), variant_ids=every, quantity=min(quantity, MOST)
    )


def _giving_back(tokens: list[str], show: ShowWords) -> Pass | Cancel | None:
    """Pass and cancel, with at most an item and choices behind."""
    for phrases, kind in ((CANCEL_WORDS, Cancel), (PASS_WORDS, Pass)):
        said = longest_start(tokens, phrases)
        if said:
            rest = [token for token in tokens[len(said) :] if token not in words.FILLERS]
            named = _given_back(rest, show)
            return kind(item_ids=named[0], variant_ids=named[1]) if named is not None else None
    return None


def _given_back(tokens: Sequence[str], show: ShowWords) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Items and variants that the words name, nothing when they name nothing; null when they mean something else."""
    if not tokens:
        return (), ()
    targets = [target for target in _targets(tokens, show) if target.is_said]
    for target in targets:
        fitting = _chosen(target.rest, target.item)
        if fitting:
            return (target.item.item_id,), fitting if target.rest else ()
    variants = tuple(found for item in show.items for found in _chosen(tokens, item))
    return ((), variants) if variants else None


def _chosen(tokens: Sequence[str], item: ItemWords) -> tuple[str, ...]:
    """The variants that the tokens name; all of them when there are no tokens."""
    said: set[Phrase] = set()
    rest = tuple(tokens)
    while rest:
        phrase = longest_start(rest, item.choices)
        if not phrase:
            return ()
        said.add(phrase)
        rest = rest[len(phrase) :]
    return item.fitting(frozenset(said))


def _changing(tokens: list[str], show: ShowWords) -> Change | None:
    """`change 43`: only choices and a quantity may follow, and something must."""
    said = longest_start(tokens, CHANGE_WORDS)
    rest = tokens[len(said) :]
    if not said or not rest:
        return None
    found: dict[str, int | None] = {}
    for item in show.items:
        for reading in readings(rest, item, show)[:1]:
            is_clear = reading.choices and not reading.unknown and not reading.is_counted_bare
            if is_clear and (reading.quantity or 1) <= MOST:
                found |= dict.fromkeys(item.fitting(reading.choices), reading.quantity)
    return Change(variant_ids=tuple(found), quantity=next(iter(found.values()))) if found else None
