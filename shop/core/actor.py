"""Who acts. Built once per request or socket command from the database, by a loader that accounts installs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What somebody is in a brand; `docs/reference/policies.md` lists what each may do."""

    OWNER = "owner"
    PRODUCER = "producer"
    HOST = "host"
    MODERATOR = "moderator"
    SUPPORT = "support"


@dataclass(frozen=True, kw_only=True)
class Membership:
    """One person's place in one brand."""

    brand_id: str
    brand_slug: str
    brand_name: str
    role: Role


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The acting person, or a guest. `guest_key` names a guest's browser; it is a hash, never the cookie itself."""

    account_id: str | None = None
    session_id: str | None = None
    handle: str = ""
    display_name: str = ""
    email: str = ""
    email_confirmed: bool = False
    is_staff: bool = False
    avatar_url: str = ""
    guest_key: str | None = None
    memberships: tuple[Membership, ...] = field(default=())

    @property
    def is_guest(self) -> bool:
        return self.account_id is None

    def membership(self, brand_id: str) -> Membership | None:
        return next((m for m in self.memberships if m.brand_id == brand_id), None)

    def role_in(self, brand_id: str) -> Role | None:
        found = self.membership(brand_id)
        return found.role if found else None

    def has_role(self, brand_id: str, *roles: Role) -> bool:
        """True when the person holds one of the roles in this brand; without roles: any role."""
        role = self.role_in(brand_id)
        return role is not None and (not roles or role in roles)


GUEST = Actor()
SYSTEM = Actor(handle="system", display_name="Vetrina")
