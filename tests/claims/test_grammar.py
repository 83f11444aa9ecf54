"""What a comment claims: a table in English and Italian, and everything else that people may type."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livestream.claims import words
from livestream.claims.grammar import (
    CANCEL_WORDS,
    CHANGE_WORDS,
    CLAIM_WORDS,
    PASS_WORDS,
    Ambiguous,
    Cancel,
    Change,
    Claim,
    NotAClaim,
    Parsed,
    Pass,
    parse,
)
from livestream.claims.lexicon import ItemWords, ShowWords, VariantWords, claim_phrases
from livestream.claims.readings import MOST
from tests.claims.show import SHOWS


def short(found: Parsed) -> str:
    """`claim uno-42 x1 #1`, `which_variant uno x1`, `pass coat`, `-`."""
    match found:
        case Claim():
            return f"claim {found.variant_id} x{found.quantity}" + (f" #{found.number}" if found.number else "")
        case Ambiguous():
            return f"{found.doubt} {' '.join(found.item_ids)} x{found.quantity}"
        case Pass() | Cancel():
            kind = "pass" if isinstance(found, Pass) else "cancel"
            return " ".join([kind, *found.item_ids, *found.variant_ids])
        case Change():
            return " ".join(["change", *found.variant_ids]) + (f" x{found.quantity}" if found.quantity else "")
        case NotAClaim():
            return "-"


def _table() -> list[tuple[str, str, str]]:
    lines = (Path(__file__).parent / "comments.tsv").read_text(encoding="utf-8").splitlines()
    rows = [tuple(line.split("\t")) for line in lines if line and not line.startswith("//")]
    return [(pinned, comment, expected) for pinned, comment, expected in rows]


@pytest.mark.parametrize(("pinned", "comment", "expected"), _table())
def test_comment(pinned: str, comment: str, expected: str) -> None:
    assert short(parse(comment, SHOWS[pinned])) == expected


def test_table_is_long_enough() -> None:
    assert len(_table()) >= 150
    assert len({row[:2] for row in _table()}) == len(_table())


def test_a_shows_own_words_claim() -> None:
    show = ShowWords(claim_words=claim_phrases(["Daje!", "me lo porto via"]), items=SHOWS["uno"].items, pinned_id="uno")
    assert short(parse("DAJE 42", show)) == "claim uno-42 x1"
    assert short(parse("me lo porto via, 42", show)) == "claim uno-42 x1"
    assert parse("mia 42", show) == NotAClaim()


def test_nothing_is_claimed_in_an_empty_show() -> None:
    assert parse("mine", ShowWords(claim_words=claim_phrases(CLAIM_WORDS), items=())) == NotAClaim()


def test_small_sizes_are_sizes_before_they_are_pieces() -> None:
    ring = ItemWords.of("ring", 7, ["Ring"], [VariantWords.of(f"ring-{n}", [str(n)]) for n in (1, 2, 3)])
    show = ShowWords(claim_words=claim_phrases(CLAIM_WORDS), items=(ring,), pinned_id="ring")
    assert short(parse("mine 2", show)) == "claim ring-2 x1"
    assert short(parse("mine 2 x3", show)) == "claim ring-2 x3"
    assert short(parse("mine 2 x 2", show)) == "claim ring-2 x2"


ALPHABET = [
    *CLAIM_WORDS, *(" ".join(p) for p in PASS_WORDS | CANCEL_WORDS | CHANGE_WORDS), *words.FILLERS, *words.NUMBER_WORDS, *words.PIECES,
    "x", "×", "*", "x2", "2x", "38", "12", "#12", "38,5", "½", "Passo Uno", "m", "rosso", "?", "«", "'", "-1", "0",
    "9" * 40, "🔥", "2️⃣", "\u202e", "\u0000", "e\u0301", "ﷺ", "٣٨", "１２",
]  # fmt: skip
comments = st.one_of(
    st.text(max_size=260),
    st.lists(st.sampled_from(ALPHABET), max_size=16).map(" ".join),
    st.lists(st.sampled_from(ALPHABET), max_size=8).map("".join),
)


@settings(max_examples=400, deadline=None)
@given(comment=comments, pinned=st.sampled_from(sorted(SHOWS)))
def test_anything_typed_is_answered(comment: str, pinned: str) -> None:
    """No exception, the same answer twice, and only things of this show in quantities that may be claimed."""
    show = SHOWS[pinned]
    found = parse(comment, show)
    assert parse(comment, show) == found
    variants = {variant.variant_id for item in show.items for variant in item.variants}
    items = {item.item_id for item in show.items}
    match found:
        case Claim():
            assert found.variant_id in variants
            assert 1 <= found.quantity <= MOST
        case Ambiguous():
            assert set(found.item_ids) <= items
            assert found.item_ids
            assert set(found.variant_ids) <= variants
            assert 1 <= found.quantity <= MOST
        case Pass() | Cancel():
            assert set(found.item_ids) <= items
            assert set(found.variant_ids) <= variants
        case Change():
            assert set(found.variant_ids) <= variants
            assert found.variant_ids
            assert found.quantity is None or 1 <= found.quantity <= MOST


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["2", "l", "x", "38", "due", "pz", "m", "in", "la", "#12", "rosso"]), max_size=12))
def test_number_of_readings_stays_small(tail: list[str]) -> None:
    """Twelve tokens with several meanings each: the work is bounded, whatever their order."""
    from livestream.claims.readings import readings

    for item in SHOWS["coat"].items:
        assert len(readings(tail, item, SHOWS["coat"])) <= 200
