"""Who may say what shipping costs."""

from __future__ import annotations

from shop.core.actor import Actor, Role


def can_set_rates(actor: Actor, brand_id: str) -> bool:
    return actor.has_role(brand_id, Role.OWNER, Role.PRODUCER)
