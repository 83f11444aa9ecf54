"""The link under a mail that stops mails of its kind: signed, for one person and one kind."""

from __future__ import annotations

from shop.core import ids, web

PURPOSE = "unsubscribe"


def unsubscribe_path(account_id: str, kind: str) -> str:
    signature = ids.sign(web.settings().secret_key, PURPOSE, _message(account_id, kind))
    return f"/unsubscribe/{account_id}/{kind}/{signature}"


def stops_mail(account_id: str, kind: str, signature: str) -> bool:
    """Whether the signature belongs to this person and kind."""
    return ids.check_signature(web.settings().secret_key, PURPOSE, _message(account_id, kind), signature)


def _message(account_id: str, kind: str) -> str:
    return f"{account_id}:{kind}"
