"""Invariants that hold at any moment, checked by `verify` on the shell, in tests and in production."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

Check = Callable[[Session], list[str]]

INVARIANTS: dict[str, Check] = {}


@dataclass(frozen=True)
class Finding:
    """One row at fault: which invariant, and what is wrong in words."""

    invariant: str
    fault: str


def invariant(name: str) -> Callable[[Check], Check]:
    """Register a check; it returns one sentence per row at fault and an empty list when all is well."""

    def register(check: Check) -> Check:
        INVARIANTS[name] = check
        return check

    return register


def check_all(session: Session) -> list[Finding]:
    """Every invariant on one consistent look at the database."""
    return [Finding(name, fault) for name, check in sorted(INVARIANTS.items()) for fault in check(session)]
