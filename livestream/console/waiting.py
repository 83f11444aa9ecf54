"""The stream that waits behind the sign-in page."""

from __future__ import annotations

from sqlalchemy.orm import Session

from livestream.rooms.models import StreamState
from livestream.rooms.queries import HIDDEN, find_head
from shop.accounts.waiting import Waiting
from shop.core.i18n import gettext, pick
from shop.media.queries import image_url

PREFIX = "/live/"
COVER_WIDTH = 160


def stream_that_waits(session: Session, path: str) -> Waiting | None:
    """The dark card for `/live/<slug>`; drafts are not told to people who have not signed in."""
    slug = path.partition("?")[0].removeprefix(PREFIX)
    if not path.startswith(PREFIX) or not slug or "/" in slug:
        return None
    head = find_head(session, slug=slug)
    if head is None or head.stream.state in HIDDEN:
        return None
    return Waiting(
        title=pick(head.stream.title),
        line=gettext("Sign in to write. Your message is saved."),
        back=gettext("Back to the stream"),
        image_url=image_url(head.stream.cover_image_id, COVER_WIDTH) if head.stream.cover_image_id else "",
        is_live=head.stream.state == StreamState.LIVE,
    )
