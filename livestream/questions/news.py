"""What the asker hears when nobody wrote to them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from livestream.questions.models import RoomQuestion
from livestream.rooms.queries import RoomHead, replay_path
from shop.core.i18n import N_
from shop.core.notices import NoticeKind, register_kind, tell

SHORT = 120

ANSWERED = NoticeKind(
    name="question.answered",
    label=N_("Your question was answered in a show"),
    title=N_("%(who)s answered your question"),
    text="%(text)s",
    icon="circle-help",
)
MOVED = NoticeKind(
    name="question.moved",
    label=N_("Your question waits in a brand's messages"),
    title=N_("%(who)s did not get to your question"),
    text=N_("It waits in their messages now, and the answer comes to yours."),
    icon="circle-help",
)


def register() -> None:
    for kind in (ANSWERED, MOVED):
        register_kind(kind)


def tell_answered(session: Session, question: RoomQuestion, head: RoomHead) -> None:
    """With the place in the show; while it is on air the link leads into the room."""
    url = f"/live/{head.stream.slug}?t={question.answer_second or 0}"
    if head.stream.ended_at is not None:
        url = f"{replay_path(head.stream.slug)}?show={question.answer_second or 0}"
    data = {"who": head.host_name, "text": question.text[:SHORT]}
    tell(
        session, account_id=question.account_id, kind=ANSWERED.name, key=f"{question.id}:answered", url=url, data=data
    )  # fmt: skip


def tell_moved(session: Session, question: RoomQuestion, head: RoomHead) -> None:
    """It is a thread now."""
    tell(
        session,
        account_id=question.account_id,
        kind=MOVED.name,
        key=f"{question.id}:moved",
        url=f"/messages/{question.thread_id}",
        data={"who": head.brand.name},
    )
