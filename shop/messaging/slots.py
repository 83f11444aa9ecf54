"""What threads show of live streams, and what streams hear of threads: the shop offers the place, livestream fills it
in `register(app)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shop.messaging.models import Message, Thread


@dataclass(frozen=True, kw_only=True)
class OnAir:
    """A brand's stream that is live now."""

    url: str
    title: dict[str, str]
    poster_url: str


# session, brand's id.
FindOnAir = Callable[[Session, str], OnAir | None]


def _nothing(_session: Session, _brand_id: str) -> OnAir | None:
    return None


_find_on_air: FindOnAir = _nothing


def use_on_air(find: FindOnAir) -> None:
    """Livestream says how a brand's live stream is found."""
    global _find_on_air
    _find_on_air = find


def find_on_air(session: Session, brand_id: str) -> OnAir | None:
    return _find_on_air(session, brand_id)


# session, the question, its thread: inside the unit of work that wrote it.
HearAsked = Callable[[Session, Message, Thread], None]

_asked: list[HearAsked] = []


def on_asked(hear: HearAsked) -> None:
    """A feature wants to know when a shopper wrote to a brand. Registering twice is once."""
    if hear not in _asked:
        _asked.append(hear)


def asked(session: Session, message: Message, thread: Thread) -> None:
    for hear in _asked:
        hear(session, message, thread)


@dataclass(frozen=True, kw_only=True)
class ThreadLabel:
    """What a thread is about, as a badge in lists. `tone` is a kind of badge: live-soft, info, ok, warn, or empty."""

    text: str
    tone: str


# session, the threads' ids, whether the brand reads: one statement, labels by thread.
LabelThreads = Callable[[Session, Sequence[str], bool], Mapping[str, ThreadLabel]]

_label: LabelThreads | None = None


def use_labels(label: LabelThreads) -> None:
    """Offers say how far a thread's newest offer is."""
    global _label
    _label = label


def labels_of(session: Session, thread_ids: Sequence[str], *, for_brand: bool) -> Mapping[str, ThreadLabel]:
    return _label(session, thread_ids, for_brand) if _label is not None and thread_ids else {}
