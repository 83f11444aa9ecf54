"""Who may do what with an offer, and for how little."""

from __future__ import annotations

from datetime import datetime, timedelta

from shop.core import clock
from shop.core.actor import Actor, Role
from shop.core.money import MINIMUM_CHARGE, Money
from shop.messaging.policy import INBOX_ROLES
from shop.offers.models import LONGEST, SHORTEST, WAITING, Offer, OfferLimits, OfferState

OFFER_ROLES = INBOX_ROLES
FREE_ROLES = (Role.OWNER, Role.PRODUCER)
MOST_COUNTERS = 3
RETURNABLE = (OfferState.SHIPPED, OfferState.DELIVERED)
ON_THE_WAY = timedelta(days=10)


def is_shopper(actor: Actor, offer: Offer) -> bool:
    """The one person who may take, answer and pay it."""
    return actor.account_id is not None and actor.account_id == offer.shopper_id


def speaks_for_brand(actor: Actor, offer: Offer) -> bool:
    return actor.has_role(offer.brand_id, *OFFER_ROLES)


def lowest_price(actor: Actor, brand_id: str, base: Money, limits: OfferLimits) -> Money:
    """The least this person may ask for a piece that costs `base` now; never less than can be charged."""
    floor = Money(MINIMUM_CHARGE[base.currency], base.currency)
    if actor.has_role(brand_id, *FREE_ROLES):
        return floor
    percent = limits.host_percent if actor.has_role(brand_id, Role.HOST) else limits.support_percent
    _off, rest = base.split(percent * 100)
    return rest if floor < rest else floor


def fits_time(valid_for: timedelta) -> bool:
    return SHORTEST <= valid_for <= LONGEST


def is_past(offer: Offer, now: datetime) -> bool:
    return offer.valid_until <= now


def can_counter(offer: Offer) -> bool:
    """A price made for one person can be talked about."""
    return offer.batch_id is None and not offer.is_claim and offer.counters < MOST_COUNTERS


def can_replace(offer: Offer) -> bool:
    """Whether a new offer may take this one's place: it was made for one person, and nobody is paying it."""
    return offer.state in {*WAITING, OfferState.HELD} and offer.batch_id is None and not offer.is_claim


def keeps_stock(offer: Offer) -> bool:
    """Whether the stock stays set aside when a payment page closes without money."""
    return offer.batch_id is None and offer.holds_stock


def has_hold(offer: Offer) -> bool:
    """Whether stock is held in this offer's own name right now."""
    if offer.batch_id is not None:
        return False
    return offer.state == OfferState.HELD or (offer.holds_stock and offer.state in WAITING)


def in_return_time(offer: Offer, shipped_at: datetime | None, return_days: int) -> bool:
    """The brand's days count from arrival; ten more are allowed for the way, because carriers do not tell us."""
    if offer.state not in RETURNABLE or shipped_at is None:
        return False
    return clock.now() < shipped_at + timedelta(days=return_days) + ON_THE_WAY
