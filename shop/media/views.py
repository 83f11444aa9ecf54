"""Serving pictures: names never change content, so caches may keep them for ever."""

from __future__ import annotations

from flask import Blueprint, Response, send_file

from shop.core.errors import NotFound
from shop.core.policy import PUBLIC, policy
from shop.media import storage

bp = Blueprint("media", __name__)


@bp.get("/media/<image_id>/<int:width>.webp")
@policy(PUBLIC)
def picture(image_id: str, width: int) -> Response:
    """One size of one picture; for a size that was never made, the next larger or the largest."""
    path = storage.nearest(image_id, width)
    if path is None:
        raise NotFound
    answer = send_file(path, mimetype="image/webp", max_age=31536000)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    # Somebody who opens a picture alone gets a picture, whatever its bytes try to be.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
