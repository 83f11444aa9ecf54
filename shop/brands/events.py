"""What happens in teams, for the features above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop.core.actor import Role
from shop.core.events import Event


@dataclass(frozen=True, kw_only=True)
class MemberChanged(Event):
    """In this process only, when somebody got, changed or lost a role; `role` is None when it was lost."""

    name: ClassVar[str] = "brand.member_changed"
    brand_id: str
    account_id: str
    role: Role | None
