"""What the plan of a stream may say. The rows of the run of show come as `pin-<item>` and `live-<item>`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shop.core.amounts import read_amount
from shop.core.errors import InvalidInput
from shop.core.forms import Input, OptionalLine, Paragraphs, check_line, parse
from shop.core.i18n import N_, gettext

Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60), AfterValidator(check_line)]
Action = Annotated[str, StringConstraints(max_length=120), AfterValidator(check_line)]
VIEWS = ("all", "upcoming", "drafts", "ended")


class ListForm(Input):
    """The list's address."""

    show: Literal["all", "upcoming", "drafts", "ended"] = "all"
    q: OptionalLine = ""
    page: Annotated[int, Field(ge=1, le=10_000)] = 1


class PlanForm(Input):
    """A stream's details. `action` names the button: save, schedule, draft, cancel, add, remove:<item>, up:<item>, …"""

    title_en: Title = ""
    title_it: Title = ""
    description_en: Paragraphs = ""
    description_it: Paragraphs = ""
    language: Literal["en", "it"] = "it"
    day: Annotated[str, StringConstraints(max_length=10)] = ""
    hour: Annotated[str, StringConstraints(max_length=8)] = ""
    host: Annotated[str, StringConstraints(max_length=80)] = ""
    cover_alt_en: OptionalLine = ""
    cover_alt_it: OptionalLine = ""
    add_product: Annotated[str, StringConstraints(max_length=80)] = ""
    order: Annotated[str, StringConstraints(max_length=8000), AfterValidator(check_line)] = ""
    action: Action = "save"


@dataclass(frozen=True, kw_only=True)
class PlannedItem:
    """One row of the run of show, as typed and as understood."""

    item_id: str
    pin_seconds: int
    live_amount: int | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The whole form, understood."""

    title: dict[str, str]
    description: dict[str, str]
    language: str
    starts_at: datetime | None
    host_id: str | None
    cover_alt: dict[str, str]
    add_product: str
    order: list[str]
    items: list[PlannedItem]
    action: str


def read_plan(form: Mapping[str, str], *, zone: tzinfo, currency: str) -> Plan:
    """The posted form as a plan; raises InvalidInput with a sentence per field."""
    rows = {name: value for name, value in form.items() if name.startswith(("pin-", "live-"))}
    rest = {name: value for name, value in form.items() if name not in rows and name not in {"csrf_token", "cover"}}
    data = parse(PlanForm, rest)
    errors: dict[str, str] = {}
    if not (data.title_en or data.title_it):
        errors["title_en"] = gettext("This is needed.")
    starts_at = _starts_at(data, zone, errors)
    items = _items(rows, currency, errors)
    if errors:
        raise InvalidInput(fields=errors)
    return Plan(
        title=_both(data.title_en, data.title_it),
        description=_both(data.description_en, data.description_it),
        language=data.language,
        starts_at=starts_at,
        host_id=data.host or None,
        cover_alt=_both(data.cover_alt_en, data.cover_alt_it),
        add_product=data.add_product,
        order=[item_id for item_id in data.order.split(",") if item_id],
        items=items,
        action=data.action,
    )


def _both(english: str, italian: str) -> dict[str, str]:
    """A text missing in one language is shown in the other."""
    return {"en": english or italian, "it": italian or english}


def _starts_at(data: PlanForm, zone: tzinfo, errors: dict[str, str]) -> datetime | None:
    if not data.day:
        if data.hour:
            errors["day"] = gettext("Choose a day, too.")
        return None
    try:
        moment = datetime.combine(date.fromisoformat(data.day), time.fromisoformat(data.hour or "20:00"), tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        errors["day"] = gettext("Choose a day and a time.")
        return None


def _items(rows: dict[str, Any], currency: str, errors: dict[str, str]) -> list[PlannedItem]:
    found = []
    for name, text in rows.items():
        if not name.startswith("pin-"):
            continue
        item_id = name.removeprefix("pin-")
        minutes = _minutes(str(text))
        if minutes is None:
            errors[name] = gettext(N_("Between 1 and 120 minutes."))
        typed = str(rows.get(f"live-{item_id}", "")).strip()
        amount = read_amount(typed, currency) if typed else None
        if typed and not amount:
            errors[f"live-{item_id}"] = gettext("An amount like 89.00, please.")
        found.append(PlannedItem(item_id=item_id, pin_seconds=(minutes or 5) * 60, live_amount=amount))
    return found


def _minutes(text: str) -> int | None:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        return None
    return int(text) if 1 <= int(text) <= 120 else None
