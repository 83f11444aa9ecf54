"""What can stop a purchase before anything is charged."""

from __future__ import annotations

from shop.core.errors import Conflict, InvalidInput, ProviderError, RateLimited
from shop.core.i18n import N_


class PriceChanged(Conflict):
    """The total is no longer the one the shopper saw; `old` and `new` are those totals. A new tap is needed."""

    code = "price_changed"
    message = N_("The price changed from %(old)s to %(new)s. Look again before you pay.")


class BagEmpty(Conflict):
    """There is nothing in the bag that can be bought."""

    code = "bag_empty"
    message = N_("There is nothing in your bag that can be bought.")


class NotDelivered(Conflict):
    """One of the brands does not send parcels to the chosen countries."""

    code = "not_delivered"
    message = N_("One of the brands does not deliver there. Choose another destination or take its items out.")


class TooFew(InvalidInput):
    """Card payments have a smallest amount, `minimum`."""

    code = "below_minimum"
    message = N_("Card payments start at %(minimum)s.")


class TooMany(Conflict):
    """A shopper can buy `limit` pieces of one thing at a time."""

    code = "too_many"
    message = N_("At most %(limit)s pieces of one thing per order.")


class TooManyOpen(RateLimited):
    """Stock is held for a few checkouts of one shopper at a time, not for any number."""

    code = "too_many_checkouts"
    message = N_("You have several payments open. Finish or cancel one first.")


class PaymentUnavailable(ProviderError):
    """The payment page could not be made. Nothing was charged, the bag is as it was."""

    code = "payment_unavailable"
    message = N_("We could not open the payment page. Nothing was charged and your bag is safe. Try again in a moment.")
