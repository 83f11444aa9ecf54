"""What can go wrong with brands and teams."""

from __future__ import annotations

from shop.core.errors import Conflict
from shop.core.i18n import N_


class LastOwner(Conflict):
    """A brand always has an owner."""

    code = "last_owner"
    message = N_("A brand needs an owner. Make somebody else an owner first.")


class AlreadyMember(Conflict):
    """The person is in the team already."""

    code = "already_member"
    message = N_("This person is in the team already.")


class InvitationClosed(Conflict):
    """The invitation was used, withdrawn or is too old."""

    code = "invitation_closed"
    http_status = 410
    message = N_("This invitation was used already or is too old. Ask for a new one.")


class InvitationForAnother(Conflict):
    """Somebody else's mailbox got this invitation."""

    code = "invitation_for_another"
    http_status = 403
    message = N_("This invitation was sent to another address. Sign in with that one.")
