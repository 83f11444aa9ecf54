"""Notices as mail: one mail for all that is open of a group, with a link that stops more of its kind."""

from __future__ import annotations

from flask_babel import force_locale
from sqlalchemy import update
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.core import clock, db, web
from shop.core.jobs import job
from shop.core.mail import send_later
from shop.core.notices import KINDS, NoticeKind
from shop.notifications.links import unsubscribe_path
from shop.notifications.models import Notice
from shop.notifications.queries import get_choice
from shop.notifications.sentences import text_of, title_of
from shop.notifications.service import MAIL_JOB


@job(MAIL_JOB)
def send_notice(notice_id: str) -> None:
    """Mail a notice if it is still unread; the mark and the mail share a transaction, so a second run finds nothing."""
    with db.unit_of_work() as session:
        notice = session.get(Notice, notice_id)
        if notice is None or notice.kind not in KINDS:
            return
        account = session.get(Account, notice.account_id)
        if account is not None and _wants_mail(session, account, KINDS[notice.kind]):
            count = _take_open(session, notice)
            if count:
                _write(session, account, notice, count)


def _wants_mail(session: Session, account: Account, kind: NoticeKind) -> bool:
    """Never to an address that nobody confirmed: it may be a stranger's. Demo shoppers read no mail."""
    if account.email_confirmed_at is None or account.is_simulated:
        return False
    return get_choice(session, account_id=account.id, kind=kind).by_mail


def _take_open(session: Session, notice: Notice) -> int:
    """Mark what the mail will tell: the notice with everything open of its group; 0 when it was read or mailed."""
    rows = session.scalars(
        update(Notice)
        .where(
            Notice.account_id == notice.account_id,
            Notice.kind == notice.kind,
            Notice.group_key == notice.group_key,
            Notice.read_at.is_(None),
            Notice.mailed_at.is_(None),
        )
        .values(mailed_at=clock.now())
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(rows) if notice.id in rows else 0


def _write(session: Session, account: Account, notice: Notice, count: int) -> None:
    kind, base = KINDS[notice.kind], web.settings().base_url
    stop = base + unsubscribe_path(account.id, kind.name)
    with force_locale(account.locale):
        title, text = title_of(kind, notice.data, count), text_of(kind, notice.data) if count == 1 else ""
    send_later(
        session,
        "notice",
        to=account.email,
        locale=account.locale,
        # RFC 8058: the mail program may stop these mails itself, with one tap and without a page.
        headers={"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        title=title,
        text=text,
        url=base + web.local_path(notice.url, "/notices"),
        stop_url=stop,
        label=kind.label,
    )
