"""What can happen, as types; told after commit or not at all.

`publish()` is for news that is harmless if lost: subscribers in this process and browsers in a channel. What must
happen (mail, stock, payout) is a job row in the same transaction (`shop.core.jobs`).
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar

import structlog
from sqlalchemy.orm import Session

from shop.core import clock
from shop.core.db import after_commit
from shop.core.money import Money

log = structlog.get_logger()
E = TypeVar("E", bound="Event")

EVENTS: dict[str, type[Event]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events: `name` is `noun.past_tense`; the docstring says who receives it and when.

    `stateful` events change what a room snapshot shows and carry `seq`; the others are passing and may be dropped.
    """

    name: ClassVar[str]
    stateful: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "name" in cls.__dict__:
            if cls.name in EVENTS and EVENTS[cls.name].__qualname__ != cls.__qualname__:
                raise TypeError(f"two events are called {cls.name}")
            EVENTS[cls.name] = cls

    def payload(self) -> dict[str, Any]:
        """The JSON that receivers get: only fields, written out."""
        return {field.name: plain(getattr(self, field.name)) for field in dataclasses.fields(self)}


_ALREADY_PLAIN = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """Values as JSON: Money as {amount, currency}, instants as RFC 3339, dataclasses as objects."""
    if type(value) in _ALREADY_PLAIN:  # Nine of ten values of a room are.
        return value
    if isinstance(value, Money):
        return value.as_json()
    if isinstance(value, datetime):
        return clock.iso(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return value


class Broadcaster(Protocol):
    """Carries messages to sockets, wherever they are connected."""

    def emit(self, name: str, payload: dict[str, Any], channel: str) -> None: ...

    def close(self, channel: str) -> None:
        """Disconnect every socket in the channel."""


class NoBroadcaster:
    """Nobody listens (commands on the shell)."""

    def emit(self, name: str, payload: dict[str, Any], channel: str) -> None:
        return

    def close(self, channel: str) -> None:
        return


_broadcaster: Broadcaster = NoBroadcaster()
_subscribers: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)


def use_broadcaster(broadcaster: Broadcaster) -> None:
    global _broadcaster
    _broadcaster = broadcaster


def broadcaster() -> Broadcaster:
    return _broadcaster


def subscribe(kind: type[E], subscriber: Callable[[E], None]) -> None:
    """Call the subscriber after each commit that published this kind. Subscribing twice is once."""
    if subscriber not in _subscribers[kind]:
        _subscribers[kind].append(subscriber)


def publish(session: Session, event: Event, *, to: str | tuple[str, ...] = ()) -> None:
    """Tell subscribers and the channels, after commit; dropped on rollback."""
    channels = (to,) if isinstance(to, str) else to
    after_commit(session, lambda: deliver(event, channels))


def close_later(session: Session, channel: str) -> None:
    """Disconnect the channel's sockets after commit (sign-out, ban, lost role)."""
    after_commit(session, lambda: _broadcaster.close(channel))


def deliver(event: Event, channels: tuple[str, ...]) -> None:
    """Hand an event out now. A subscriber that fails is logged and the others go on."""
    for subscriber in _subscribers[type(event)]:
        try:
            subscriber(event)
        except Exception:
            log.exception("subscriber failed", event_name=event.name, subscriber=subscriber.__qualname__)
    if channels:
        payload = event.payload()
        for channel in channels:
            _broadcaster.emit(event.name, payload, channel)
