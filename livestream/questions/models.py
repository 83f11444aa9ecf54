"""What viewers want to know during a show, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.core import clock, ids
from shop.core.db import Base, Instant, PublicId

LONGEST_QUESTION = 500


class QuestionState(StrEnum):
    """Open in the queue; answered on air or in words; dropped by the crew; moved to the brand's inbox at the end."""

    OPEN = "open"
    ANSWERED = "answered"
    DROPPED = "dropped"
    MOVED = "moved"


# Once it left the queue a question stays where it is; a brand answers a moved one in its thread.
QUESTION_MOVES: dict[QuestionState, frozenset[QuestionState]] = {
    QuestionState.OPEN: frozenset({QuestionState.ANSWERED, QuestionState.DROPPED, QuestionState.MOVED}),
    QuestionState.ANSWERED: frozenset(),
    QuestionState.DROPPED: frozenset(),
    QuestionState.MOVED: frozenset(),
}


class RoomQuestion(Base):
    """One question. It came from Ask, then its words are a message of the asker's thread with the brand (`message_id`),
    or from the chat (`chat_message_id`), then it gets its thread when somebody answers in words or the show ends.

    `second` and `answer_second` count the show from its beginning.
    """

    __tablename__ = "room_questions"
    __table_args__ = (
        Index("ix_room_questions_open", "room_id", "state"),
        CheckConstraint("message_id IS NOT NULL OR chat_message_id IS NOT NULL", name="came_from_somewhere"),
    )

    id: Mapped[str] = mapped_column(PublicId("qst"), primary_key=True, default=lambda: ids.new_id("qst"))
    room_id: Mapped[str] = mapped_column(PublicId("room"), ForeignKey("rooms.id"))
    account_id: Mapped[str] = mapped_column(PublicId("acct"), ForeignKey("accounts.id"), index=True)
    author_name: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(String(LONGEST_QUESTION))
    product_id: Mapped[str | None] = mapped_column(PublicId("prod"), ForeignKey("products.id"))
    second: Mapped[int] = mapped_column()
    at: Mapped[datetime] = mapped_column(Instant, default=clock.now)
    chat_message_id: Mapped[str | None] = mapped_column(PublicId("msg"), ForeignKey("chat_messages.id"), unique=True)
    message_id: Mapped[str | None] = mapped_column(PublicId("msg"), ForeignKey("messages.id"), unique=True)
    thread_id: Mapped[str | None] = mapped_column(PublicId("thread"), ForeignKey("threads.id"))
    state: Mapped[QuestionState] = mapped_column(String(8), default=QuestionState.OPEN)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[str | None] = mapped_column(PublicId("acct"))  # Null: the end of the show.
    answer_second: Mapped[int | None] = mapped_column()  # Answered on air.
