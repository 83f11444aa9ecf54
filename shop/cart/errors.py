"""What can go wrong with a bag."""

from __future__ import annotations

from shop.core.errors import Conflict, InvalidInput
from shop.core.i18n import N_


class NotForSale(Conflict):
    """The product is not on sale: a draft, archived, or without a price in this currency."""

    code = "not_for_sale"
    message = N_("This product cannot be bought right now.")


class BagFull(InvalidInput):
    """A bag holds up to `limit` different things."""

    code = "bag_full"
    message = N_("Your bag is full: %(limit)s different things at most.")
