"""What the bag asks of the features above it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from shop.core.actor import Actor

HeldBy = Callable[[Session, Actor], Mapping[str, int]]

_held_by: HeldBy | None = None


def use_held_by(function: HeldBy) -> None:
    """Orders say how many of each variant wait for this shopper's payment: in the shopper's own eyes they are not gone."""
    global _held_by
    _held_by = function


def held_by(session: Session, actor: Actor) -> Mapping[str, int]:
    return _held_by(session, actor) if _held_by is not None else {}
