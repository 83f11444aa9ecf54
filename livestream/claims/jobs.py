"""What offers and stock mean for claims, and the sweep for news that got lost."""

from __future__ import annotations

from collections.abc import Sequence

from livestream.claims import line, queries
from livestream.rooms.models import StreamState
from shop.core import clock, db
from shop.core.queue import every_minute
from shop.inventory.events import StockChanged
from shop.offers.events import OfferChanged

ENDED_OFFER = frozenset({"held", "paying"})


def on_offer_changed(news: OfferChanged) -> None:
    """The offer of a claim was paid, declined, withdrawn or ran out."""
    if news.state in ENDED_OFFER:
        return
    with db.reading() as session:
        known = queries.claim_of_offer(session, news.offer_id) is not None
    if known:
        with db.unit_of_work() as session:
            line.follow_offer(session, news.offer_id)


def on_stock_changed(news: StockChanged) -> None:
    """Pieces came back, from wherever: whoever is first in line gets them."""
    with db.reading() as session:
        waited = queries.waited_in(session, news.variant_ids)
    _serve(waited)


def _serve(waited: Sequence[tuple[str, str]]) -> None:
    for stream_id, variant_id in waited:
        with db.unit_of_work() as session:
            line.hand_on(session, stream_id, variant_id, queries.lock_rules(session, stream_id))


@every_minute
def keep_lines_moving() -> None:
    """Claims whose offer moved while nobody listened, lines with pieces for them, lines of shows that are long over."""
    with db.reading() as session:
        unfollowed = queries.unfollowed_offers(session)
        waited = queries.waited_variants(session)
    for offer_id in unfollowed:
        with db.unit_of_work() as session:
            line.follow_offer(session, offer_id)
    over = clock.now() - line.LINE_AFTER_END
    for stream_id, variant_id, state, ended_at in waited:
        if state is not StreamState.LIVE and ended_at is not None and ended_at <= over:
            with db.unit_of_work() as session:
                line.close_line(session, stream_id=stream_id, variant_id=variant_id)
        else:
            _serve([(stream_id, variant_id)])
