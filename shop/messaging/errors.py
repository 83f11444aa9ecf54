"""What can go wrong in messages."""

from __future__ import annotations

from shop.core.errors import Conflict, NotAllowed, RateLimited
from shop.core.i18n import N_


class Unreachable(NotAllowed):
    """The person cannot be written to: blocked, or gone. Which of them is not told."""

    code = "unreachable"
    message = N_("You cannot write to this person.")


class GroupFull(Conflict):
    """Thirty-two people are in the group."""

    code = "group_full"
    message = N_("This group is full: at most %(most)s people.")


class NotFriends(NotAllowed):
    """Only friends can be added to a group; whether the others exist is not told."""

    code = "not_friends"
    message = N_("You can add only your friends.")


class TooLate(Conflict):
    """Fifteen minutes are over."""

    code = "too_late"
    message = N_("Messages can be changed for 15 minutes.")


class TooManyStrangers(RateLimited):
    """A few first messages an hour, so that nobody writes to everybody."""

    code = "too_many_strangers"
    message = N_("You wrote to many new people. Wait a while before you write to another.")


class SameText(RateLimited):
    """The same words to many people."""

    code = "same_text"
    message = N_("You sent these words to many people. Write to this one in your own words.")


class LinksToStrangers(NotAllowed):
    """The first message to somebody who does not know you carries no links."""

    code = "links_to_strangers"
    message = N_("A first message cannot carry links. Write without, and send it once you got an answer.")
