"""What is always true of orders. Their stock and payments are checked by `payments.verify`, which sees both."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.core.verify import invariant
from shop.inventory.models import Hold, HoldState
from shop.orders.models import Order, OrderLine, OrderPart, OrderState, PartState

PART_STATES: dict[OrderState, frozenset[PartState]] = {
    OrderState.PAYING: frozenset({PartState.WAITING}),
    OrderState.PAID: frozenset({PartState.TO_SHIP, PartState.SHIPPED, PartState.DELIVERED}),
    OrderState.CANCELLED: frozenset({PartState.CANCELLED}),
    OrderState.REFUNDED: frozenset(PartState) - {PartState.WAITING},
}


def owner_ref(order_id: str) -> str:
    """The name under which an order holds its stock."""
    return f"order:{order_id}"


@invariant("orders.totals_add_up")
def totals_add_up(session: Session) -> list[str]:
    """An order's amounts are the sums over its parts, a part's goods the sum over its lines."""
    parts = session.execute(
        select(
            Order.number,
            Order.items_amount,
            Order.shipping_amount,
            Order.total_amount,
            func.coalesce(func.sum(OrderPart.items_amount), 0).label("items"),
            func.coalesce(func.sum(OrderPart.shipping_amount), 0).label("shipping"),
        )
        .outerjoin(OrderPart, OrderPart.order_id == Order.id)
        .group_by(Order.id)
    )
    faults = [
        f"order {row.number}: {row.items_amount} + {row.shipping_amount} = {row.total_amount}; "
        f"its parts say {row.items} + {row.shipping}"
        for row in parts
        if (row.items_amount, row.shipping_amount) != (row.items, row.shipping)
        or row.items + row.shipping != row.total_amount
    ]
    lines = session.execute(
        select(
            Order.number,
            OrderPart.letter,
            OrderPart.items_amount,
            func.coalesce(func.sum(OrderLine.unit_amount * OrderLine.quantity), 0).label("items"),
        )
        .join(Order, Order.id == OrderPart.order_id)
        .outerjoin(OrderLine, OrderLine.part_id == OrderPart.id)
        .group_by(Order.number, OrderPart.id)
    )
    return faults + [
        f"part {row.number}-{row.letter}: {row.items_amount}, its lines say {row.items}"
        for row in lines
        if row.items_amount != row.items
    ]


@invariant("orders.parts_follow_their_order")
def parts_follow_their_order(session: Session) -> list[str]:
    """No parcel leaves for an unpaid order, none is forgotten by a paid one."""
    rows = session.execute(
        select(Order.number, Order.state, OrderPart.letter, OrderPart.state.label("part_state")).join(
            OrderPart, OrderPart.order_id == Order.id
        )
    )
    return [
        f"part {row.number}-{row.letter} is {row.part_state} while its order is {row.state}"
        for row in rows
        if PartState(row.part_state) not in PART_STATES[OrderState(row.state)]
    ]


@invariant("orders.stock_follows_the_order")
def stock_follows_the_order(session: Session) -> list[str]:
    """An open order holds exactly its lines, a paid one has sold them, a cancelled or refunded one holds nothing."""
    wanted: dict[str, dict[str, int]] = {}
    orders: dict[str, tuple[int, OrderState]] = {}
    for order_id, number, state, variant_id, quantity in session.execute(
        select(Order.id, Order.number, Order.state, OrderLine.variant_id, func.sum(OrderLine.quantity))
        .join(OrderPart, OrderPart.order_id == Order.id)
        .join(OrderLine, OrderLine.part_id == OrderPart.id)
        .group_by(Order.id, OrderLine.variant_id)
    ):
        orders[order_id] = (number, OrderState(state))
        wanted.setdefault(order_id, {})[variant_id] = int(quantity)
    found: dict[tuple[str, HoldState], dict[str, int]] = {}
    for ref, hold_state, variant_id, quantity in session.execute(
        select(Hold.owner_ref, Hold.state, Hold.variant_id, func.sum(Hold.quantity))
        .where(Hold.state != HoldState.RELEASED)
        .group_by(Hold.owner_ref, Hold.state, Hold.variant_id)
    ):
        found.setdefault((ref, HoldState(hold_state)), {})[variant_id] = int(quantity)
    faults = []
    for order_id, (number, order_state) in orders.items():
        held = found.get((owner_ref(order_id), HoldState.HELD), {})
        sold = found.get((owner_ref(order_id), HoldState.SOLD), {})
        expected_held = wanted[order_id] if order_state is OrderState.PAYING else {}
        expected_sold = wanted[order_id] if order_state is OrderState.PAID else {}
        if held != expected_held:
            faults.append(f"order {number} is {order_state} and holds {held}, not {expected_held}")
        if sold != expected_sold and order_state is not OrderState.REFUNDED:
            faults.append(f"order {number} is {order_state} and sold {sold}, not {expected_sold}")
    return faults
