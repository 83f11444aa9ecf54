"""Pictures of people before they have one: a small drawn face that follows from the account's id alone.

The address holds all that is needed, so a picture costs no query and can be cached for ever.
"""

from __future__ import annotations

import hashlib
import re

from flask import Blueprint, Response
from markupsafe import Markup

from shop.core.errors import NotFound, require
from shop.core.policy import PUBLIC, policy

bp = Blueprint("avatars", __name__)

_GROUNDS = ("#E8A08C", "#8DC4BC", "#C9B6E4", "#F0C987", "#9CB8DD", "#B7CF9A", "#E3B5C4", "#D9C3A5")
_SKINS = ("#F4D2B5", "#E6B58F", "#C98F66", "#A56B45", "#7B4A2D", "#F8DFC8")
_HAIRS = ("#2B1C15", "#5A3420", "#8A5A2B", "#C79A4B", "#3A3A42", "#A34A2A")
_SHIRTS = ("#1F5F4D", "#D8341A", "#3A4E8C", "#F5EFE6", "#6B4E16", "#1E1815")
_HAIRCUTS = (
    "M17 30c0-12 6-18 15-18s15 6 15 18c-3-6-8-9-15-9s-12 3-15 9z",
    "M16 40c-3-18 5-28 16-28s19 10 16 28c-2-4-3-9-4-13-7 0-16-1-20-6-1 6-5 11-8 19z",
    "M18 28c0-10 6-15 14-15s14 5 14 15l-4-5-5 3-5-4-5 4-5-3z",
    "M32 4a6 6 0 0 1 4 10c7 2 11 8 11 16-4-6-9-9-15-9s-11 3-15 9c0-8 4-14 11-16a6 6 0 0 1 4-10z",
)


def avatar_url(account_id: str | None) -> str:
    """The address of somebody's picture; a plain path, so that socket commands can use it too."""
    return f"/avatars/{account_id or 'guest'}.svg"


@bp.get("/avatars/<seed>.svg")
@policy(PUBLIC)
def picture(seed: str) -> Response:
    """A face on a colour; nothing of the address is ever drawn as text."""
    require(re.fullmatch(r"[a-z0-9_]{1,60}", seed) is not None, NotFound)
    answer = Response(draw(seed), mimetype="image/svg+xml")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


def draw(seed: str) -> str:
    """The picture as SVG, the same for the same seed."""
    picks = hashlib.sha256(seed.encode()).digest()
    ground, skin, hair, shirt, cut = (
        table[picks[place] % len(table)] for place, table in enumerate((_GROUNDS, _SKINS, _HAIRS, _SHIRTS, _HAIRCUTS))
    )
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">'
            '<rect width="64" height="64" fill="{ground}"/>'
            '<path d="M10 64c1-13 10-18 22-18s21 5 22 18z" fill="{shirt}"/>'
            '<path d="M27 40h10v9a5 5 0 0 1-10 0z" fill="{skin}"/>'
            '<ellipse cx="32" cy="30" rx="13" ry="15" fill="{skin}"/>'
            '<path d="{cut}" fill="{hair}"/>'
            '<circle cx="27" cy="31" r="1.6" fill="#1E1815"/><circle cx="37" cy="31" r="1.6" fill="#1E1815"/>'
            '<path d="M27 37.5q5 4 10 0" fill="none" stroke="#1E1815" stroke-width="1.6" stroke-linecap="round"/>'
            "</svg>"
        ).format(ground=ground, skin=skin, hair=hair, shirt=shirt, cut=cut)
    )
