"""Huey wakes the worker: an embedded SQLite file by default, Redis in production."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import structlog
from huey import RedisHuey, SqliteHuey, crontab
from huey.api import Huey

from shop.core import clock, db, jobs
from shop.core.settings import Settings

log = structlog.get_logger()
SWEEPS: list[Callable[[], None]] = []


def every_minute(function: Callable[[], None]) -> Callable[[], None]:
    """Register a sweep: called by the worker once a minute; it finds work that no nudge announced."""
    SWEEPS.append(function)
    return function


def make_huey(settings: Settings) -> Huey:
    if settings.redis_url:
        return RedisHuey("vetrina", url=settings.redis_url, results=False, utc=True)
    return SqliteHuey("vetrina", filename=str(settings.data_dir / "queue.db"), results=False, utc=True)


def install(huey: Huey, context: Callable[[], AbstractContextManager[object]]) -> None:
    """Define the two tasks on this queue, each run inside `context()`, and use the queue for nudges."""

    @huey.task(name="run_job")  # type: ignore[untyped-decorator]  # huey ships no types
    def run(job_id: str) -> None:
        with context():
            jobs.run_job(job_id)

    @huey.periodic_task(crontab(minute="*"), name="sweep")  # type: ignore[untyped-decorator]  # huey ships no types
    def sweep() -> None:
        with context():
            sweep_now()

    def nudge(job_id: str, run_at: datetime) -> None:
        if run_at > clock.now():
            run.schedule((job_id,), eta=run_at.astimezone(UTC).replace(tzinfo=None))
        else:
            run(job_id)

    jobs.use_nudge(nudge)


def sweep_now() -> None:
    """Look for work that no nudge announced, then do what is due. A sweep that fails does not stop the others."""
    for function in SWEEPS:
        try:
            function()
        except Exception:
            log.exception("sweep failed", sweep=function.__qualname__)
    jobs.run_due_jobs()


def health(huey: Huey) -> int:
    """Jobs that wait in the engine; raises when it cannot be reached."""
    waiting: Any = huey.pending_count()
    return int(waiting)


@every_minute
def forget_done_daily() -> None:
    with db.unit_of_work() as session:
        now = clock.now()
        if now.hour == 3 and now.minute == 0:
            jobs.enqueue(session, "jobs.forget_done", key=f"forget_done:{now.date()}")
