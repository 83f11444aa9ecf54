"""Reading the notice board."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.core.notices import KINDS, NoticeKind
from shop.notifications.models import Notice, NoticeSetting
from shop.notifications.sentences import text_of, title_of

LOOK_BACK, SHOWN = 300, 50


@dataclass(frozen=True, kw_only=True)
class NoticeRow:
    """One line of the board: a notice, or the open ones of a group folded into one."""

    notice_id: str
    icon: str
    title: str
    text: str
    url: str
    at: datetime
    is_unread: bool


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a person chose for a kind."""

    kind: NoticeKind
    in_app: bool
    by_mail: bool


def list_notices(session: Session, *, account_id: str) -> list[NoticeRow]:
    """Newest first, like with like, in one statement. Kinds that no feature knows any more are left out."""
    notices = session.scalars(
        select(Notice)
        .where(Notice.account_id == account_id, Notice.in_app, Notice.kind.in_(KINDS))
        .order_by(Notice.at.desc(), Notice.id.desc())
        .limit(LOOK_BACK)
    )
    groups: dict[tuple[str, str], list[Notice]] = {}
    for notice in notices:
        groups.setdefault((notice.kind, notice.group_key), []).append(notice)
    return [_row(group) for group in list(groups.values())[:SHOWN]]


def _row(group: list[Notice]) -> NoticeRow:
    newest, kind = group[0], KINDS[group[0].kind]
    unread = sum(notice.read_at is None for notice in group)
    return NoticeRow(
        notice_id=newest.id,
        icon=kind.icon,
        title=title_of(kind, newest.data, unread),
        text=text_of(kind, newest.data) if unread <= 1 else "",
        url=newest.url,
        at=newest.at,
        is_unread=unread > 0,
    )


def count_unread(session: Session, *, account_id: str) -> int:
    """Lines of the board that wait to be read: a group counts once, as it is shown once."""
    groups = (
        select(Notice.kind, Notice.group_key)
        .where(Notice.account_id == account_id, Notice.read_at.is_(None), Notice.in_app, Notice.kind.in_(KINDS))
        .distinct()
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(groups)) or 0


def list_choices(session: Session, *, account_id: str) -> list[Choice]:
    """Every kind with what the person chose, or the kind's default."""
    rows = session.scalars(select(NoticeSetting).where(NoticeSetting.account_id == account_id))
    return [_choice(kind, found) for kind, found in _with_settings(KINDS.values(), rows)]


def get_choice(session: Session, *, account_id: str, kind: NoticeKind) -> Choice:
    row = session.get(NoticeSetting, (account_id, kind.name), populate_existing=True)
    return _choice(kind, row)


def _with_settings(
    kinds: Iterable[NoticeKind], rows: Iterable[NoticeSetting]
) -> Iterable[tuple[NoticeKind, NoticeSetting | None]]:
    chosen = {row.kind: row for row in rows}
    return ((kind, chosen.get(kind.name)) for kind in kinds)


def _choice(kind: NoticeKind, row: NoticeSetting | None) -> Choice:
    return Choice(
        kind=kind, in_app=row.in_app if row else True, by_mail=kind.by_mail and (row.by_mail if row else True)
    )
