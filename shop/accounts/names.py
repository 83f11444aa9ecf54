"""Handles and display names: what may be shown, and whom nobody may pretend to be.

Rules (SECURITY, case 17): NFKC, no invisible, control or direction characters, at most two marks on a letter, one
script per word, no look-alike of a brand, of staff, or of somebody else's handle.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from sqlalchemy.orm import Session

from shop.accounts.confusables import loose_skeleton, skeleton
from shop.accounts.errors import NameRefused
from shop.core.i18n import N_, gettext

MAXIMUM_NAME = 40
MINIMUM_HANDLE, MAXIMUM_HANDLE = 3, 30
MAXIMUM_MARKS = 2

# Words that speak for the shop. Whole words are refused; the long ones also inside another word.
_STAFF_WORDS = {
    "vetrina", "official", "officiel", "offiziell", "oficial", "ufficiale", "verified", "verificato", "verificata",
    "admin", "administrator", "amministratore", "moderator", "moderatore", "moderatrice", "staff", "support",
    "supporto", "assistenza", "helpdesk", "customercare", "servizioclienti", "system", "sistema", "root", "security",
    "sicurezza", "payments", "pagamenti",
}  # fmt: skip
_INSIDE = {"vetrina", "official", "ufficiale", "moderator", "administrator", "assistenza", "helpdesk"}
_STAFF_KEYS = {loose_skeleton(word) for word in _STAFF_WORDS}
_INSIDE_KEYS = {loose_skeleton(word) for word in _INSIDE}
_BADGES = set("✓✔☑✅🗸🛡®™©")

# Japanese mixes three scripts in one word and Korean two; that is how they are written.
_TOGETHER = ({"HIRAGANA", "KATAKANA", "CJK"}, {"HANGUL", "CJK"})

NameSource = Callable[[Session], set[str]]
_reserved_sources: list[NameSource] = []


def reserve_names_of(source: NameSource) -> None:
    """Let a feature above protect its names: the source returns the skeletons nobody may wear (brands do this)."""
    if source not in _reserved_sources:
        _reserved_sources.append(source)


def clean_display_name(session: Session, text: str, *, field: str = "display_name") -> str:
    """The name as it will be shown; raises NameRefused with a sentence on the field."""
    name = clean_name(text, field=field, maximum=MAXIMUM_NAME)
    check_impersonation(session, name, field=field)
    return name


def clean_handle(session: Session, text: str, *, field: str = "handle") -> str:
    """A handle: 3 to 30 lower-case letters and digits, dots and lines inside; raises NameRefused."""
    handle = clean_name(text.removeprefix("@"), field=field, maximum=MAXIMUM_HANDLE).casefold()
    shape = re.fullmatch(r"[^\W_](?:[\w.]*[^\W_])?", handle)
    if len(handle) < MINIMUM_HANDLE or shape is None or ".." in handle:
        raise _refused(field, N_("3 to 30 letters and digits; dots and low lines inside."))
    if handle.isdigit():
        raise _refused(field, N_("Use at least one letter."))
    check_impersonation(session, handle, field=field)
    return handle


def clean_name(text: str, *, field: str, maximum: int) -> str:
    """Only what can be read: one line of visible characters, each word in one script."""
    if len(text) > maximum * 4:
        raise _refused(field, N_("That name is too long."))
    name = " ".join(unicodedata.normalize("NFKC", text).split(" ")).strip()
    name = re.sub(r" {2,}", " ", name)
    if not skeleton(name):
        raise _refused(field, N_("Use at least one letter."))
    if len(name) > maximum:
        raise _refused(field, N_("That name is too long."))
    if not all(is_visible(letter) for letter in name):
        raise _refused(field, N_("The name contains characters that cannot be seen or shown."))
    if has_heap_of_marks(name):
        raise _refused(field, N_("The name carries too many accents on one letter."))
    if any(letter in _BADGES for letter in text):
        raise _refused(field, N_("Badges are drawn by the shop; leave signs out of the name."))
    if not all(has_one_script(word) for word in re.split(r"[\s._\-'’·]+", name)):
        raise _refused(field, N_("The name mixes alphabets within a word."))
    return name


def check_impersonation(session: Session, name: str, *, field: str) -> None:
    """Raises NameRefused when the name speaks for the shop or reads like a protected name."""
    if speaks_for_the_shop(name):
        raise _refused(field, N_("This name is kept for the people who run the shop."))
    if reads_like(name, {key for source in _reserved_sources for key in source(session)}):
        raise _refused(field, N_("This name looks like a brand's name."))


def speaks_for_the_shop(name: str) -> bool:
    """True for staff words alone or among others, with digits around them, or the long ones inside a word."""
    words = re.split(r"[\W_]+", name)
    keys = {loose_skeleton(form) for word in (*words, name) for form in (word, word.strip("0123456789"))}
    whole = loose_skeleton(name)
    return bool(keys & _STAFF_KEYS) or any(key in whole for key in _INSIDE_KEYS)


def reads_like(name: str, keys: set[str]) -> bool:
    """True for the name itself, and for the name with something before or after it (`Brand A official shop`)."""
    forms = {skeleton(name), loose_skeleton(name)}
    if forms & keys:
        return True
    words = name.split()
    runs = {
        skeleton("".join(words[start:end])) for start in range(len(words)) for end in range(start + 1, len(words) + 1)
    }
    if runs & {key for key in keys if len(key) >= 5}:
        return True
    long_keys = [key for key in keys if len(key) >= 7]
    return any(key in form for key in long_keys for form in forms)


def is_visible(letter: str) -> bool:
    """No controls, formats (direction, zero width), private use, surrogates, unassigned, or exotic spaces."""
    category = unicodedata.category(letter)
    if category[0] == "C" or category in {"Zl", "Zp"} or (category == "Zs" and letter != " "):
        return False
    return letter not in "\u115f\u1160\u3164\uffa0\u2800\u034f\u180b\u180c\u180d\ufe0f\ufe0e"


def has_heap_of_marks(name: str) -> bool:
    row = 0
    for letter in unicodedata.normalize("NFD", name):
        row = row + 1 if unicodedata.category(letter).startswith("M") else 0
        if row > MAXIMUM_MARKS:
            return True
    return False


def has_one_script(word: str) -> bool:
    scripts = {script_of(letter) for letter in word if letter.isalpha()}
    return len(scripts) <= 1 or any(scripts <= family for family in _TOGETHER)


def script_of(letter: str) -> str:
    """The script, read from the character's Unicode name (`CYRILLIC SMALL LETTER A` → CYRILLIC)."""
    first = unicodedata.name(letter, "UNKNOWN").split()[0]
    return {"FULLWIDTH": "LATIN", "IDEOGRAPHIC": "CJK", "FEMININE": "LATIN", "MASCULINE": "LATIN"}.get(first, first)


def _refused(field: str, sentence: str) -> NameRefused:
    return NameRefused(fields={field: str(gettext(sentence))})
