"""Request data becomes a frozen model or InvalidInput with a sentence per field.

The same bounds serve forms (text that is parsed) and socket payloads (strict JSON types).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shop.core.errors import InvalidInput
from shop.core.i18n import N_, gettext
from shop.core.money import MAXIMUM_AMOUNT

M = TypeVar("M", bound="Input")
MAXIMUM_QUANTITY = 99


def check_text(value: str) -> str:
    """No control characters but line breaks and tabs, no lone surrogates: both break databases and readers."""
    for character in value:
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\r\t":
            raise ValueError(N_("contains characters that cannot be shown"))
    return value


def check_line(value: str) -> str:
    check_text(value)
    if any(character in value for character in "\n\r\t"):
        raise ValueError(N_("must be a single line"))
    return value


Text = Annotated[str, AfterValidator(check_text)]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(check_line)
]
OptionalLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(check_line)]
Paragraphs = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000), AfterValidator(check_text)]
Identifier = Annotated[str, StringConstraints(min_length=3, max_length=80), AfterValidator(check_line)]
Quantity = Annotated[int, Field(ge=1, le=MAXIMUM_QUANTITY)]
MinorUnits = Annotated[int, Field(ge=0, le=MAXIMUM_AMOUNT)]


class Input(BaseModel):
    """Base of everything that comes from outside: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


_SENTENCES = {
    "missing": N_("This is needed."),
    "extra_forbidden": N_("We do not know this field."),
    "string_too_long": N_("At most %(max_length)s characters."),
    "string_too_short": N_("This is needed."),
    "int_parsing": N_("A whole number, please."),
    "int_type": N_("A whole number, please."),
    "int_from_float": N_("A whole number, please."),
    "int_parsing_size": N_("That number is too large."),
    "greater_than_equal": N_("At least %(ge)s."),
    "less_than_equal": N_("At most %(le)s."),
    "literal_error": N_("Choose one of the offered values."),
    "enum": N_("Choose one of the offered values."),
    "value_error": "",
}


def parse(model: type[M], data: Any, *, strict: bool = False) -> M:
    """Validate; raises InvalidInput. `strict` is for JSON: a number is a number, text is text."""
    if not isinstance(data, Mapping):
        raise InvalidInput(N_("We expected an object with fields."))
    try:
        return model.model_validate(dict(data), strict=strict)
    except ValidationError as problem:
        raise InvalidInput(fields=field_errors(problem)) from None
    except (RecursionError, OverflowError):
        raise InvalidInput from None


def field_errors(problem: ValidationError) -> dict[str, str]:
    """One sentence per field, in the visitor's language."""
    found: dict[str, str] = {}
    for error in problem.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in error["loc"])[:80].encode("utf-8", "replace").decode() or "form"
        found.setdefault(name, _sentence(error))
    return found


def _sentence(error: Any) -> str:
    kind = error["type"]
    template = _SENTENCES.get(kind)
    if kind == "value_error":
        # Our own validators raise catalogue sentences; a library's sentence stays as it is.
        return str(gettext(str(error["ctx"]["error"])) if "error" in error.get("ctx", {}) else error["msg"])
    if template is None:
        return str(gettext("This value does not fit."))
    text = str(gettext(template))
    return text % error.get("ctx", {}) if "%(" in text else text


def parse_form(model: type[M], form: Any) -> M:
    """Validate a posted form (a MultiDict). A field sent twice is refused unless the model declares a list."""
    data: dict[str, Any] = {}
    for name in form:
        if name == "csrf_token":
            continue
        values = form.getlist(name)
        field = model.model_fields.get(name)
        if field is not None and "list" in str(field.annotation):
            data[name] = values
        elif len(values) > 1:
            raise InvalidInput(fields={name: gettext("This was sent twice.")})
        else:
            data[name] = values[0]
    return parse(model, data)
