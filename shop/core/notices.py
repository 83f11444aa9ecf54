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

    `many` is the sentence when several notices of one group are open ("%(count)s new messages from %(who)s").
    `by_mail` says whether the kind can also go out as mail, `mail_delay_minutes` how long it may stay unread first.
    """

    name: str
    label: str
    title: str
    text: str = ""
    many: str = ""
    icon: str = "bell"
    by_mail: bool = False
    mail_delay_minutes: int = 0


class Sink(Protocol):
    """Keeps a notice in the given session; the same `key` for the same person is kept once."""

    def __call__(
        self, session: Session, *, account_id: str, kind: str, key: str, group: str, url: str, data: Mapping[str, Any]
    ) -> None: ...


KINDS: dict[str, NoticeKind] = {}
_sink: Sink | None = None


def register_kind(kind: NoticeKind) -> None:
    """Make a kind known; registering it again (a second app in one process) replaces it."""
    KINDS[kind.name] = kind


def use_sink(sink: Sink | None) -> None:
    global _sink
    _sink = sink


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
