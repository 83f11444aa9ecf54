"""What can go wrong with pins."""

from __future__ import annotations

from shop.core.errors import Conflict
from shop.core.i18n import N_


class NotPinned(Conflict):
    """Somebody else replaced or removed the pin a moment ago."""

    code = "not_pinned"
    message = N_("This product is not pinned any more.")


class UndoTooLate(Conflict):
    """A pin can be undone for five seconds; later it is part of the show."""

    code = "undo_too_late"
    message = N_("It is too late to undo. Unpin the product instead.")


class PriceOver(Conflict):
    """The live price ended; there is no clock to move."""

    code = "price_over"
    message = N_("The live price has ended already.")
