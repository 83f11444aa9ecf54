"""The sidebar of the dashboard: each area adds its entry, people see those that their role may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import url_for

from shop.core import web
from shop.core.actor import Role
from shop.core.i18n import gettext


@dataclass(frozen=True, kw_only=True)
class Section:
    """One entry; `label` is a catalogue sentence, `endpoint` takes `brand_slug`, `count` may tell what waits."""

    key: str
    label: str
    icon: str
    endpoint: str
    roles: frozenset[Role]
    order: int
    count: Callable[[str], int] | None = None


_sections: dict[str, Section] = {}


def add_section(
    key: str,
    label: str,
    icon: str,
    endpoint: str,
    *,
    roles: tuple[Role, ...] = tuple(Role),
    order: int = 50,
    count: Callable[[str], int] | None = None,
) -> None:
    """Register an entry (in `register(app)`); `count(brand_id)` is asked once per page. Adding a key again replaces it."""
    _sections[key] = Section(
        key=key, label=label, icon=icon, endpoint=endpoint, roles=frozenset(roles), order=order, count=count
    )


def frame(active: str) -> dict[str, Any]:
    """What `layouts/dashboard.html` needs: the membership and the sidebar, with one entry marked."""
    membership = web.membership()
    seen = sorted((s for s in _sections.values() if membership.role in s.roles), key=lambda s: (s.order, s.key))
    return {
        "membership": membership,
        "nav": [
            {
                "label": gettext(section.label),
                "icon": section.icon,
                "url": url_for(section.endpoint, brand_slug=membership.brand_slug),
                "active": section.key == active,
                "count": section.count(membership.brand_id) if section.count else 0,
            }
            for section in seen
        ],
    }
