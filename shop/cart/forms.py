"""What bag forms may contain."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from shop.core.forms import MAXIMUM_QUANTITY, Input, Line, OptionalLine, Quantity
from shop.shipping.models import CountryGroup

Reference = Annotated[str, StringConstraints(pattern=r"^([a-z]{2,8}_[0-9a-z]{26})?$")]


class AddLine(Input):
    """`variant_id` is a variant's SKU, `source_ref` the pin it was added from, `return_path` where the shopper was."""

    variant_id: Line
    quantity: Quantity = 1
    source_ref: Reference | None = None
    return_path: OptionalLine = ""


class ChangeLine(Input):
    """Zero takes the line out."""

    quantity: Annotated[int, Field(ge=0, le=MAXIMUM_QUANTITY)]
    to: CountryGroup | None = None


class RemoveLine(Input):
    to: CountryGroup | None = None
