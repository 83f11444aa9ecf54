"""Reading the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from livestream.chat.models import ChatMessage
from livestream.questions.models import QuestionState, RoomQuestion
from livestream.rooms.models import LineUpItem, Room
from shop.catalog.models import Product, ProductStatus
from shop.catalog.queries import load_product_views
from shop.core.errors import NotFound

SHOWN = 100
IMAGE_WIDTH = 160


@dataclass(frozen=True, kw_only=True)
class AskedAbout:
    """The product of a question; `item_id` when it is in the run of show and can go on top."""

    slug: str
    title: dict[str, str]
    image_url: str
    item_id: str | None


@dataclass(frozen=True, kw_only=True)
class QuestionView:
    """One row of the queue; `second` of the show."""

    question_id: str
    account_id: str
    author: str
    text: str
    second: int
    at: datetime
    product: AskedAbout | None


def list_waiting(session: Session, *, room: Room, currency: str) -> list[QuestionView]:
    """The queue, who waits longest first. Constant number of statements."""
    rows = session.execute(
        select(RoomQuestion, LineUpItem.id)
        .outerjoin(
            LineUpItem,
            (LineUpItem.stream_id == room.stream_id) & (LineUpItem.product_id == RoomQuestion.product_id),
        )
        .outerjoin(ChatMessage, ChatMessage.id == RoomQuestion.chat_message_id)
        .where(*_waits(room.id))
        .order_by(RoomQuestion.id)
        .limit(SHOWN)
    ).all()
    asked = {question.product_id for question, _item in rows if question.product_id}
    products = {view.id: view for view in load_product_views(session, sorted(asked), currency)} if asked else {}
    found = []
    for question, item_id in rows:
        product = products.get(question.product_id or "")
        about = None
        if product is not None and product.status is ProductStatus.ACTIVE:
            image = product.image.url(IMAGE_WIDTH) if product.image else ""
            about = AskedAbout(slug=product.slug, title=product.title, image_url=image, item_id=item_id)
        found.append(
            QuestionView(
                question_id=question.id,
                account_id=question.account_id,
                author=question.author_name,
                text=question.text,
                second=question.second,
                at=question.at,
                product=about,
            )
        )
    return found


def _waits(room_id: str) -> tuple[ColumnElement[bool], ...]:
    """What moderators took out of the chat is no question any more. Needs the join with the chat message."""
    is_up = or_(RoomQuestion.chat_message_id.is_(None), ChatMessage.removed_at.is_(None))
    return RoomQuestion.room_id == room_id, RoomQuestion.state == QuestionState.OPEN, is_up


def count_waiting(session: Session, room_id: str) -> int:
    """How many are in the queue."""
    wanted = (
        select(func.count(RoomQuestion.id))
        .outerjoin(ChatMessage, ChatMessage.id == RoomQuestion.chat_message_id)
        .where(*_waits(room_id))
    )
    return session.scalar(wanted) or 0


@dataclass(frozen=True, kw_only=True)
class QuestionCounts:
    """What became of a show's questions; those that were none are left out."""

    asked: int
    answered: int
    moved: int


def count_outcomes(session: Session, room_id: str) -> QuestionCounts:
    """For the summary of a show."""
    rows = session.execute(
        select(RoomQuestion.state, func.count())
        .where(RoomQuestion.room_id == room_id, RoomQuestion.state != QuestionState.DROPPED)
        .group_by(RoomQuestion.state)
    )
    counts: dict[str, int] = {row[0]: row[1] for row in rows}
    return QuestionCounts(
        asked=sum(counts.values()),
        answered=counts.get(QuestionState.ANSWERED, 0),
        moved=counts.get(QuestionState.MOVED, 0),
    )


def open_ids(session: Session, room_id: str) -> list[str]:
    """Every question that is still open, those of removed messages too."""
    wanted = (RoomQuestion.room_id == room_id, RoomQuestion.state == QuestionState.OPEN)
    return list(session.scalars(select(RoomQuestion.id).where(*wanted).order_by(RoomQuestion.id)))


def count_open_of(session: Session, *, room_id: str, account_id: str) -> int:
    """How many of one person's questions are open."""
    wanted = (
        RoomQuestion.room_id == room_id,
        RoomQuestion.account_id == account_id,
        RoomQuestion.state == QuestionState.OPEN,
    )
    return session.scalar(select(func.count()).select_from(RoomQuestion).where(*wanted)) or 0


def find_by_chat_message(session: Session, message_id: str) -> RoomQuestion | None:
    return session.scalar(select(RoomQuestion).where(RoomQuestion.chat_message_id == message_id))


def lock_question(session: Session, *, question_id: str, room_id: str | None = None) -> RoomQuestion:
    """Locks the question; raises NotFound, also for another room's."""
    question = session.scalar(
        select(RoomQuestion)
        .where(RoomQuestion.id == question_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if question is None or room_id not in {None, question.room_id}:
        raise NotFound
    return question


def product_id_of(session: Session, *, slug: str, brand_id: str) -> str | None:
    """A product of the brand that is on sale."""
    wanted = (Product.slug == slug, Product.brand_id == brand_id, Product.status == ProductStatus.ACTIVE)
    return session.scalar(select(Product.id).where(*wanted))
