"""Who may do what in a thread, as pure questions, and what texts are."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from shop.core.actor import Actor, Role
from shop.messaging.models import MemberRole, Message, MessageKind, Thread, ThreadKind, ThreadMember

INBOX_ROLES = (Role.OWNER, Role.PRODUCER, Role.HOST, Role.SUPPORT)
CHANGE_WINDOW = timedelta(minutes=15)
SIGNS = ("👍", "❤️", "😂", "😮", "😢", "🙏")

FIRST_CONTACTS_PER_HOUR = 5
REQUEST_MESSAGES = 3
SAME_TEXT_THREADS = 5
SAME_TEXT_LENGTH = 12

_LINK = re.compile(r"https?://[^\s<>\"'«»]+", re.IGNORECASE)
_BARE_LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|net|org|it|ru|io|me|link|shop|top|xyz)\b", re.IGNORECASE)
_SCAM = re.compile(
    r"you(?:'ve| have)? won|claim your prize|gift ?card|wire transfer|western union|moneygram|pay(?:ment)? outside"
    r"|send (?:the )?money|hai vinto|ritira il (?:tuo )?premio|carta regalo|bonifico|postepay|paga(?:mento|re)? fuori"
    r"|\biban\b|paypal|bitcoin|\busdt\b|\brevolut\b|whats ?app|telegram",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Seat:
    """An actor's place in a thread: as one of its people, or speaking for its brand."""

    thread: Thread
    member: ThreadMember | None
    as_brand: bool = False

    @property
    def since_number(self) -> int:
        return self.member.since_number if self.member else 0

    @property
    def read_number(self) -> int:
        return self.member.read_number if self.member else self.thread.brand_read


def can_manage(seat: Seat) -> bool:
    """Rename, add and remove people: owner and admins of a group."""
    admins = {MemberRole.OWNER, MemberRole.ADMIN}
    return seat.thread.kind == ThreadKind.GROUP and seat.member is not None and seat.member.role in admins


def can_remove(seat: Seat, other: ThreadMember) -> bool:
    """The owner removes anybody, admins remove members."""
    if not can_manage(seat) or seat.member is None or other.account_id == seat.member.account_id:
        return False
    return seat.member.role == MemberRole.OWNER or other.role == MemberRole.MEMBER


def can_change(actor: Actor, message: Message, now: datetime) -> bool:
    """Edit and delete: its author, for a quarter of an hour."""
    mine = message.author_id == actor.account_id and message.kind == MessageKind.TEXT
    return mine and message.deleted_at is None and now - message.at <= CHANGE_WINDOW


def text_key(text: str) -> str:
    """The same for texts that differ in case and spaces only; empty for short ones, which everybody says."""
    plain = " ".join(text.casefold().split())
    return hashlib.sha256(plain.encode()).hexdigest()[:16] if len(plain) >= SAME_TEXT_LENGTH else ""


def has_link(text: str) -> bool:
    return _BARE_LINK.search(text) is not None


def looks_like_scam(text: str) -> bool:
    """Prizes, and paying anywhere but here: the reader gets a word of warning."""
    return _SCAM.search(text) is not None


@dataclass(frozen=True)
class Piece:
    """A run of text, or a link."""

    text: str
    href: str = ""


def pieces(text: str) -> list[Piece]:
    """Cut a text at its addresses. Nothing is fetched: the text is all that a link shows."""
    found: list[Piece] = []
    end = 0
    for match in _LINK.finditer(text):
        address = match.group().rstrip(".,;:!?)]}…")
        found += [Piece(text[end : match.start()]), Piece(address, address)]
        end = match.start() + len(address)
    found.append(Piece(text[end:]))
    return [piece for piece in found if piece.text]
