"""What can go wrong with stock."""

from __future__ import annotations

from shop.core.errors import Conflict
from shop.core.i18n import N_


class SoldOut(Conflict):
    """Fewer are left than somebody wants; `sku` says of what, `left` how many there are."""

    code = "sold_out"
    message = N_("Not enough left: %(left)s can still be bought.")

    def __init__(self, message: str | None = None, *, sku: str, left: int) -> None:
        super().__init__(message or (N_("This is sold out.") if left <= 0 else None), sku=sku, left=left)


class AlreadyHeld(Conflict):
    """The owner holds stock already, of something else or another quantity."""

    code = "already_held"
    message = N_("Your items are set aside already.")


class StockPromised(Conflict):
    """Stock cannot fall below what is held and sold; `left` is how many can be taken away."""

    code = "stock_promised"
    message = N_("Only %(left)s can be taken away: the others are held for buyers or sold.")


class InStock(Conflict):
    """Nothing to wait for: it can be bought."""

    code = "in_stock"
    message = N_("You can buy it right now.")
