"""What can go wrong with people."""

from __future__ import annotations

from shop.core.errors import Conflict, InvalidInput, ShopError
from shop.core.i18n import N_


class WrongCredentials(ShopError):
    """One sentence for an unknown address, a wrong password and an address that was never confirmed."""

    code = "wrong_credentials"
    http_status = 422
    message = N_("Email and password do not match. Try again or have a link sent to you.")


class LinkUsedUp(Conflict):
    """The link in the mail was used, is too old or never existed."""

    code = "link_used_up"
    http_status = 410
    message = N_("This link was used already or is too old. Ask for a new one.")


class NameRefused(InvalidInput):
    """The name could be taken for somebody else's or cannot be shown safely; `field` is in `fields`."""

    code = "name_refused"
    message = N_("Choose another name.")
