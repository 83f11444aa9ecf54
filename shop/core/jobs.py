"""Work that must happen: a row in the same transaction, run by the worker, more than once without harm.

The row is the truth; Huey only wakes the worker (`docs/adr/0003-jobs-are-rows-huey-wakes-the-worker.md`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import JSON, Index, String, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from shop.core import clock, db, ids
from shop.core.db import Base, Instant, PublicId, after_commit

log = structlog.get_logger()
F = TypeVar("F", bound=Callable[..., None])

LEASE = timedelta(minutes=5)
KEEP_DONE = timedelta(days=7)


class Job(Base):
    """One piece of work. `key` makes a second enqueue of the same work a no-op while the first waits."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_due", "state", "run_at"),)

    id: Mapped[str] = mapped_column(PublicId("job"), primary_key=True, default=lambda: ids.new_id("job"))
    name: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    state: Mapped[str] = mapped_column(String(12), default="queued")  # queued, running, done, failed
    attempts: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime] = mapped_column(Instant)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant, default=clock.now)


@dataclass(frozen=True)
class Handler:
    name: str
    function: Callable[..., None]
    attempts: int


HANDLERS: dict[str, Handler] = {}
_nudge: Callable[[str, datetime], None] | None = None


def job(name: str, *, attempts: int = 8) -> Callable[[F], F]:
    """Register a handler. It gets the payload as keywords, opens its own units of work and may run again."""

    def register(function: F) -> F:
        HANDLERS[name] = Handler(name, function, attempts)
        return function

    return register


def enqueue(
    session: Session, name: str, *, run_at: datetime | None = None, key: str | None = None, **payload: Any
) -> str | None:
    """Add a job to this transaction; returns its id, or None when a job with the key is already waiting."""
    if name not in HANDLERS:
        raise LookupError(f"no job is called {name}")
    if key is not None and _is_waiting(session, key):
        return None
    row = Job(name=name, payload=payload, key=key, run_at=run_at or clock.now())
    session.add(row)
    session.flush()
    if _nudge is not None:
        nudge, job_id, at = _nudge, row.id, row.run_at
        after_commit(session, lambda: nudge(job_id, at))
    return row.id


def _is_waiting(session: Session, key: str) -> bool:
    """Free the key of finished work, keep it for waiting work."""
    row = session.scalar(select(Job).where(Job.key == key))
    if row is None:
        return False
    if row.state == "queued":
        return True
    row.key = None
    session.flush()
    return False


def cancel(session: Session, *keys: str) -> None:
    """Work that is not wanted any more: waiting rows end undone, and their keys are free. Running work goes on."""
    session.execute(
        update(Job)
        .where(Job.key.in_(keys), Job.state == "queued")
        .values(state="done", key=None)
        .execution_options(synchronize_session="fetch")
    )


def use_nudge(nudge: Callable[[str, datetime], None] | None) -> None:
    """How the worker is woken after commit; None: it finds rows by sweeping."""
    global _nudge
    _nudge = nudge


def due_jobs(session: Session, *, limit: int = 100) -> list[str]:
    """Ids of work that is due, oldest first; leases that ran out count as due."""
    now = clock.now()
    waiting = (Job.state == "queued") & (Job.run_at <= now)
    lost = (Job.state == "running") & (Job.leased_until < now)
    return list(session.scalars(select(Job.id).where(waiting | lost).order_by(Job.run_at, Job.id).limit(limit)))


def run_job(job_id: str) -> bool:
    """Lease, run and close one job; False when somebody else has it or it is not due."""
    with db.unit_of_work() as session:
        row = _lease(session, job_id)
    if row is None:
        return False
    handler = HANDLERS.get(row.name)
    try:
        if handler is None:
            raise LookupError(f"no job is called {row.name}")
        handler.function(**row.payload)
    except Exception as problem:
        _close_failed(row, handler, problem)
    else:
        with db.unit_of_work() as session:
            session.execute(update(Job).where(Job.id == job_id).values(state="done", leased_until=None, key=None))
    return True


def _lease(session: Session, job_id: str) -> Job | None:
    now = clock.now()
    free = ((Job.state == "queued") & (Job.run_at <= now)) | ((Job.state == "running") & (Job.leased_until < now))
    change = (
        update(Job)
        .where(Job.id == job_id, free)
        .values(state="running", leased_until=now + LEASE, attempts=Job.attempts + 1)
        .returning(Job)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(change)


def _close_failed(row: Job, handler: Handler | None, problem: Exception) -> None:
    """Try again later, or give up loudly when the attempts are used up."""
    given_up = handler is None or row.attempts >= handler.attempts
    level = log.error if given_up else log.warning
    level("job failed", job=row.name, job_id=row.id, attempts=row.attempts, given_up=given_up, exc_info=problem)
    wait = timedelta(seconds=min(2**row.attempts, 600))
    with db.unit_of_work() as session:
        session.execute(
            update(Job)
            .where(Job.id == row.id)
            .values(
                state="failed" if given_up else "queued",
                run_at=clock.now() + wait,
                leased_until=None,
                last_error=f"{type(problem).__name__}: {problem}"[:2000],
            )
        )


def run_due_jobs(*, limit: int = 1000) -> int:
    """Run what is due until nothing is; returns how many ran (sweeper and tests)."""
    ran = 0
    while ran < limit:
        with db.reading() as session:
            waiting = due_jobs(session)
        started = sum(run_job(job_id) for job_id in waiting)
        if not started:
            return ran
        ran += started
    return ran


@job("jobs.forget_done")
def forget_done() -> None:
    """Drop finished rows after a week; failed ones stay until somebody looked."""
    with db.unit_of_work() as session:
        session.query(Job).where(Job.state == "done", Job.run_at < clock.now() - KEEP_DONE).delete()
