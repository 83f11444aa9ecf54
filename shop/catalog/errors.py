"""What can be wrong with products and prices."""

from __future__ import annotations

from shop.core.errors import Conflict, Gone, InvalidInput
from shop.core.i18n import N_


class LivePriceTooHigh(InvalidInput):
    """A live price must beat the lowest price of the last 30 days; `low` is that price."""

    code = "live_price_too_high"
    message = N_("The 30-day low is %(low)s. A live price must be lower than that.")


class NoPrice(InvalidInput):
    """A product on sale needs a price for every variant."""

    code = "no_price"
    message = N_("Give every variant a price first.")


class SkuTaken(Conflict):
    """SKUs are unique in the whole shop; `sku` is the one that is used already."""

    code = "sku_taken"
    message = N_("The SKU %(sku)s is used already.")


class ProductArchived(Gone):
    """The product was taken off sale."""

    code = "product_archived"
    message = N_("This product is no longer sold.")
