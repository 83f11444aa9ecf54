"""What can go wrong when somebody speaks."""

from __future__ import annotations

from datetime import datetime

from shop.core.errors import NotAllowed
from shop.core.i18n import N_


class Muted(NotAllowed):
    """The moderators took the word for a while; `until` is null when they have to give it back by hand."""

    code = "muted"
    message = N_("The moderators muted you for a while.")

    def __init__(self, *, until: datetime | None) -> None:
        super().__init__(until=until)


class Banned(NotAllowed):
    """This brand does not let the person into its rooms."""

    code = "banned"
    message = N_("You cannot enter the rooms of this brand.")
