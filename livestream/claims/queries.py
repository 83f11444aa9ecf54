"""Reading claims, and the one lock of a show's claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from livestream.claims.grammar import CLAIM_WORDS
from livestream.claims.lexicon import ItemWords, ShowWords, VariantWords, claim_phrases
from livestream.claims.models import (
    COUNTED,
    HOLD_MINUTES,
    MOST_PER_ITEM,
    MOST_PER_SHOW,
    OPEN,
    Claim,
    ClaimRules,
    ClaimState,
)
from livestream.claims.words import Phrase
from livestream.pins.service import LONGEST_PAUSE
from livestream.rooms.models import LineUpItem, Room, Stream, StreamState
from livestream.rooms.shelf import ShelfProduct
from shop.accounts.models import Account
from shop.catalog.models import Product, ProductImage, Variant
from shop.catalog.queries import label_of
from shop.core.errors import NotFound
from shop.core.money import Money
from shop.media.queries import image_url
from shop.offers.models import Offer, OfferState

PICTURE_WIDTH = 320


def rules_of(session: Session, stream_id: str) -> ClaimRules:
    """A show's rules, or the usual ones (not added to the session)."""
    return session.get(ClaimRules, stream_id) or usual_rules(stream_id)


def usual_rules(stream_id: str) -> ClaimRules:
    """What holds in a show whose brand changed nothing; not added to a session."""
    return ClaimRules(
        stream_id=stream_id,
        is_on=True,
        words=[],
        most_per_item=MOST_PER_ITEM,
        most_per_show=MOST_PER_SHOW,
        hold_minutes=HOLD_MINUTES,
    )


def rules_of_room(session: Session, room_id: str) -> ClaimRules:
    """As `rules_of`, by the room."""
    row = session.execute(
        select(Room.stream_id, ClaimRules)
        .outerjoin(ClaimRules, ClaimRules.stream_id == Room.stream_id)
        .where(Room.id == room_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row.ClaimRules or usual_rules(row.stream_id)


def lock_rules(session: Session, stream_id: str) -> ClaimRules:
    """Locks a show's claims: caps and places in line are decided one claim after another.

    The order of locks: claims of the show, then offer, thread, stock, as in `shop.offers`.
    """
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    usual = {"is_on": True, "words": [], "most_per_item": MOST_PER_ITEM, "most_per_show": MOST_PER_SHOW}
    row = dialect.insert(ClaimRules).values(stream_id=stream_id, hold_minutes=HOLD_MINUTES, **usual)
    session.execute(row.on_conflict_do_nothing())
    return session.scalars(
        select(ClaimRules)
        .where(ClaimRules.stream_id == stream_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def spoken_words(rules: ClaimRules) -> tuple[str, ...]:
    """The claim words of a show, as its brand wrote them."""
    return tuple(rules.words) or CLAIM_WORDS


def claim_phrases_of(rules: ClaimRules) -> frozenset[Phrase]:
    return claim_phrases(spoken_words(rules))


def show_words(rules: ClaimRules, shelf: Sequence[ShelfProduct], pinned_item_id: str | None) -> ShowWords:
    """What can be claimed in a show right now, for the grammar."""
    items = tuple(
        ItemWords.of(
            product.item_id,
            product.number,
            list(product.title.values()),
            [VariantWords.of(variant.variant_id, list(variant.label.values())) for variant in product.variants],
        )
        for product in shelf
    )
    return ShowWords(claim_words=claim_phrases_of(rules), items=items, pinned_id=pinned_item_id)


def find_by_key(session: Session, *, room_id: str, account_id: str, client_key: str) -> Claim | None:
    """The claim that a comment or a button made before."""
    return session.scalar(
        select(Claim).where(Claim.room_id == room_id, Claim.account_id == account_id, Claim.client_key == client_key)
    )


def get_claim(session: Session, claim_id: str) -> Claim:
    """Raises NotFound."""
    found = session.scalar(select(Claim).where(Claim.id == claim_id).execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def claim_of_offer(session: Session, offer_id: str) -> Claim | None:
    return session.scalar(select(Claim).where(Claim.offer_id == offer_id).execution_options(populate_existing=True))


def open_claims(session: Session, *, room_id: str, account_id: str) -> list[Claim]:
    """A person's claims that hold or wait, the latest first."""
    return list(
        session.scalars(
            select(Claim)
            .where(Claim.room_id == room_id, Claim.account_id == account_id, Claim.state.in_(OPEN))
            .order_by(Claim.turn.desc())
            .execution_options(populate_existing=True)
        )
    )


def counted_pieces(session: Session, *, stream_id: str, account_id: str) -> dict[str, int]:
    """A person's pieces by item, open and paid. Exact only under the lock."""
    rows = session.execute(
        select(Claim.item_id, func.sum(Claim.quantity))
        .where(Claim.stream_id == stream_id, Claim.account_id == account_id, Claim.state.in_(COUNTED))
        .group_by(Claim.item_id)
    )
    return {item_id: int(pieces) for item_id, pieces in rows}


def next_turn(stream_id: str) -> ScalarSelect[int]:
    """The number of a show's next claim, counted where it is written."""
    return select(func.coalesce(func.max(Claim.turn), 0) + 1).where(Claim.stream_id == stream_id).scalar_subquery()


def waiting_line(session: Session, *, stream_id: str, variant_id: str) -> list[Claim]:
    """Who waits for a variant in a show, the first first."""
    return list(
        session.scalars(
            select(Claim)
            .where(Claim.stream_id == stream_id, Claim.variant_id == variant_id, Claim.state == ClaimState.WAITING)
            .order_by(Claim.turn)
            .execution_options(populate_existing=True)
        )
    )


def held_claims(session: Session, *, stream_id: str) -> list[Claim]:
    """A show's claims that hold pieces, by the ids of their offers: the order of locks."""
    return list(
        session.scalars(
            select(Claim)
            .where(Claim.stream_id == stream_id, Claim.state == ClaimState.HELD)
            .order_by(Claim.offer_id)
            .execution_options(populate_existing=True)
        )
    )


def waited_variants(session: Session) -> list[tuple[str, str, StreamState, datetime | None]]:
    """`(stream, variant, the stream's state, its end)` wherever somebody waits."""
    rows = session.execute(
        select(Claim.stream_id, Claim.variant_id, Stream.state, Stream.ended_at)
        .join(Stream, Stream.id == Claim.stream_id)
        .where(Claim.state == ClaimState.WAITING)
        .distinct()
    )
    return [(row[0], row[1], StreamState(row[2]), row[3]) for row in rows]


def waited_in(session: Session, variant_ids: Sequence[str]) -> list[tuple[str, str]]:
    """`(stream, variant)` of those variants that somebody waits for."""
    rows = session.execute(
        select(Claim.stream_id, Claim.variant_id)
        .where(Claim.variant_id.in_(variant_ids), Claim.state == ClaimState.WAITING)
        .distinct()
        .order_by(Claim.stream_id, Claim.variant_id)
    )
    return [(row[0], row[1]) for row in rows]


def unfollowed_offers(session: Session, *, limit: int = 200) -> list[str]:
    """Offers that moved on while their claim did not hear of it."""
    return list(
        session.scalars(
            select(Claim.offer_id)
            .join(Offer, Offer.id == Claim.offer_id)
            .where(Claim.state == ClaimState.HELD, Offer.state.notin_((OfferState.HELD, OfferState.PAYING)))
            .limit(limit)
        )
    )


def count_open(session: Session, stream_id: str) -> int:
    return session.scalar(select(func.count()).where(Claim.stream_id == stream_id, Claim.state.in_(OPEN))) or 0


@dataclass(frozen=True, kw_only=True)
class ClaimView:
    """A claim as its owner and the crew see it. `place` is the place in line, 1 is next; `total` includes shipping."""

    id: str
    state: ClaimState
    account_id: str
    person: str
    item_id: str
    number: int | None
    slug: str
    title: dict[str, str]
    label: dict[str, str]
    image_url: str
    variant_id: str
    quantity: int
    unit: Money
    total: Money | None
    since: datetime | None  # When its hold began.
    until: datetime | None
    paused_seconds: int | None  # What was left when the host's picture was lost; the clock stands still there.
    offer_id: str | None
    thread_id: str | None
    is_paying: bool
    is_ending: bool
    place: int | None
    message_id: str | None
    at: datetime
    ended_at: datetime | None

    @property
    def shown_state(self) -> str:
        """As its news call it: a claim that is being paid is its offer's `paying`."""
        return "ending" if self.is_ending else "paying" if self.is_paying else str(self.state)

    @property
    def is_held(self) -> bool:
        return self.state is ClaimState.HELD

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


def load_own(session: Session, *, room_id: str, account_id: str) -> list[ClaimView]:
    """A person's open claims in a room, the latest first, in one statement."""
    query = _views().where(Claim.room_id == room_id, Claim.account_id == account_id, Claim.state.in_(OPEN))
    return [_view(row) for row in session.execute(query.order_by(Claim.turn.desc()))]


def load_claim(session: Session, claim_id: str) -> ClaimView:
    """Raises NotFound."""
    row = session.execute(_views().where(Claim.id == claim_id)).first()
    if row is None:
        raise NotFound
    return _view(row)


def load_all(session: Session, *, stream_id: str, limit: int = 500) -> list[ClaimView]:
    """Every claim of a show for its crew: open ones first, by their turn; then what is over, the latest first."""
    rows = session.execute(_views().where(Claim.stream_id == stream_id).order_by(Claim.turn.desc()).limit(limit))
    views = [_view(row) for row in rows]
    return [*[view for view in reversed(views) if view.is_open], *[view for view in views if not view.is_open]]


@cache
def _views() -> Select[Any]:
    ahead = Claim.__table__.alias("ahead")
    place = (
        select(func.count())
        .where(
            ahead.c.stream_id == Claim.stream_id,
            ahead.c.variant_id == Claim.variant_id,
            ahead.c.state == ClaimState.WAITING,
            ahead.c.turn <= Claim.turn,
        )
        .correlate(Claim)
        .scalar_subquery()
    )
    picture = (
        select(ProductImage.image_id)
        .where(ProductImage.product_id == Product.id)
        .order_by(ProductImage.position, ProductImage.image_id)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )
    return (
        select(
            Claim, Product, Variant, Offer, Account.display_name, LineUpItem.number, Room.away_since,
            place.label("place"), picture.label("picture"),
        )
        .join(Product, Product.id == Claim.product_id)
        .join(Variant, Variant.id == Claim.variant_id)
        .join(Account, Account.id == Claim.account_id)
        .join(Room, Room.id == Claim.room_id)
        .outerjoin(LineUpItem, LineUpItem.id == Claim.item_id)
        .outerjoin(Offer, Offer.id == Claim.offer_id)
        .execution_options(populate_existing=True)
    )  # fmt: skip


def _view(row: Any) -> ClaimView:
    claim, product, offer = row.Claim, row.Product, row.Offer
    total = offer.unit_amount * offer.quantity + offer.shipping_amount if offer else None
    return ClaimView(
        id=claim.id,
        state=ClaimState(claim.state),
        account_id=claim.account_id,
        person=row.display_name,
        item_id=claim.item_id,
        number=row.number,
        slug=product.slug,
        title=product.title,
        label=label_of(product.options, row.Variant.choices),
        image_url=image_url(row.picture, PICTURE_WIDTH) if row.picture else "",
        variant_id=claim.variant_id,
        quantity=claim.quantity,
        unit=Money(offer.unit_amount if offer else claim.unit_amount, claim.currency),
        total=Money(total, claim.currency) if total is not None else None,
        since=offer.created_at if offer else None,
        until=offer.valid_until if offer else None,
        paused_seconds=_paused_seconds(claim, offer, row.away_since),
        offer_id=claim.offer_id,
        thread_id=offer.thread_id if offer else None,
        is_paying=offer is not None and offer.state == OfferState.PAYING,
        is_ending=offer is not None and offer.ending != "",
        place=row.place if claim.state == ClaimState.WAITING else None,
        message_id=claim.message_id,
        at=claim.at,
        ended_at=claim.ended_at,
    )


def _paused_seconds(claim: Claim, offer: Offer | None, away_since: datetime | None) -> int | None:
    if offer is None or away_since is None or not claim.is_paused:
        return None
    return max(0, int((offer.valid_until - LONGEST_PAUSE - away_since).total_seconds()))


def room_of(session: Session, stream_id: str) -> Room:
    return session.scalars(select(Room).where(Room.stream_id == stream_id)).one()
