"""What happens in threads. News carries no words: a screen asks for what it may see, as whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop.core.events import Event


@dataclass(frozen=True, kw_only=True)
class MessagePosted(Event):
    """To everybody in the thread's channel when something was said, once, however many they are."""

    name: ClassVar[str] = "message.posted"
    thread_id: str
    message_id: str
    number: int


@dataclass(frozen=True, kw_only=True)
class MessageChanged(Event):
    """To everybody in the thread's channel when a message was edited, deleted or got a reaction."""

    name: ClassVar[str] = "message.changed"
    thread_id: str
    message_id: str


@dataclass(frozen=True, kw_only=True)
class ThreadAdded(Event):
    """To one person's sockets when they are in a new thread, or a quiet one wakes: they join its channel."""

    name: ClassVar[str] = "thread.added"
    thread_id: str


@dataclass(frozen=True, kw_only=True)
class ThreadChanged(Event):
    """To everybody in the thread's channel when its name or its people changed."""

    name: ClassVar[str] = "thread.changed"
    thread_id: str


@dataclass(frozen=True, kw_only=True)
class ThreadClosed(Event):
    """To one person's sockets when they are no longer in a thread."""

    name: ClassVar[str] = "thread.closed"
    thread_id: str


@dataclass(frozen=True, kw_only=True)
class ThreadRead(Event):
    """To everybody in the thread's channel when somebody has seen it up to a number; `reader` is a person or a brand."""

    name: ClassVar[str] = "thread.read"
    thread_id: str
    reader: str
    number: int


@dataclass(frozen=True, kw_only=True)
class ThreadTyping(Event):
    """To everybody in the thread's channel while somebody writes. Passing."""

    name: ClassVar[str] = "thread.typing"
    thread_id: str
    writer: str
    display_name: str


@dataclass(frozen=True, kw_only=True)
class InboxChanged(Event):
    """To the people of a brand when a thread of its inbox changed: news, assignment, a note."""

    name: ClassVar[str] = "inbox.changed"
    thread_id: str


@dataclass(frozen=True, kw_only=True)
class InboxTyping(Event):
    """To the people of a brand while one of them answers a thread. Passing."""

    name: ClassVar[str] = "inbox.typing"
    thread_id: str
    account_id: str
    display_name: str
