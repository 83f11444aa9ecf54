"""A comment as plain tokens, and the small words around a claim. No database, no shop: text alone.

Whatever people type (capitals, accents, full-width letters, emoji, exclamation marks) comes out as the same few
lower-case tokens. Signs that turn a claim into talk about one (a question mark, quotation marks, a mention, a price)
make the comment unreadable on purpose: it is then no claim.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_COMMENT = 200
MOST_TOKENS = 12

Phrase = tuple[str, ...]

# A question, a quotation, a mention, a price, a sum, mark-up: never a claim.
_TALK = frozenset('?¿؟"<>@=+%&|\\{}[]^`$')
_TALK_KINDS = frozenset({"Sc", "No", "Nl", "Cc", "Co", "Cs", "Pi", "Pf"})
_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "＇": "'", "‘": "'"})  # What phones type.
_TIMES = str.maketrans(dict.fromkeys("×✕✖*", " x "))
_QUOTING = re.compile(r"(?<![^\W_])'|'(?![^\W_])")  # An apostrophe with no letter on both sides is a quotation mark.
_NEGATIVE = re.compile(r"(?<!\d)[-−]\d")
_HALF = re.compile(r"(?<=\d)[.,]5(?!\d)")
_TOKEN = re.compile(r"#?[^\W_]+")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILLERS = _set(
    "il lo la gli le the taglia tg misura size colore color colour numero number num nr n eu in "
    "please pls plz grazie thanks thx"
)
FILLER_PHRASES: frozenset[Phrase] = frozenset(
    {
        ("per", "favore"),
        ("per", "me"),
        ("a", "me"),
        ("for", "me"),
        ("thank", "you"),
        ("grazie", "mille"),
        ("of", "them"),
        ("of", "these"),
        ("di", "queste"),
        ("di", "questi"),
    }
)
# "38 sold" claims, "the 38 sold" tells.
ARTICLES = _set("il lo la gli le the")
OPENERS = _set("ok okay yes si")
ITEM_MARKERS = _set("item articolo art lot lotto")

NUMBER_WORDS: dict[str, int] = {
    word: number
    for number, words in enumerate(
        (
            "one un uno una", "two due", "three tre", "four quattro", "five cinque",
            "six sei", "seven sette", "eight otto", "nine nove", "ten dieci",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
PIECES = _set("of di pezzi pezzo pz pcs pc pieces piece paia paio pairs pair")
QUANTITY_MARKERS = _set("qty quantity quantita qta")

# Sizes and colours that a shopper may ask for though this product does not come in them: worth a question.
COMMON_CHOICES = _set(
    "xxs xs s m l xl xxl xxxl small medium large piccola piccolo media medio grande "
    "red rosso blue blu green verde black nero white bianco yellow giallo pink rosa grey gray grigio brown marrone "
    "beige sand sabbia orange arancione purple viola gold oro silver argento"
)
SAME_SIZE: tuple[frozenset[str], ...] = (
    frozenset({"s", "small", "piccola", "piccolo"}),
    frozenset({"m", "medium", "media", "medio"}),
    frozenset({"l", "large", "grande"}),
)


def fold(text: str) -> str | None:
    """Lower case without accents, emoji and harmless punctuation; None when the text cannot be a claim.

    >>> fold("È MIA!! 🔥"), fold("is 38 sold?")
    ('e mia!!  ', None)
    """
    text = text.translate(_APOSTROPHES)
    if len(text) > LONGEST_COMMENT or any(_is_talk(char) for char in text):
        return None
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    if any(char in _TALK for char in plain) or _QUOTING.search(plain) or _NEGATIVE.search(plain):
        return None
    return "".join(map(_readable, plain.translate(_TIMES)))


def _is_talk(char: str) -> bool:
    return char in _TALK or unicodedata.category(char) in _TALK_KINDS


def _readable(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    if kind[0] == "M" or kind == "Cf":
        return ""  # Accents, and the invisible joints inside emoji.
    return char if kind[0] in "LP" or char.isspace() else " "


def tokens_of(text: str) -> list[str] | None:
    """The words and numbers of a comment; None when it cannot be a claim. `38.5`, `38,5` and `38½` are one token."""
    plain = fold(text.replace("½", ".5"))
    if plain is None:
        return None
    tokens = [part for found in _TOKEN.findall(_HALF.sub("½", plain)) for part in _apart(found)]
    return tokens if len(tokens) <= MOST_TOKENS else None


def _apart(token: str) -> list[str]:
    """`2x`, `x2` and `38x2` are numbers and a times sign of their own; `2xl` is a size."""
    head, times, tail = token.partition("x")
    numbers = head.lstrip("#"), tail
    if times and any(numbers) and all(not part or part.isdecimal() for part in numbers):
        return [part for part in (head, times, tail) if part]
    return [token]


def phrases_of(label: str) -> set[Phrase]:
    """How a shopper may write one choice: `{("rosso",), ("rossa",), …}`."""
    tokens = tokens_of(label) or []
    meant = [token for token in tokens if token not in FILLERS] or tokens
    if not meant:
        return set()
    phrases = {tuple(meant)}
    if len(meant) == 1:
        phrases |= {(form,) for form in _forms(meant[0])}
    return phrases


def _forms(word: str) -> set[str]:
    """Italian endings (`bianca`, `bianchi`), and small = s = piccola."""
    for sizes in SAME_SIZE:
        if word in sizes:
            return set(sizes)
    if len(word) < 4 or not word.isalpha():
        return set()
    stem = word[:-1]
    if word[-1] == "o":
        hard = stem + "h" if stem[-1] in "cg" else stem
        return {stem + "a", hard + "i", hard + "e"}
    return {stem + "i"} if word[-1] == "e" else set()
