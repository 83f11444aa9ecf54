"""What can go wrong with offers."""

from __future__ import annotations

from shop.core.errors import Conflict, InvalidInput, NotAllowed, WrongMove
from shop.core.i18n import N_


class OfferOver(WrongMove):
    """The offer is not where this step starts: expired, withdrawn, paid …; `state` says where it is."""

    code = "offer_over"
    message = N_("This offer changed meanwhile. Look at it again.")


class OfferExpired(Conflict):
    """The time is up."""

    code = "offer_expired"
    message = N_("This offer has expired. Ask for a new one.")


class OfferPaid(Conflict):
    """The money was faster than whoever wanted to end the offer."""

    code = "offer_paid"
    message = N_("This offer was paid just now.")


class OfferTaken(Conflict):
    """Somebody else is paying for the last one; it comes back if they do not."""

    code = "offer_taken"
    message = N_("Somebody is paying for the last one right now. It comes back if they do not.")


class BelowLimit(NotAllowed):
    """More discount than this person may give; `lowest` is how far they may go."""

    code = "below_limit"
    message = N_("You can go down to %(lowest)s. An owner can offer less.")


class AboveListPrice(InvalidInput):
    """An offer is never dearer than the shop; `highest` is the list price."""

    code = "above_list_price"
    message = N_("An offer cannot cost more than the normal price of %(highest)s.")


class NotOnSale(Conflict):
    """The product is not sold any more."""

    code = "not_on_sale"
    message = N_("This is not sold any more.")


class TooManyCounters(Conflict):
    """A shopper can name a price a few times per offer."""

    code = "too_many_counters"
    message = N_("You named three prices. Answer the offer as it is, or write to the brand.")


class PriceFixed(NotAllowed):
    """The price of the live room, or of an offer to several people, is the same for all."""

    code = "price_fixed"
    message = N_("The price of this offer is the same for everybody.")
