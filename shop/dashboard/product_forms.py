"""The product editor's form: fixed fields by model, the matrix by numbered names, options as lines of text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from slugify import slugify
from werkzeug.datastructures import MultiDict

from shop.catalog.models import ProductStatus
from shop.catalog.service import VariantInput
from shop.catalog.variants import MAXIMUM_OPTIONS, MAXIMUM_VALUES, MAXIMUM_VARIANTS, all_choices
from shop.core.amounts import read_amount
from shop.core.errors import InvalidInput
from shop.core.forms import Input, Line, OptionalLine, Paragraphs, check_line, check_text, parse
from shop.core.i18n import gettext
from shop.core.money import EXPONENTS

Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), AfterValidator(check_line)]
Category = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60), AfterValidator(check_line)]
Alt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(check_line)]
Values = Annotated[str, StringConstraints(max_length=4000), AfterValidator(check_text)]
Sku = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$"),
]


class NewProductForm(Input):
    """The first step: enough for a draft."""

    title_en: Title = ""
    title_it: Title = ""
    category: Category = ""


class TextsForm(Input):
    """Texts, category and status."""

    title_en: Title = ""
    title_it: Title = ""
    description_en: Paragraphs = ""
    description_it: Paragraphs = ""
    category: Category = ""
    status: ProductStatus


class AltForm(Input):
    """What a picture shows, in both languages."""

    alt_en: Alt
    alt_it: Alt


class MoveForm(Input):
    """`up:img_…`, `down:img_…` or `remove:img_…`."""

    act: Annotated[str, StringConstraints(pattern=r"^(up|down|remove):img_[0-9a-z]{26}$")]


class StatusForm(Input):
    """One status for several products."""

    status: ProductStatus
    product_ids: Annotated[list[Line], Field(min_length=1, max_length=100)]


class ListForm(Input):
    """The address of the products table."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), AfterValidator(check_line)] = ""
    status: Literal["", "active", "draft", "archived"] = ""
    category: Category = ""
    stock: Literal["", "low", "out"] = ""
    order: Literal["newest", "title", "stock"] = "newest"
    page: Annotated[int, Field(ge=1, le=100_000)] = 1


class StockForm(Input):
    """One change of stock. `quantity` may be negative for corrections only; the service says so."""

    variant_id: Line
    kind: Literal["received", "adjusted", "returned"]
    quantity: Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
    reason: OptionalLine = ""


@dataclass(frozen=True, kw_only=True)
class ProductEdit:
    """A parsed editor form."""

    texts: TextsForm
    options: list[dict[str, Any]]
    variants: list[VariantInput]
    alts: dict[str, dict[str, str]] = field(default_factory=dict)


_ROW = re.compile(r"row-(\d{1,3})-(on|choices|sku|[A-Z]{3})")
_OPTION = re.compile(r"option-(\d)-(en|it|values)")
_ALT = re.compile(r"alt-(en|it)-(img_[0-9a-z]{26})")


def read_edit(form: MultiDict[str, str], known: list[dict[str, Any]]) -> ProductEdit:
    """The whole editor; `known` are the product's options, so that values keep their keys. Raises InvalidInput."""
    texts: dict[str, str] = {}
    rows: dict[int, dict[str, str]] = {}
    options: dict[int, dict[str, str]] = {}
    alts: dict[str, dict[str, str]] = {}
    for name in form:
        values = form.getlist(name)
        if name == "csrf_token":
            continue
        if len(values) > 1:
            raise InvalidInput(fields={name[:80]: gettext("This was sent twice.")})
        if found := _ROW.fullmatch(name):
            rows.setdefault(int(found.group(1)), {})[found.group(2)] = values[0]
        elif found := _OPTION.fullmatch(name):
            options.setdefault(int(found.group(1)), {})[found.group(2)] = values[0]
        elif found := _ALT.fullmatch(name):
            alts.setdefault(found.group(2), {})[found.group(1)] = values[0]
        else:
            texts[name] = values[0]
    made = read_options(options, known)
    return ProductEdit(
        texts=parse(TextsForm, texts),
        options=made,
        variants=read_variants(rows, made, known),
        alts={image_id: _read_alt(image_id, words) for image_id, words in alts.items()},
    )


def _read_alt(image_id: str, words: dict[str, str]) -> dict[str, str]:
    try:
        alt = parse(AltForm, {"alt_en": words.get("en", ""), "alt_it": words.get("it", "")})
    except InvalidInput as problem:
        raise InvalidInput(
            fields={f"{name.replace('_', '-')}-{image_id}": text for name, text in problem.fields.items()}
        ) from None
    return {"en": alt.alt_en, "it": alt.alt_it}


class OptionForm(Input):
    """`values` is one value per line, `Cream / Crema` where the languages differ."""

    en: Title = ""
    it: Title = ""
    values: Values = ""


def read_options(rows: dict[int, dict[str, str]], known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Options in order; an option without a name and values is left out."""
    made = []
    for place, row in sorted(rows.items()):
        try:
            form = parse(OptionForm, row)
        except InvalidInput as problem:
            raise InvalidInput(
                fields={f"option-{place}-{name}": text for name, text in problem.fields.items()}
            ) from None
        lines = [line.strip() for line in form.values.splitlines() if line.strip()]
        if not lines and not form.en and not form.it:
            continue
        name = {language: text for language, text in (("en", form.en), ("it", form.it)) if text}
        if not name or not lines or len(lines) > MAXIMUM_VALUES or place >= MAXIMUM_OPTIONS:
            raise InvalidInput(
                fields={f"option-{place}-values": gettext("Every option needs a name and 1 to 30 values.")}
            )
        before = known[place]["values"] if place < len(known) else []
        values = [_value(line, before) for line in lines]
        if len({value["key"] for value in values}) != len(values):
            raise InvalidInput(fields={f"option-{place}-values": gettext("The values of an option must differ.")})
        made.append({"name": name, "values": values})
    return made


def _value(line: str, before: list[dict[str, Any]]) -> dict[str, Any]:
    """A value keeps the key under which its variants are known."""
    english, _, italian = (part.strip() for part in line.partition(" / "))
    if len(line) > 120:
        raise InvalidInput(fields={"options": gettext("At most %(max_length)s characters.", max_length=120)})
    label = {"en": english, "it": italian or english}
    same = next((value for value in before if value["label"].get("en") == english), None)
    return {"key": same["key"] if same else slugify(english) or english[:40], "label": label}


def value_lines(option: dict[str, Any]) -> str:
    """The lines that `read_options` reads back."""
    lines = []
    for value in option["values"]:
        english, italian = value["label"].get("en", value["key"]), value["label"].get("it", "")
        lines.append(english if italian in {"", english} else f"{english} / {italian}")
    return "\n".join(lines)


def read_variants(
    rows: dict[int, dict[str, str]], options: list[dict[str, Any]], known: list[dict[str, Any]]
) -> list[VariantInput]:
    """Rows that are switched on and still fit the options; combinations that are new follow with the first row's prices."""
    if len(rows) > MAXIMUM_VARIANTS:
        raise InvalidInput(fields={"variants": gettext("One hundred variants are the most.")})
    if all_size(options) > MAXIMUM_VARIANTS:
        raise InvalidInput(fields={"options": gettext("One hundred variants are the most.")})
    combinations = all_choices(options)
    sent = {_choices(row): row for row in rows.values()}
    places = {_choices(row): place for place, row in rows.items()}
    first = next(iter(rows.values()), {})
    made = []
    for choices in combinations:
        row = sent.get(choices)
        if row is not None and row.get("on") is None:
            continue
        if row is None and sent and _was_possible(choices, known):
            continue  # Somebody had switched this combination off before.
        made.append(_variant(places.get(choices, 0), choices, row or _fresh_row(first, choices)))
    if not made:
        raise InvalidInput(fields={"variants": gettext("A product needs at least one variant.")})
    return made


def all_size(options: list[dict[str, Any]]) -> int:
    size = 1
    for option in options:
        size *= len(option["values"])
    return size


def _choices(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row["choices"].split("|")) if row.get("choices") else ()


def _was_possible(choices: tuple[str, ...], known: list[dict[str, Any]]) -> bool:
    return len(choices) == len(known) and choices in set(all_choices(known))


def _fresh_row(first: dict[str, str], choices: tuple[str, ...]) -> dict[str, str]:
    stem = re.sub(r"-[^-]*$", "", first.get("sku", "")) or "SKU"
    ending = "-".join(slugify(choice).upper() or choice for choice in choices)
    return {**first, "sku": f"{stem}-{ending}"[:60] if ending else first.get("sku", "SKU")}


def _variant(place: int, choices: tuple[str, ...], row: dict[str, str]) -> VariantInput:
    try:
        sku = parse(_SkuForm, {"sku": row.get("sku", "")}).sku
    except InvalidInput:
        raise InvalidInput(
            fields={f"row-{place}-sku": gettext("A SKU has letters, digits and - . _ / only.")}
        ) from None
    prices: dict[str, int | None] = {}
    for currency in EXPONENTS:
        if currency not in row:
            continue
        text = row[currency].strip()
        prices[currency] = read_amount(text, currency) if text else None
        if text and not prices[currency]:
            raise InvalidInput(fields={f"row-{place}-{currency}": gettext("A price like 109.00, please.")})
    return VariantInput(sku=sku, choices=choices, prices=prices)


class _SkuForm(Input):
    sku: Sku
