"""What checkout forms may contain: never a price that counts, only prices that were seen."""

from __future__ import annotations

from shop.cart.forms import Reference
from shop.core.forms import Input, Line, MinorUnits, OptionalLine, Quantity
from shop.shipping.models import CountryGroup


class PayBag(Input):
    """`seen_total` is the total on the button, in minor units: if it is no longer right, nothing is charged."""

    seen_total: MinorUnits
    to: CountryGroup
    return_path: OptionalLine = ""


class BuyNow(Input):
    """`variant_id` is a variant's SKU; `seen_amount` the price of one piece as it was shown."""

    variant_id: Line
    quantity: Quantity = 1
    source_ref: Reference | None = None
    return_path: OptionalLine = ""
    seen_amount: MinorUnits | None = None
    to: CountryGroup | None = None
