"""Passwords: argon2id, the same work for known and unknown addresses, and which ones are too easy."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shop.core import db, runtime
from shop.core.i18n import N_

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 128
UNUSABLE = "!"  # No password opens this account; a mailed link does.

# OWASP's first choice for argon2id: 19 MiB and two passes cost about 20 ms, and 16 sign-ins at once stay under 320 MiB.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_DUMMY = _hasher.hash("nobody has this password")

_EASY = (
    "password", "passwort", "contrasena", "motdepasse", "qwerty", "qwertz", "azerty", "asdfgh", "zxcvbn",
    "letmein", "iloveyou", "tiamo", "welcome", "benvenuto", "administrator", "changeme", "juventus", "football",
    "123456", "abcdef", "abc123", "1q2w3e", "654321", "111111", "000000",
)  # fmt: skip


def hash_password(password: str) -> str:
    """Slow on purpose: call it through the thread pool, before any unit of work is open."""
    db.check_no_transaction("hashing a password")
    return runtime.in_threadpool(_hasher.hash, normal_form(password))


def hash_password_now(password: str) -> str:
    """The same in the calling thread: for the seed and for tests, where nobody waits."""
    return _hasher.hash(normal_form(password))


def check_password(stored: str | None, password: str) -> bool:
    """True when the password fits. An unknown address (`stored` is None) costs the same time."""
    db.check_no_transaction("checking a password")
    usable = stored is not None and stored != UNUSABLE
    fits = runtime.in_threadpool(_verify, stored if usable and stored else _DUMMY, normal_form(password))
    return fits and usable


def needs_rehash(stored: str) -> bool:
    """True when the hash was made with older, cheaper settings."""
    return _hasher.check_needs_rehash(stored)


def normal_form(password: str) -> str:
    """The same keys on another system may send composed or decomposed letters; both open the account."""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, *, email: str = "", display_name: str = "") -> str | None:
    """Why a password is refused (a catalogue sentence), or None."""
    if len(password) < MINIMUM_LENGTH:
        return N_("Use 12 characters or more; a short sentence works well.")
    plain = password.casefold()
    own = [part for part in (email.partition("@")[0], email, display_name) if len(part) >= 4]
    if any(_without(plain, part.casefold()) for part in own):
        return N_("Leave your name and address out of the password.")
    if len(set(plain)) < 5 or any(_without(plain, word) for word in _EASY):
        return N_("That password is easy to guess. A short sentence works well.")
    return None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _without(password: str, word: str) -> bool:
    """True when little is left of the password once the word is taken out."""
    return word in password and len(password.replace(word, "")) < 6
