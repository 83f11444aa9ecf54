"""What can go wrong with orders."""

from __future__ import annotations

from shop.core.errors import Conflict
from shop.core.i18n import N_


class OrderNotPaid(Conflict):
    """Only a paid order leaves the house."""

    code = "order_not_paid"
    message = N_("This order is not paid.")
