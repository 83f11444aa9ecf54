"""What may be claimed in one show, in the words that shoppers use for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from livestream.claims import words
from livestream.claims.words import Phrase


@dataclass(frozen=True, kw_only=True)
class VariantWords:
    """One thing to buy, and the choices that name it, each as a shopper may write it."""

    variant_id: str
    phrases: frozenset[Phrase]

    @classmethod
    def of(cls, variant_id: str, labels: Sequence[str]) -> VariantWords:
        """From the labels in all languages: `["42, red", "42, rosso"]`."""
        parts = [part for label in labels for part in label.split(", ")]
        return cls(variant_id=variant_id, phrases=frozenset(p for part in parts for p in words.phrases_of(part)))


@dataclass(frozen=True, kw_only=True)
class ItemWords:
    """One item of the run of show: its number, its product's names and what it comes in."""

    item_id: str
    number: int
    names: frozenset[Phrase]
    variants: tuple[VariantWords, ...]

    @classmethod
    def of(cls, item_id: str, number: int, titles: Sequence[str], variants: Sequence[VariantWords]) -> ItemWords:
        names = frozenset(tuple(tokens) for title in titles if (tokens := words.tokens_of(title)))
        return cls(item_id=item_id, number=number, names=names, variants=tuple(variants))

    @property
    def choices(self) -> frozenset[Phrase]:
        return frozenset(phrase for variant in self.variants for phrase in variant.phrases)

    def fitting(self, said: frozenset[Phrase]) -> tuple[str, ...]:
        """The variants that all said choices fit."""
        return tuple(variant.variant_id for variant in self.variants if said <= variant.phrases)


@dataclass(frozen=True, kw_only=True)
class ShowWords:
    """All that may be claimed in a show, and what is pinned now."""

    claim_words: frozenset[Phrase]
    items: tuple[ItemWords, ...]
    pinned_id: str | None = None

    @property
    def pinned(self) -> ItemWords | None:
        return next((item for item in self.items if item.item_id == self.pinned_id), None)

    def numbered(self, token: str) -> ItemWords | None:
        number = number_of(token)
        return next((item for item in self.items if item.number == number), None)


def claim_phrases(texts: Sequence[str]) -> frozenset[Phrase]:
    """A show's claim words as the grammar compares them; words that say nothing are left out."""
    return frozenset(tuple(tokens) for text in texts if (tokens := words.tokens_of(text)))


def longest_start(tokens: Sequence[str], phrases: Iterable[Phrase]) -> Phrase:
    """The longest phrase that the tokens begin with; empty when there is none."""
    return max((p for p in phrases if tuple(tokens[: len(p)]) == p), key=len, default=())


def number_of(token: str) -> int | None:
    """`12` and `#12` are twelve."""
    digits = token.removeprefix("#")
    return int(digits) if digits.isdecimal() and len(digits) <= 6 else None


def first_words(phrases: Iterable[Phrase]) -> frozenset[str]:
    """What a comment must contain to be worth a closer look."""
    return frozenset(phrase[0] for phrase in phrases)
