"""What can be wrong with a picture."""

from __future__ import annotations

from shop.core.errors import InvalidInput, TooLarge
from shop.core.i18n import N_


class PictureRefused(InvalidInput):
    """Not a picture, broken, or something else at the same time."""

    code = "picture_refused"
    message = N_("We could not read that picture. JPEG, PNG and WebP work.")


class PictureTooLarge(TooLarge):
    """More bytes or pixels than we decode."""

    code = "picture_too_large"
    message = N_("That picture is too large: at most 10 MB and 40 megapixels.")
