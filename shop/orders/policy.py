"""Who may see and ship orders."""

from __future__ import annotations

from shop.core.actor import Actor, Role
from shop.orders.models import Order

ORDER_ROLES = (Role.OWNER, Role.PRODUCER, Role.SUPPORT)


def can_see_order(actor: Actor, order: Order) -> bool:
    """Its shopper, or the browser it was placed from as a guest."""
    if order.account_id is not None:
        return actor.account_id == order.account_id
    return order.guest_key is not None and actor.guest_key == order.guest_key


def can_see_brand_orders(actor: Actor, brand_id: str) -> bool:
    """Names and addresses are for those who sell and help, not for hosts and moderators."""
    return actor.has_role(brand_id, *ORDER_ROLES)


def can_ship(actor: Actor, brand_id: str) -> bool:
    return actor.has_role(brand_id, *ORDER_ROLES)
