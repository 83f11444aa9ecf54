"""UUIDv7 inside, prefixed text outside: `room_01jcv6…` (the TypeID format: prefix and 26 Crockford base32 characters)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache
from uuid import UUID

import uuid_utils

from shop.core.errors import NotFound

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_LENGTH = 26
# Two letters at a time: a page writes dozens of ids.
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)


def new_id(prefix: str) -> str:
    """A fresh id that sorts by time."""
    return encode(prefix, UUID(int=uuid_utils.uuid7().int))


@lru_cache(maxsize=16_384)  # A room page reads the same few hundred ids again and again.
def encode(prefix: str, value: UUID) -> str:
    number, pairs = value.int, []
    for _ in range(_LENGTH // 2):
        pairs.append(_PAIRS[number & 1023])
        number >>= 10
    pairs.reverse()
    return f"{prefix}_{''.join(pairs)}"


@lru_cache(maxsize=16_384)
def encode_hex(prefix: str, digits: str) -> str:
    """As `encode`, from the 32 hexadecimal digits that SQLite keeps."""
    return encode(prefix, UUID(hex=digits))


@lru_cache(maxsize=16_384)  # Refusals are not kept, so junk cannot push out what is in use.
def decode(prefix: str, text: str) -> UUID:
    """The UUID behind a public id; anything malformed or of another kind is NotFound, never a server error."""
    head, _, tail = text.rpartition("_")
    if head != prefix or len(tail) != _LENGTH or tail[0] > "7" or not set(tail) <= _VALUES.keys():
        raise NotFound
    number = 0
    for letter in tail:
        number = number * 32 + _VALUES[letter]
    return UUID(int=number)


def new_token() -> str:
    """A secret for links and cookies: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a secret token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def sign(secret_key: str, purpose: str, message: str) -> str:
    """A short signature over a message, separated by purpose so that one link can never serve as another."""
    key = hmac.digest(secret_key.encode(), f"vetrina:{purpose}".encode(), "sha256")
    return hmac.new(key, message.encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:40]


def check_signature(secret_key: str, purpose: str, message: str, signature: str) -> bool:
    return hmac.compare_digest(sign(secret_key, purpose, message).encode(), signature.encode("utf-8", "surrogatepass"))


def same_text(shown: str, ours: str) -> bool:
    """Compare secrets in a time that tells nothing about them."""
    return hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), ours.encode())
