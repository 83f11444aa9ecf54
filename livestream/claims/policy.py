"""Who may claim, and who may correct claims."""

from __future__ import annotations

from livestream.claims.models import Claim
from livestream.rooms.policy import MODERATORS, can_plan_stream
from shop.core.actor import Actor

CORRECTORS = MODERATORS


def can_claim(actor: Actor, brand_id: str) -> bool:
    """Shoppers; the brand's own people talk about claims all evening and mean none."""
    return actor.account_id is not None and not actor.has_role(brand_id)


def can_correct(actor: Actor, brand_id: str) -> bool:
    """See all claims of a show, change and remove them."""
    return actor.has_role(brand_id, *CORRECTORS)


def can_set_rules(actor: Actor, brand_id: str) -> bool:
    """Say what a show lets people claim: whoever plans it."""
    return can_plan_stream(actor, brand_id)


def is_owner(actor: Actor, claim: Claim) -> bool:
    return actor.account_id is not None and actor.account_id == claim.account_id
