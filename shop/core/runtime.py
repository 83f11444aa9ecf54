"""The only module that knows how the server runs: gevent (default), threading (tests, `flask run`) or eventlet.

Why gevent and why nothing else is imported by name elsewhere: `docs/adr/0002-gevent-and-websocket-only.md`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_mode = "threading"


def patch(mode: str) -> None:
    """Choose the server mode and patch the standard library; must run before other imports."""
    global _mode
    _mode = mode
    if mode == "gevent":
        from gevent import monkey

        monkey.patch_all()
    elif mode == "eventlet":
        import eventlet

        eventlet.monkey_patch()


def mode() -> str:
    return _mode


def in_threadpool(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run slow native code (argon2, Pillow) without stopping every other greenlet."""
    if _mode == "gevent":
        import gevent

        result: T = gevent.get_hub().threadpool.apply(function, args, kwargs)
        return result
    if _mode == "eventlet":
        from eventlet import tpool

        result = tpool.execute(function, *args, **kwargs)
        return result
    return function(*args, **kwargs)


def spawn(function: Callable[..., Any], /, *args: Any) -> None:
    """Run a function beside the request, on whatever the mode offers."""
    if _mode == "gevent":
        import gevent

        gevent.spawn(function, *args)
        return
    if _mode == "eventlet":
        import eventlet

        eventlet.spawn_n(function, *args)
        return
    threading.Thread(target=function, args=args, daemon=True).start()


class WriterLock:
    """One writer at a time inside this process.

    SQLite has one writer; a second one would block the whole gevent loop in `busy_timeout` while the first
    cannot run. Waiting here is cooperative. Created lazily so that it is made after patching.
    """

    def __init__(self) -> None:
        self._lock: Any = None

    @contextmanager
    def held(self) -> Iterator[None]:
        if self._lock is None:
            self._lock = threading.RLock()
        with self._lock:
            yield
