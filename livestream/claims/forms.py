"""What the brand's page of claims may send."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from livestream.claims.readings import MOST
from shop.core.forms import Identifier, Input, check_text

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=600), AfterValidator(check_text)]


class RulesForm(Input):
    """What a show lets people claim. `claim_words` are separated by commas or lines; none are the usual ones."""

    is_on: bool = False
    claim_words: Words = ""
    most_per_item: Annotated[int, Field(ge=1, le=20)]
    most_per_show: Annotated[int, Field(ge=1, le=100)]
    hold_minutes: Annotated[int, Field(ge=5, le=120)]

    @property
    def words(self) -> list[str]:
        return [word.strip() for word in self.claim_words.replace("\n", ",").split(",") if word.strip()]


class CorrectForm(Input):
    """What was meant: another variant, another number of pieces."""

    variant_id: Identifier
    quantity: Annotated[int, Field(ge=1, le=MOST)]


class NothingForm(Input):
    """A button alone."""
