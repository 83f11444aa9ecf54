"""What the pages of this feature take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shop.core.forms import Identifier, Input, Text
from shop.social.models import MAXIMUM_FRIENDS

Next = Annotated[Text, StringConstraints(max_length=2000)]
Audiences = Annotated[list[Identifier], Field(max_length=50)]


class DeedForm(Input):
    """A button; `next` is the page it stands on."""

    next: Next = ""


class AddForm(Input):
    """A code or a handle, as somebody types it."""

    who: Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class CircleForm(Input):
    name: Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class MembersForm(Input):
    account_id: Annotated[list[Identifier], Field(max_length=MAXIMUM_FRIENDS)] = []


class PrivacyForm(Input):
    """Ticked boxes: for each datum the circles that see it, or `friends` for all."""

    watching: Audiences = []
    buying: Audiences = []
    bag: Audiences = []
    presence: Audiences = []
    brands_may_write: Literal["1", ""] = ""
    is_suggested: Literal["1", ""] = ""
