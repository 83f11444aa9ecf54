"""News for one person that must not be lost: features tell it here, the notice board keeps and delivers it.

A feature registers its kinds in `register(app)` and calls `tell()` inside its own unit of work. The notice board
(`shop.notifications`) installs the sink; a process without it (a test of one feature) drops the news.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class NoticeKind:
    """One kind of news. `title` and `text` are catalogue strings with %(name)s places filled from the notice's data.

    A data value may be a text by language, `{"en": …, "it": …}`; a name that ends in `_at` holds an instant (RFC 3339)
    and is shown as a day and time. `many` is the sentence when several notices of one group are open ("%(count)s new messages from %(who)s").
    `by_mail` says whether the kind can also go out as mail, `mail_delay_minutes` how long it may stay unread first;
    `has_own_mail` marks a kind whose feature writes its own mail in any case (a receipt).
    """

    name: str
    label: str
    title: str
    text: str = ""
    many: str = ""
    icon: str = "bell"
    by_mail: bool = False
    mail_delay_minutes: int = 0
    has_own_mail: bool = False


class Sink(Protocol):
    """Keeps a notice in the given session; the same `key` for the same person is kept once."""

    def __call__(
        self, session: Session, *, account_id: str, kind: str, key: str, group: str, url: str, data: Mapping[str, Any]
    ) -> None: ...


class Settler(Protocol):
    """Marks a person's open notices of a kind and group as read; mail that waits for them does not go."""

    def __call__(self, session: Session, *, account_id: str, kind: str, group: str) -> None: ...


KINDS: dict[str, NoticeKind] = {}
_sink: Sink | None = None
_settler: Settler | None = None


def register_kind(kind: NoticeKind) -> None:
    """Make a kind known; registering it again (a second app in one process) replaces it."""
    KINDS[kind.name] = kind


def use_sink(sink: Sink | None, settler: Settler | None = None) -> None:
    """The notice board takes its place."""
    global _sink, _settler
    _sink, _settler = sink, settler


def tell(
    session: Session,
    *,
    account_id: str,
    kind: str,
    key: str,
    url: str,
    group: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """Tell one person something, in this transaction. `key` makes a repeat harmless, `group` folds like with like."""
    if kind not in KINDS:
        raise LookupError(f"no notice is called {kind}")
    if _sink is not None:
        _sink(session, account_id=account_id, kind=kind, key=key, group=group or key, url=url, data=data or {})


def settle(session: Session, *, account_id: str, kind: str, group: str) -> None:
    """The person saw the thing itself (read the thread, opened the offer): its notices need no more attention."""
    if _settler is not None:
        _settler(session, account_id=account_id, kind=kind, group=group)
