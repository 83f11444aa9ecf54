"""Who may change stock by hand."""

from __future__ import annotations

from shop.core.actor import SYSTEM, Actor, Role


def can_change_stock(actor: Actor, brand_id: str) -> bool:
    return actor is SYSTEM or actor.has_role(brand_id, Role.OWNER, Role.PRODUCER)
