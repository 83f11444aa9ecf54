"""Changing stock: hold, release, sell, receive, adjust. Every change is one conditional statement and a ledger line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.catalog.models import Variant
from shop.core import clock, ids
from shop.core.actor import Actor
from shop.core.errors import InvalidInput, NotAllowed, NotFound, require
from shop.core.events import publish
from shop.core.i18n import N_
from shop.inventory import holding, waits
from shop.inventory.errors import AlreadyHeld, SoldOut, StockPromised
from shop.inventory.events import StockChanged
from shop.inventory.models import Hold, HoldState, Movement, StockEntry, StockLevel
from shop.inventory.policy import can_change_stock
from shop.inventory.queries import brand_of_variant, holds_of, levels, open_holds

MAXIMUM_STOCK = 1_000_000


@dataclass(frozen=True, kw_only=True)
class HoldLine:
    """So many of one variant."""

    variant_id: str
    quantity: int


def hold(session: Session, *, owner_ref: str, lines: list[HoldLine], until: datetime) -> list[Hold]:
    """Set stock aside for one owner until a deadline: everything, or SoldOut and the transaction must be rolled back.

    Locks levels in the order of variant ids. Holding the same again returns what is held; anything else raises
    AlreadyHeld. Emits inventory.stock_changed. Raises SoldOut, AlreadyHeld.
    """
    wanted = _added_up(lines)
    held = open_holds(session, owner_ref)
    if held:
        require({row.variant_id: row.quantity for row in held} == wanted, AlreadyHeld)
        return held
    try:
        for variant_id, quantity in sorted(wanted.items()):
            if not holding.take(session, owner_ref=owner_ref, variant_id=variant_id, quantity=quantity, until=until):
                raise _sold_out(session, variant_id)
    except IntegrityError:
        raise AlreadyHeld from None  # The same owner in a second request: one open hold per owner and variant.
    publish(session, StockChanged(variant_ids=tuple(sorted(wanted))))
    return open_holds(session, owner_ref)


def _added_up(lines: list[HoldLine]) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for line in lines:
        if line.quantity < 1:
            raise InvalidInput(fields={"quantity": N_("At least 1.")})
        wanted[line.variant_id] = wanted.get(line.variant_id, 0) + line.quantity
    return wanted


def _sold_out(session: Session, variant_id: str) -> SoldOut:
    sku = session.scalar(select(Variant.sku).where(Variant.id == variant_id))
    if sku is None:
        raise NotFound
    return SoldOut(sku=sku, left=levels(session, [variant_id])[variant_id].left)


def extend(session: Session, *, owner_ref: str, until: datetime) -> list[Hold]:
    """Give an owner's open holds a later deadline; an earlier one changes nothing."""
    session.execute(
        update(Hold)
        .where(Hold.owner_ref == owner_ref, Hold.state == HoldState.HELD, Hold.expires_at < until)
        .values(expires_at=until)
        .execution_options(synchronize_session=False)
    )
    return open_holds(session, owner_ref)


def hand_over(session: Session, *, from_ref: str, to_ref: str, variant_id: str, quantity: int, until: datetime) -> bool:
    """Give so many of an owner's held pieces to another owner; False, and nothing changed, when it holds fewer.

    Nobody can take the pieces in between. What the giver keeps and the receiver already had stay held.
    """
    given, got = _open_hold(session, from_ref, variant_id), _open_hold(session, to_ref, variant_id)
    if given is None or given.quantity < quantity:
        return False
    if given.quantity == quantity and got is None:
        session.execute(
            update(Hold)
            .where(Hold.id == given.id, Hold.state == HoldState.HELD)
            .values(owner_ref=to_ref, expires_at=until)
            .execution_options(synchronize_session=False)
        )
        return True
    # Holds end whole. Ending them locks the counter's row, so the new ones find the very pieces that were given up.
    for owner_ref in (from_ref, to_ref):
        _end(session, owner_ref, HoldState.RELEASED, Movement.RELEASED, Hold.variant_id == variant_id)
    shares = {from_ref: (given.quantity - quantity, given.expires_at), to_ref: (quantity, until)}
    if got is not None:
        shares[to_ref] = (quantity + got.quantity, max(until, got.expires_at))
    for owner_ref, (count, deadline) in shares.items():
        if count:
            taken = holding.take(session, owner_ref=owner_ref, variant_id=variant_id, quantity=count, until=deadline)
            assert taken is not None
    return True


def _open_hold(session: Session, owner_ref: str, variant_id: str) -> Hold | None:
    return next((hold for hold in open_holds(session, owner_ref) if hold.variant_id == variant_id), None)


def release(session: Session, *, owner_ref: str) -> list[Hold]:
    """Give an owner's open holds back to everybody; returns those that ended now. Repeating it is harmless.

    Emits inventory.stock_changed.
    """
    ended = _end(session, owner_ref, HoldState.RELEASED, Movement.RELEASED)
    if ended:
        waits.tell_later(session, [row.variant_id for row in ended])
        publish(session, StockChanged(variant_ids=tuple(row.variant_id for row in ended)))
    return ended


def sell(session: Session, *, owner_ref: str) -> list[Hold]:
    """Turn an owner's open holds into sales; returns those that ended now, none when nothing was held any more.

    Repeating it is harmless. Emits inventory.stock_changed.
    """
    ended = _end(session, owner_ref, HoldState.SOLD, Movement.SOLD)
    if ended:
        publish(session, StockChanged(variant_ids=tuple(row.variant_id for row in ended)))
    return ended


def _end(
    session: Session, owner_ref: str, state: HoldState, movement: Movement, *only: ColumnElement[bool]
) -> list[Hold]:
    """Move the holds first, on condition that they are open: whoever moves one changes the counter, nobody else."""
    moved = session.execute(
        update(Hold)
        .where(Hold.owner_ref == owner_ref, Hold.state == HoldState.HELD, *only)
        .values(state=state, ended_at=clock.now())
        .returning(Hold.id, Hold.variant_id, Hold.quantity)
        .execution_options(synchronize_session=False)
    ).all()
    for row in sorted(moved, key=lambda row: row.variant_id):
        change = {"held": StockLevel.held - row.quantity}
        if movement is Movement.SOLD:
            change["sold"] = StockLevel.sold + row.quantity
        session.execute(
            update(StockLevel)
            .where(StockLevel.variant_id == row.variant_id)
            .values(**change)
            .execution_options(synchronize_session=False)
        )
        _write(session, variant_id=row.variant_id, movement=movement, quantity=row.quantity, hold_id=row.id)
    ended = {row.id for row in moved}
    return [row for row in holds_of(session, owner_ref) if row.id in ended] if ended else []


def receive(session: Session, *, actor: Actor, variant_id: str, quantity: int, reason: str = "") -> None:
    """Goods came in. Emits inventory.stock_changed. Raises NotAllowed, NotFound, InvalidInput."""
    require(quantity > 0, InvalidInput(fields={"quantity": N_("At least 1.")}))
    _change_stock(
        session, actor=actor, variant_id=variant_id, quantity=quantity, movement=Movement.RECEIVED, reason=reason
    )


def take_back(session: Session, *, actor: Actor, variant_id: str, quantity: int, reason: str = "") -> None:
    """Sold goods came back and can be sold again. Emits inventory.stock_changed."""
    require(quantity > 0, InvalidInput(fields={"quantity": N_("At least 1.")}))
    _change_stock(
        session, actor=actor, variant_id=variant_id, quantity=quantity, movement=Movement.RETURNED, reason=reason
    )


def adjust(session: Session, *, actor: Actor, variant_id: str, quantity: int, reason: str) -> None:
    """Correct the count by so many pieces, up or down, with a reason.

    Emits inventory.stock_changed. Raises StockPromised when buyers hold or bought what should go, InvalidInput.
    """
    require(quantity != 0, InvalidInput(fields={"quantity": N_("By how many? Not zero.")}))
    require(bool(reason.strip()), InvalidInput(fields={"reason": N_("Say why, for the history.")}))
    _change_stock(
        session, actor=actor, variant_id=variant_id, quantity=quantity, movement=Movement.ADJUSTED, reason=reason
    )


def _change_stock(
    session: Session, *, actor: Actor, variant_id: str, quantity: int, movement: Movement, reason: str
) -> None:
    require(can_change_stock(actor, brand_of_variant(session, variant_id)), NotAllowed)
    holding.ensure_level(session, variant_id)
    stock = StockLevel.stock + quantity
    changed = session.scalar(
        update(StockLevel)
        .where(
            StockLevel.variant_id == variant_id,
            stock >= StockLevel.held + StockLevel.sold,
            stock - StockLevel.sold <= MAXIMUM_STOCK,
        )
        .values(stock=stock)
        .returning(StockLevel.variant_id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        if quantity > 0:
            raise InvalidInput(fields={"quantity": N_("That number is too large.")})
        raise StockPromised(left=levels(session, [variant_id])[variant_id].left)
    _write(
        session,
        variant_id=variant_id,
        movement=movement,
        quantity=quantity,
        reason=reason.strip()[:200],
        by_account_id=actor.account_id,
    )
    if quantity > 0:
        waits.tell_later(session, [variant_id])
    publish(session, StockChanged(variant_ids=(variant_id,)))


def _write(
    session: Session,
    *,
    variant_id: str,
    movement: Movement,
    quantity: int,
    hold_id: str | None = None,
    reason: str = "",
    by_account_id: str | None = None,
) -> None:
    session.execute(
        insert(StockEntry).values(
            id=ids.new_id("sent"),
            variant_id=variant_id,
            movement=movement,
            quantity=quantity,
            hold_id=hold_id,
            reason=reason,
            by_account_id=by_account_id,
            at=clock.now(),
        )
    )
