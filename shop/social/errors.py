"""What can go wrong between people. Unknown, blocked and oneself have one answer: nobody learns which it was."""

from __future__ import annotations

from shop.core.errors import Conflict, NotFound
from shop.core.i18n import N_


class CodeRefused(NotFound):
    """No code, link or name of somebody whom this person can add."""

    code = "friend_not_found"
    message = N_("Nobody can be added with this. Codes last five minutes and work once.")


class FriendsFull(Conflict):
    """One of the two has as many friends as there can be."""

    code = "friends_full"
    message = N_("One of you has reached the most friends there can be.")


class TooManyWaiting(Conflict):
    """Many requests wait for an answer."""

    code = "too_many_requests_waiting"
    message = N_("Many of your requests wait for an answer. Take some back first.")


class CirclesFull(Conflict):
    """As many circles as there can be."""

    code = "circles_full"
    message = N_("You have reached the most circles there can be.")
