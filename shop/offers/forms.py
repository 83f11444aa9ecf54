"""What the card's forms contain: never a price that counts, but the one that somebody names."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shop.core.forms import Input, Line, MinorUnits
from shop.offers.models import LONGEST, SHORTEST
from shop.shipping.models import CountryGroup


class NothingForm(Input):
    """A button."""


class PayForm(Input):
    """`seen_total` is the sum on the button, in minor units: if it is no longer right, nothing is charged."""

    seen_total: MinorUnits | None = None


class CounterForm(Input):
    """A price as people type it, for one piece."""

    price: Line


class DestinationForm(Input):
    to: CountryGroup


class SizeForm(Input):
    """Another variant's SKU."""

    variant_id: Line


class ExtendForm(Input):
    minutes: Annotated[int, Field(ge=5, le=int(LONGEST.total_seconds() // 60))] = 30


class TakeBackForm(Input):
    """Without a restock the pieces are not sold again."""

    restock: Literal["yes"] | None = None


MINUTES = Annotated[
    int, Field(ge=int(SHORTEST.total_seconds() // 60), le=int(LONGEST.total_seconds() // 60))
]  # How long an offer is valid, for composers.
