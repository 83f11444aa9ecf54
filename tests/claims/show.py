"""The run of show that the table of comments is read against."""

from __future__ import annotations

from livestream.claims.grammar import CLAIM_WORDS
from livestream.claims.lexicon import ItemWords, ShowWords, VariantWords, claim_phrases

SIZES = ("S", "M", "L")
COLOURS = (("Red", "Rosso"), ("White", "Bianco"), ("Green", "Verde"))

UNO = ItemWords.of("uno", 1, ["Passo Uno"], [VariantWords.of(f"uno-{n}", [str(n)]) for n in range(36, 45)])
BAG = ItemWords.of("bag", 2, ["Volante backpack", "Zaino Volante"], [VariantWords.of("bag-one", [])])
COAT = ItemWords.of(
    "coat",
    12,
    ["Alpe jacket", "Giacca Alpe"],
    [
        VariantWords.of(f"coat-{size.lower()}-{en.lower()}", [f"{size}, {en}", f"{size}, {it}"])
        for size in SIZES
        for en, it in COLOURS
    ],
)
RUN = ItemWords.of(
    "run", 38, ["Corsa"], [VariantWords.of(f"run-{size}", [f"EU {size}"]) for size in ("38", "38.5", "39")]
)
ITEMS = (UNO, BAG, COAT, RUN)

# Which product is pinned while the comment is written.
SHOWS = {
    pinned: ShowWords(
        claim_words=claim_phrases(CLAIM_WORDS), items=ITEMS, pinned_id=pinned if pinned != "none" else None
    )
    for pinned in ("uno", "bag", "coat", "run", "none")
}
