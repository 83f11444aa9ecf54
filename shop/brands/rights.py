"""What each role can do, for people: the team page shows it, `docs/reference/policies.md` repeats it, routes declare it."""

from __future__ import annotations

from dataclasses import dataclass

from shop.core.actor import Role
from shop.core.i18n import N_


@dataclass(frozen=True)
class Right:
    """One row of the table."""

    what: str
    roles: tuple[Role, ...]


_SELLS = (Role.OWNER, Role.PRODUCER)

RIGHTS = (
    Right(N_("Go live, pin, change a live price"), (*_SELLS, Role.HOST)),
    Right(N_("Moderate chat, mute people"), (*_SELLS, Role.HOST, Role.MODERATOR)),
    Right(N_("Edit products and streams"), _SELLS),
    Right(N_("See and ship orders"), (*_SELLS, Role.SUPPORT)),
    Right(N_("Team and settings"), (Role.OWNER,)),
)
