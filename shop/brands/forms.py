"""What the pages of this feature take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from shop.accounts.forms import Email
from shop.core.actor import Role
from shop.core.forms import Input, Line, OptionalLine, Text


class FoundBrandForm(Input):
    """A new brand, first steps only: pictures and texts follow in the dashboard."""

    name: Line
    city: OptionalLine = ""
    country: Literal["IT", "FR", "DE", "ES", "AT", "CH", "GB", "US", "JP"] = "IT"
    about: Annotated[Text, StringConstraints(strip_whitespace=True, max_length=1000)] = ""


class InviteForm(Input):
    email: Email
    role: Role


class RoleForm(Input):
    role: Role


class NothingForm(Input):
    """A button and nothing else."""
