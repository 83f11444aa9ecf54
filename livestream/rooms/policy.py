"""Who may do what around a stream. Pure questions, asked again by every service."""

from __future__ import annotations

from shop.core.actor import SYSTEM, Actor, Role

PLANNERS = (Role.OWNER, Role.PRODUCER)
ON_STAGE = (Role.OWNER, Role.PRODUCER, Role.HOST)
MODERATORS = (Role.OWNER, Role.PRODUCER, Role.HOST, Role.MODERATOR)


def can_plan_stream(actor: Actor, brand_id: str) -> bool:
    """Create, change, schedule and cancel streams, and write their run of show."""
    return actor is SYSTEM or actor.has_role(brand_id, *PLANNERS)


def can_run_stream(actor: Actor, brand_id: str) -> bool:
    """Go live, pin, end."""
    return actor is SYSTEM or actor.has_role(brand_id, *ON_STAGE)


def can_moderate(actor: Actor, brand_id: str) -> bool:
    """Remove messages, mute, ban, slow mode, the pinned message."""
    return actor.has_role(brand_id, *MODERATORS)


def can_join_crew(actor: Actor, brand_id: str) -> bool:
    """See the studio's figures."""
    return actor is SYSTEM or actor.has_role(brand_id)


def chat_role(actor: Actor, brand_id: str) -> str:
    """The badge beside the name: host, moderator or none."""
    role = actor.role_in(brand_id)
    if role in ON_STAGE:
        return "host"
    return "moderator" if role is Role.MODERATOR else ""
