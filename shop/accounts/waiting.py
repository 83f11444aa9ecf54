"""What waits behind the sign-in page: a stream, a bag. Features above describe their own paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shop.core.i18n import gettext


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The dark card on top of the page. `line` says what is kept; `back` names the way back without signing in."""

    title: str
    line: str
    back: str
    image_url: str = ""
    is_live: bool = False


Teller = Callable[[Session, str], Waiting | None]
_tellers: list[Teller] = []


def tell_what_waits(teller: Teller) -> None:
    """Register a function of (session, path) that knows some paths and answers None for the others."""
    if teller not in _tellers:
        _tellers.append(teller)


def what_waits(session: Session, path: str) -> Waiting | None:
    """The first answer of the features, else the bag's, which needs no feature to be described."""
    for teller in _tellers:
        found = teller(session, path)
        if found is not None:
            return found
    if path.startswith(("/cart", "/checkout")):
        return Waiting(
            title=gettext("Your bag"), line=gettext("Everything in it stays."), back=gettext("Back to the bag")
        )
    return None
