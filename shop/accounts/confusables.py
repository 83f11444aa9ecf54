"""Letters that look like other letters, enough to tell when two names read the same.

A short map made for names, after the idea of Unicode's UTS 39 skeletons: case, marks and separators are dropped,
look-alikes become one letter. Two names with one skeleton look alike; the reverse is not promised.
"""

from __future__ import annotations

import unicodedata

_LATIN_LIKE = {
    # Cyrillic
    "а": "a", "в": "b", "с": "c", "ԁ": "d", "е": "e", "ё": "e", "є": "e", "һ": "h", "н": "h", "і": "i", "ї": "i",
    "ј": "j", "к": "k", "ӏ": "l", "м": "m", "п": "n", "о": "o", "р": "p", "ԛ": "q", "г": "r", "ѕ": "s", "т": "t",
    "у": "y", "ү": "y", "ѵ": "v", "ԝ": "w", "ш": "w", "х": "x", "з": "3", "ь": "b", "я": "r", "и": "n",
    # Greek
    "α": "a", "β": "b", "ε": "e", "η": "n", "ι": "i", "κ": "k", "μ": "m", "ν": "v", "ο": "o", "ρ": "p", "σ": "o",
    "ς": "c", "τ": "t", "υ": "u", "χ": "x", "ω": "w", "γ": "y", "ζ": "z", "ϲ": "c", "ϳ": "j", "π": "n",
    # Armenian and others that pass for Latin
    "օ": "o", "ո": "n", "ս": "u", "հ": "h", "ց": "g", "զ": "q", "ա": "w", "ꜱ": "s", "ᴠ": "v", "ᴡ": "w", "ᴏ": "o",
    "ᴀ": "a", "ᴄ": "c", "ᴇ": "e", "ᴅ": "d", "ᴋ": "k", "ᴍ": "m", "ᴘ": "p", "ᴛ": "t", "ᴜ": "u", "ᴢ": "z", "ɴ": "n",
    "ʀ": "r", "ɪ": "i", "ɢ": "g", "ʜ": "h", "ʟ": "l", "ʏ": "y", "ʙ": "b", "ɑ": "a", "ɡ": "g", "ɩ": "i", "ı": "i",
    "ø": "o", "đ": "d", "ħ": "h", "ł": "l", "ŧ": "t", "æ": "ae", "œ": "oe", "ƒ": "f", "ɛ": "e", "ɔ": "c",
}  # fmt: skip
_SAME_SHAPE = {"0": "o", "1": "l", "|": "l", "!": "l", "i": "l"}
_LEET = {"3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "6": "g", "2": "z", "@": "a", "$": "s", "€": "e"}


def skeleton(text: str) -> str:
    """What a name looks like: letters and digits only, look-alikes folded. `PASSО  Volаnte` → `passovolante`."""
    folded = "".join(_LATIN_LIKE.get(letter, letter) for letter in _bare(text))
    shaped = "".join(_SAME_SHAPE.get(letter, letter) for letter in folded)
    return "".join(letter for letter in shaped if letter.isalnum()).replace("rn", "m").replace("vv", "w")


def loose_skeleton(text: str) -> str:
    """The same with digits and signs read as letters (`off1c14l`): for names that must never be imitated."""
    folded = "".join(_LEET.get(letter, letter) for letter in unicodedata.normalize("NFKC", text))
    return skeleton(folded)


def _bare(text: str) -> str:
    """Case and marks taken away."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    apart = unicodedata.normalize("NFD", folded)
    return "".join(letter for letter in apart if not unicodedata.category(letter).startswith("M"))
