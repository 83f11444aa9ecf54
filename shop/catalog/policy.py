"""Who may look at and change a brand's products."""

from __future__ import annotations

from shop.core.actor import SYSTEM, Actor, Role


def can_see_products(actor: Actor, brand_id: str) -> bool:
    return actor is SYSTEM or actor.has_role(brand_id)


def can_edit_products(actor: Actor, brand_id: str) -> bool:
    """Owner and producer; the others look."""
    return actor is SYSTEM or actor.has_role(brand_id, Role.OWNER, Role.PRODUCER)
