"""Every way to give each token behind a claim word its place: a choice, a quantity, a small word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from livestream.claims import words
from livestream.claims.lexicon import ItemWords, ShowWords, longest_start, number_of
from livestream.claims.words import Phrase

MOST = 20  # Pieces in one comment; the cap per buyer is the show's business.


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One way to read the tokens."""

    choices: frozenset[Phrase] = field(default_factory=frozenset)
    quantity: int | None = None
    is_counted_bare: bool = False  # The quantity was a number without a mark: only good when nothing else is open.
    unknown: int = 0  # Sizes, colours and numbers that the product does not come in.


def readings(tokens: Sequence[str], item: ItemWords, show: ShowWords) -> list[Reading]:
    """Every way to give each token a place, the most fitting first. At most one quantity, each choice once."""
    found = list(_read(tuple(tokens), Reading(), item.choices, show))
    return sorted(found, key=lambda reading: (reading.unknown, reading.is_counted_bare))  # Stable: order breaks ties.


def _read(tokens: tuple[str, ...], so_far: Reading, choices: frozenset[Phrase], show: ShowWords) -> Iterator[Reading]:
    if not tokens:
        yield so_far
        return
    for width, reading in _steps(tokens, so_far, choices, show):
        yield from _read(tokens[width:], reading, choices, show)


def _steps(
    tokens: tuple[str, ...], so_far: Reading, choices: frozenset[Phrase], show: ShowWords
) -> Iterator[tuple[int, Reading]]:
    """What the next token can be: a choice, a quantity, a small word; failing all that, an unknown choice."""
    known = False
    said = longest_start(tokens, choices)
    if said and said not in so_far.choices:
        known = True
        yield len(said), replace(so_far, choices=so_far.choices | {said})
    if so_far.quantity is None:
        for width, quantity, is_bare in _quantities(tokens, show):
            known = known or not is_bare
            yield width, replace(so_far, quantity=quantity, is_counted_bare=is_bare)
    filler = len(longest_start(tokens, words.FILLER_PHRASES)) or int(tokens[0] in words.FILLERS)
    if filler:
        known = True
        yield filler, so_far
    if not known and so_far.unknown < 2 and _may_be_choice(tokens[0]):
        yield 1, replace(so_far, unknown=so_far.unknown + 1)


def _may_be_choice(token: str) -> bool:
    number = token.removeprefix("#").removesuffix("½")
    return token in words.COMMON_CHOICES or (number.isdecimal() and len(number) <= 6)


def _quantities(tokens: tuple[str, ...], show: ShowWords) -> Iterator[tuple[int, int, bool]]:
    """`(tokens used, pieces, whether the number stood bare)`: `x 2`, `2 x`, `qty 2`, `2 pezzi`, `two of`, `due`, `2`."""
    first, second = tokens[0], tokens[1] if len(tokens) > 1 else ""
    if first == "x" or first in words.QUANTITY_MARKERS:
        counted = _count(second)
        if counted:
            yield 2, counted, False
        return
    counted = _count(first)
    if not counted:
        return
    if second == "x" or second in words.PIECES:
        more = 3 if tokens[2:3] and tokens[2] in words.PIECES else 2
        yield more, counted, False
    if first in words.NUMBER_WORDS:
        yield 1, counted, False
    elif show.numbered(first) is None and counted <= MOST:
        yield 1, counted, True


def _count(token: str) -> int | None:
    """Pieces, never zero."""
    return words.NUMBER_WORDS.get(token) or (number_of(token) if token.isdecimal() else None) or None
