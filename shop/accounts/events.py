"""What happens to people, for the features above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop.core.events import Event


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    """In this process only, when somebody signed in: the cart merges the bag that `guest_key` filled."""

    name: ClassVar[str] = "account.signed_in"
    account_id: str
    guest_key: str | None


@dataclass(frozen=True, kw_only=True)
class SignInEnded(Event):
    """In this process only, when a sign-in was closed: signed out, revoked, or the password changed."""

    name: ClassVar[str] = "account.sign_in_ended"
    session_id: str
    account_id: str
