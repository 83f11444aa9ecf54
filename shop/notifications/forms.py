"""What the board's forms send."""

from __future__ import annotations

from shop.core.forms import Input, OptionalLine


class NothingForm(Input):
    """A button that says everything; `next` is where to go afterwards."""

    next: OptionalLine = ""


class ChoicesForm(Input):
    """The ticked switches of the settings: names of kinds."""

    in_app: list[OptionalLine] = []
    by_mail: list[OptionalLine] = []
