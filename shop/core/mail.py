"""Mail through one module: SMTP, or an outbox page in development. Always from a job, never inside a request."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy import JSON, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from shop.core import clock, db, ids
from shop.core.db import Base, Instant, PublicId
from shop.core.jobs import enqueue, job
from shop.core.settings import Settings

TIMEOUT_SECONDS = 20


class WholeLinks(EmailPolicy):
    """Headers of lists hold one long address: folded, they would be encoded, and no mail program reads them then."""

    def fold(self, name: str, value: str) -> str:
        if name.startswith("List-"):
            return f"{name}: {value}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.startswith("List-"):
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


class Mail(Base):
    """One message: written in the transaction that caused it, sent by a job, readable in the outbox page."""

    __tablename__ = "mails"

    id: Mapped[str] = mapped_column(PublicId("mail"), primary_key=True, default=lambda: ids.new_id("mail"))
    to_address: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # Beyond From, To, Subject, Date, Message-ID.
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)


def send_later(
    session: Session,
    template: str,
    *,
    to: str,
    locale: str,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> str:
    """Render `templates/emails/<template>.{subject.txt,txt,html}` in a language and queue it; returns the mail's id."""
    with force_locale(locale):
        subject = " ".join(render_template(f"emails/{template}.subject.txt", **context).split())
        text = render_template(f"emails/{template}.txt", **context)
        html = render_template(f"emails/{template}.html", **context)
    mail = Mail(to_address=to, subject=subject[:300], text=text, html=html, headers=dict(headers or {}))
    session.add(mail)
    session.flush()
    enqueue(session, "mail.send", key=f"mail:{mail.id}", mail_id=mail.id)
    return mail.id


@job("mail.send")
def send(mail_id: str) -> None:
    """Hand one mail to the transport. A crash between sending and marking sends it again: the lesser evil."""
    with db.reading() as session:
        mail = session.get(Mail, mail_id)
    if mail is None or mail.sent_at is not None:
        return
    settings: Settings = current_app.extensions["vetrina.settings"]
    if settings.smtp_url:
        _send_by_smtp(settings, mail)
    with db.unit_of_work() as session:
        stored = session.get_one(Mail, mail_id)
        stored.sent_at = clock.now()


def outbox(session: Session, *, limit: int = 50) -> list[Mail]:
    """Newest first, for the outbox page."""
    return list(session.scalars(select(Mail).order_by(Mail.id.desc()).limit(limit)))


def as_message(settings: Settings, mail: Mail) -> EmailMessage:
    """The mail as it travels."""
    message = EmailMessage(policy=WholeLinks())
    message["From"], message["To"], message["Subject"] = settings.mail_from, mail.to_address, mail.subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=urlsplit(settings.base_url).hostname)
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def _send_by_smtp(settings: Settings, mail: Mail) -> None:
    message = as_message(settings, mail)
    address = urlsplit(settings.smtp_url)
    host, port = address.hostname or "localhost", address.port or (465 if address.scheme == "smtps" else 587)
    if address.scheme == "smtps":
        context = ssl.create_default_context()
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        connection = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    with connection:
        if address.scheme != "smtps" and connection.has_extn("starttls"):
            connection.starttls(context=ssl.create_default_context())
        if address.username:
            connection.login(unquote(address.username), unquote(address.password or ""))
        connection.send_message(message)
