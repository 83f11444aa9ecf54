"""People with a password, for tests of the way in."""

from __future__ import annotations

from shop.accounts.models import Account
from shop.accounts.service import create_account
from shop.core import db

PASSWORD = "una frase lunga"


def make_person(email: str = "anna@example.test", name: str = "Anna", *, confirmed: bool = True) -> Account:
    """Committed, with PASSWORD."""
    with db.unit_of_work() as session:
        return create_account(session, email=email, password=PASSWORD, display_name=name, confirmed=confirmed)
