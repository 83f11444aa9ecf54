"""What can go wrong with claims."""

from __future__ import annotations

from shop.core.errors import Conflict, NotAllowed
from shop.core.i18n import N_


class ClaimsOff(Conflict):
    """The brand switched claims off for this show."""

    code = "claims_off"
    message = N_("This show takes no claims. Buy from the card instead.")


class ClaimLimit(NotAllowed):
    """More pieces than one person may claim; `most` is the cap that stands in the way."""

    code = "claim_limit"
    message = N_("One person can claim %(most)s at most here.")


class FewerLeft(Conflict):
    """Some are left, not as many as were asked for: `left` can be claimed."""

    code = "fewer_left"
    message = N_("Only %(left)s left.")


class ClaimOver(Conflict):
    """The claim was paid, given back or taken away meanwhile."""

    code = "claim_over"
    message = N_("This claim changed meanwhile. Look at it again.")


class NoMore(Conflict):
    """More pieces of what one holds already, and there are none, or others wait for them."""

    code = "no_more"
    message = N_("There are no more pieces right now. You keep the ones you have.")
