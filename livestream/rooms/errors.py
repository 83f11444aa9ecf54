"""What can go wrong with streams and rooms."""

from __future__ import annotations

from shop.core.errors import Conflict
from shop.core.i18n import N_


class NotLive(Conflict):
    """The room is not on air, so nothing can be said, shown or pinned there."""

    code = "not_live"
    message = N_("This stream is not live right now.")


class AlreadyLive(Conflict):
    """A brand is on air once at a time."""

    code = "already_live"
    message = N_("Your brand is already live. End that stream first.")


class StreamLocked(Conflict):
    """The plan of a stream that is over cannot be changed."""

    code = "stream_locked"
    message = N_("This stream is over. Its plan can no longer be changed.")


class PinnedNow(Conflict):
    """The product is on top of the room at this moment."""

    code = "pinned_now"
    message = N_("This product is pinned right now. Unpin it first.")
