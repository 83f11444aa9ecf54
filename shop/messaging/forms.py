"""What people send."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shop.core.forms import Identifier, Input, Line, check_line, check_text
from shop.messaging.models import LONGEST_TEXT

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT), AfterValidator(check_text)]
Said = Annotated[Words, StringConstraints(min_length=1)]
ClientKey = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(check_line)]
Title = Annotated[Line, StringConstraints(max_length=60)]
CardRef = Annotated[str, StringConstraints(min_length=3, max_length=140, pattern=r"^[a-z]+:[\w@.~-]+$")]
Handle = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), AfterValidator(check_line)]


class NothingForm(Input):
    """A button."""


class SendForm(Input):
    """A message from the page without scripts. `card` is `kind:ref`."""

    text: Words = ""
    client_key: ClientKey | None = None
    card: Annotated[list[CardRef], Field(max_length=3)] = []
    reply_to: Identifier | None = None


class EditForm(Input):
    text: Said


class ReactForm(Input):
    sign: Annotated[str, StringConstraints(min_length=1, max_length=8)]


class MuteForm(Input):
    muted: Literal["yes", "no"]


class NewForm(Input):
    """To one person by handle, or a group of friends by their ids with a name."""

    to: Handle = ""
    people: Annotated[list[Identifier], Field(max_length=40)] = []
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60), AfterValidator(check_line)] = ""
    text: Words = ""


class RenameForm(Input):
    title: Title


class PeopleForm(Input):
    people: Annotated[list[Identifier], Field(max_length=40)] = []


class AdminForm(Input):
    is_admin: Literal["yes", "no"]


class ReportForm(Input):
    reason: Literal["spam", "scam", "abuse", "other"]


class AskForm(Input):
    """A question to a brand, with what it is about."""

    text: Words = ""
    client_key: ClientKey | None = None
    card: Annotated[list[CardRef], Field(max_length=3)] = []


def card_refs(cards: list[str]) -> list[tuple[str, str]]:
    """`product:passo-uno` → ("product", "passo-uno")."""
    found = []
    for card in cards:
        kind, _, ref = card.partition(":")
        found.append((kind, ref))
    return found
