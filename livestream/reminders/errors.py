"""What can go wrong with reminders."""

from __future__ import annotations

from shop.core.errors import Conflict
from shop.core.i18n import N_


class NotUpcoming(Conflict):
    """It began, is over or was called off: there is nothing left to be reminded of."""

    code = "not_upcoming"
    message = N_("This show is not coming up any more.")
