"""Who may do what in a brand, as pure questions; `docs/reference/policies.md` shows the whole table."""

from __future__ import annotations

from shop.core.actor import Actor, Role


def can_manage_team(actor: Actor, brand_id: str) -> bool:
    return actor.has_role(brand_id, Role.OWNER)


def can_found_brand(actor: Actor) -> bool:
    """People whose address is confirmed; a brand sells, so somebody must be reachable."""
    return not actor.is_guest and actor.email_confirmed
