"""News of the queue. It carries no words: the studio asks for the list, as whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop.core.events import Event


@dataclass(frozen=True, kw_only=True)
class QuestionsChanged(Event):
    """To the crew of a room when a question came or left the queue; `waiting` is how many are in it."""

    name: ClassVar[str] = "questions.changed"
    room_id: str
    waiting: int
