"""What can go wrong with a clip."""

from __future__ import annotations

from shop.core.errors import Conflict
from shop.core.i18n import N_


class NotRecorded(Conflict):
    """That part of the show was not recorded, or is no longer kept."""

    code = "not_recorded"
    message = N_("That part of the stream was not recorded.")
