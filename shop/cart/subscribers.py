"""What other features' news mean for bags."""

from __future__ import annotations

from shop.accounts.events import SignedIn
from shop.cart.service import merge
from shop.core import db


def on_signed_in(event: SignedIn) -> None:
    """The guest's bag becomes, or joins, the member's."""
    if event.guest_key is None:
        return
    with db.unit_of_work() as session:
        merge(session, guest_key=event.guest_key, account_id=event.account_id)
