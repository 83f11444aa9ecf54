"""Who else follows an order, inside the very transaction that changes it.

Orders know nothing of what they were made from; a higher feature (offers) says so here in `register(app)`. For news
that may be lost there are events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from shop.orders.models import Order, OrderPart


class Follower(Protocol):
    """The order's row is locked whenever one of these is called."""

    def objection(self, session: Session, order: Order) -> str:
        """Why money for this order cannot be kept, in words for the log; empty: it can."""

    def moved(self, session: Session, order: Order, parts: Sequence[OrderPart]) -> None:
        """Paid, cancelled, refunded, shipped, delivered. A cancelled order still holds its stock at this moment."""

    def home(self, session: Session, order: Order) -> str | None:
        """The page that this order was paid from and that shows it from now on; None: it is not ours."""


_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Following again (a second app in one process) replaces the one of the same kind."""
    _followers[:] = [known for known in _followers if type(known) is not type(follower)]
    _followers.append(follower)


def objection(session: Session, order: Order) -> str:
    return next(filter(None, (one.objection(session, order) for one in _followers)), "")


def tell(session: Session, order: Order, parts: Sequence[OrderPart]) -> None:
    for one in _followers:
        one.moved(session, order, parts)


def home_of(session: Session, order: Order) -> str | None:
    return next(filter(None, (one.home(session, order) for one in _followers)), None)
