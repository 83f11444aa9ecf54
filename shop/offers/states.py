"""The life of an offer, as one table: state × event → state, and who may cause which event.

While a payment page is open an end is only *wished*: the page is closed at the provider first, and the move from
`paying` is made when the provider has confirmed that nobody can pay any more. If the money was faster, it is paid.
"""

from __future__ import annotations

from enum import StrEnum

from shop.offers.errors import OfferOver
from shop.offers.models import OfferState


class Party(StrEnum):
    """Who causes an event."""

    BRAND = "brand"
    SHOPPER = "shopper"
    ORDER = "order"  # The order that the shopper pays, and its parcel.
    CLOCK = "clock"
    STOCK = "stock"


class OfferEvent(StrEnum):
    """What can happen to an offer."""

    SEND = "send"
    CLAIM = "claim"  # The shopper asked for it in a live room.
    SEE = "see"
    COUNTER = "counter"
    ACCEPT = "accept"  # The shopper's price is taken.
    REFUSE = "refuse"  # It is not; the offer stands as it was.
    EXTEND = "extend"
    HOLD = "hold"  # The shopper takes it.
    OPEN_PAGE = "open_page"
    CLOSE_PAGE = "close_page"  # The provider confirms that the page can no longer be paid.
    RELEASE = "release"  # The stock goes back to everybody, the offer stands.
    PAY = "pay"
    SHIP = "ship"
    DELIVER = "deliver"
    RETURN = "return"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    DECLINE = "decline"
    SELL_OUT = "sell_out"


S, E = OfferState, OfferEvent

WHO: dict[OfferEvent, Party] = {
    E.SEND: Party.BRAND,
    E.CLAIM: Party.SHOPPER,
    E.SEE: Party.SHOPPER,
    E.COUNTER: Party.SHOPPER,
    E.ACCEPT: Party.BRAND,
    E.REFUSE: Party.BRAND,
    E.EXTEND: Party.BRAND,
    E.HOLD: Party.SHOPPER,
    E.OPEN_PAGE: Party.SHOPPER,
    E.CLOSE_PAGE: Party.ORDER,
    E.RELEASE: Party.ORDER,
    E.PAY: Party.ORDER,
    E.SHIP: Party.ORDER,
    E.DELIVER: Party.ORDER,
    E.RETURN: Party.ORDER,
    E.EXPIRE: Party.CLOCK,
    E.WITHDRAW: Party.BRAND,
    E.DECLINE: Party.SHOPPER,
    E.SELL_OUT: Party.STOCK,
}

# Every state before the money can end in these ways. Money that was on its way pays whatever came of the offer.
_ENDS = {
    E.EXPIRE: S.EXPIRED,
    E.WITHDRAW: S.WITHDRAWN,
    E.DECLINE: S.DECLINED,
    E.SELL_OUT: S.GONE,
    E.PAY: S.PAID,
}
_LATE = {E.PAY: S.PAID}

MOVES: dict[OfferState, dict[OfferEvent, OfferState]] = {
    S.DRAFT: {E.SEND: S.SENT, E.CLAIM: S.HELD},
    S.SENT: {E.SEE: S.SEEN, E.COUNTER: S.COUNTERED, E.HOLD: S.HELD, E.EXTEND: S.SENT, **_ENDS},
    S.SEEN: {E.COUNTER: S.COUNTERED, E.HOLD: S.HELD, E.EXTEND: S.SEEN, **_ENDS},
    S.COUNTERED: {
        E.COUNTER: S.COUNTERED,
        E.ACCEPT: S.HELD,
        E.REFUSE: S.SEEN,
        E.HOLD: S.HELD,
        E.EXTEND: S.COUNTERED,
        **_ENDS,
    },
    S.HELD: {E.OPEN_PAGE: S.PAYING, E.RELEASE: S.SEEN, E.EXTEND: S.HELD, **_ENDS},
    S.PAYING: {E.CLOSE_PAGE: S.HELD, **_ENDS},
    S.PAID: {E.SHIP: S.SHIPPED, E.DELIVER: S.DELIVERED, E.RETURN: S.RETURNED},
    S.SHIPPED: {E.DELIVER: S.DELIVERED, E.RETURN: S.RETURNED},
    S.DELIVERED: {E.RETURN: S.RETURNED},
    S.RETURNED: {},
    S.EXPIRED: _LATE,
    S.WITHDRAWN: _LATE,
    S.DECLINED: _LATE,
    S.GONE: _LATE,
}

_PAST_SENT = frozenset(S) - {S.DRAFT}
# What may be heard again, or too late, and then changes nothing; everything else is refused.
IGNORED: dict[OfferEvent, frozenset[OfferState]] = {
    E.SEE: _PAST_SENT,
    E.ACCEPT: frozenset({S.HELD}),
    E.REFUSE: frozenset({S.SEEN}),
    E.HOLD: frozenset({S.HELD, S.PAYING}),
    E.OPEN_PAGE: frozenset({S.PAYING}),
    E.CLOSE_PAGE: _PAST_SENT,
    E.RELEASE: _PAST_SENT,
    E.PAY: frozenset({S.PAID, S.SHIPPED, S.DELIVERED, S.RETURNED}),
    E.SHIP: frozenset({S.SHIPPED, S.DELIVERED, S.RETURNED}),
    E.DELIVER: frozenset({S.DELIVERED, S.RETURNED}),
    E.RETURN: _PAST_SENT,
    E.EXPIRE: frozenset(S),
    E.WITHDRAW: frozenset({S.WITHDRAWN}),
    E.DECLINE: frozenset({S.DECLINED}),
    E.SELL_OUT: frozenset(S),
}


def next_state(state: OfferState, event: OfferEvent) -> OfferState | None:
    """Where the event leads; None when it changes nothing. Raises OfferOver when it is not possible there."""
    found = MOVES[state].get(event)
    if found is not None:
        return found
    if state in IGNORED.get(event, frozenset()):
        return None
    raise OfferOver(state=str(state))
