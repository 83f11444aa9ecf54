"""Who may use a route or a socket command, declared beside it.

A route or command without a policy stops the start; `tests/contracts/test_policies.py` walks both tables and
checks each answer. Services check again, with the object in hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from shop.core.actor import Actor, Role
from shop.core.errors import NotAllowed, NotFound, SignInNeeded

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Policy:
    """`kind` is public, signed_in, crew, staff or machine; `roles` says which roles of the brand (crew only)."""

    kind: str
    roles: frozenset[Role] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.kind}({', '.join(sorted(self.roles))})" if self.roles else self.kind

    def check(self, actor: Actor, brand_slug: str | None = None) -> None:
        """Raises SignInNeeded, NotAllowed, or NotFound for another brand's pages (their existence is not told)."""
        if self.kind in {"public", "machine"}:
            return
        if actor.is_guest:
            raise SignInNeeded
        if self.kind == "staff":
            if not actor.is_staff:
                raise NotFound
        elif self.kind == "crew":
            self._check_crew(actor, brand_slug)

    def _check_crew(self, actor: Actor, brand_slug: str | None) -> None:
        mine = [m for m in actor.memberships if brand_slug is None or m.brand_slug == brand_slug]
        if not mine:
            raise NotFound if brand_slug else NotAllowed
        if not any(m.role in self.roles for m in mine):
            raise NotAllowed


PUBLIC = Policy("public")
SIGNED_IN = Policy("signed_in")
STAFF = Policy("staff")
MACHINE = Policy("machine")  # The request proves itself by a signature that the view checks first.


def crew(*roles: Role) -> Policy:
    """People of the brand named by the route's `brand_slug` (or of any brand, for socket commands)."""
    return Policy("crew", frozenset(roles or Role))


ANY_ROLE = crew()


def policy(rule: Policy) -> Callable[[F], F]:
    """Declare a route's policy: `@bp.get("/orders")` above, `@policy(SIGNED_IN)` below."""

    def mark(view: F) -> F:
        view.policy = rule  # type: ignore[attr-defined]  # the mark that `web.check_policies` reads
        return view

    return mark
