"""Links that say who sent them: `?from=<token>`.

The token is signed for one page and made only where its owner pressed "share" and asked to be named, so a handle can
be neither guessed nor put on somebody else's link.
"""

from __future__ import annotations

from flask import request

from shop.accounts.models import Account
from shop.core import ids, web
from shop.core.errors import NotFound
from shop.social.queries import is_blocked

PURPOSE = "share"
PREFIX = "acct"
SIGNATURE_LENGTH = 20


def share_token(account_id: str, kind: str, ref: str) -> str:
    """Names this person on links to one page: `kind` stream, product or clip, `ref` its slug."""
    _prefix, _, key = account_id.partition("_")
    return f"{key}.{_signature(account_id, kind, ref)}"


def _signature(account_id: str, kind: str, ref: str) -> str:
    message = f"{account_id}\n{kind}\n{ref}"
    return ids.sign(web.settings().secret_key, PURPOSE, message)[:SIGNATURE_LENGTH]


def read_share_token(token: str, kind: str, ref: str) -> str | None:
    """The account that shared this page; None for anything that we did not sign for it."""
    key, _, signature = token.partition(".")
    account_id = f"{PREFIX}_{key}"
    try:
        ids.decode(PREFIX, account_id)
    except NotFound:
        return None
    return account_id if ids.same_text(signature, _signature(account_id, kind, ref)) else None


def shared_by(kind: str, ref: str) -> str | None:
    """For templates: the name of who sent this visitor here, unless one of them blocked the other.

    Two statements, and only when the link names somebody.
    """
    token, me = request.args.get("from", ""), web.actor().account_id
    account_id = read_share_token(token, kind, ref) if token else None
    if account_id is None or account_id == me:
        return None
    session = web.read_session()
    if me is not None and is_blocked(session, me, account_id):
        return None
    sender = session.get(Account, account_id)
    return sender.display_name if sender is not None else None
