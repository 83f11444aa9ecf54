"""After the show."""

from __future__ import annotations

from livestream.questions import queries, service
from shop.core import db
from shop.core.jobs import job


@job(service.MOVE)
def move(room_id: str) -> None:
    """Every open question in a transaction of its own: a restart in the middle goes on where it was."""
    with db.reading() as session:
        waiting = queries.open_ids(session, room_id)
    for question_id in waiting:
        with db.unit_of_work() as session:
            service.move_one(session, question_id=question_id)
