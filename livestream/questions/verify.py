"""No question dies."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from livestream.questions import service
from livestream.questions.models import QuestionState, RoomQuestion
from livestream.rooms.models import Room, Stream, StreamState
from shop.core.jobs import Job
from shop.core.verify import invariant
from shop.messaging.models import Message, Thread


@invariant("questions.none_is_left_behind")
def none_is_left_behind(session: Session) -> list[str]:
    """After a show every question left the queue, or the job that moves them still has to run."""
    waiting = select(Job.key).where(Job.name == service.MOVE, Job.state.in_(("queued", "running")))
    pending = set(session.scalars(waiting))
    rows = session.execute(
        select(RoomQuestion.id, RoomQuestion.room_id)
        .join(Room, Room.id == RoomQuestion.room_id)
        .join(Stream, Stream.id == Room.stream_id)
        .where(RoomQuestion.state == QuestionState.OPEN, Stream.state.in_((StreamState.ENDED, StreamState.REPLAY)))
    )
    return [
        f"question {question_id} is open after its show"
        for question_id, room_id in rows
        if f"{service.MOVE}:{room_id}" not in pending
    ]


@invariant("questions.moved_ones_have_a_thread")
def moved_ones_have_a_thread(session: Session) -> list[str]:
    """The asker's own words, in their thread with the brand of the room."""
    rows = session.execute(
        select(RoomQuestion.id)
        .join(Room, Room.id == RoomQuestion.room_id)
        .outerjoin(Message, Message.id == RoomQuestion.message_id)
        .outerjoin(Thread, Thread.id == Message.thread_id)
        .where(
            RoomQuestion.state == QuestionState.MOVED,
            Message.id.is_(None)
            | (Message.author_id != RoomQuestion.account_id)
            | (Thread.brand_id != Room.brand_id)
            | (Thread.id != RoomQuestion.thread_id),
        )
    )
    return [f"question {question_id} was moved to no thread of its asker" for (question_id,) in rows]
