"""Taking in pictures: what was sent is decoded, cleaned and written anew; nothing of the original file survives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from shop.core import ids, runtime
from shop.core.db import check_no_transaction
from shop.core.errors import NotFound
from shop.media import pictures, storage
from shop.media.models import Image


@dataclass(frozen=True, kw_only=True)
class PreparedImage:
    """A picture whose files are on disk and whose row is not written yet; unused files are harmless."""

    id: str
    width: int
    height: int
    widths: tuple[int, ...]


def prepare(data: bytes) -> PreparedImage:
    """Decode, clean and store a picture. Slow, so never inside a unit of work. Raises PictureRefused."""
    check_no_transaction("decoding a picture")
    return runtime.in_threadpool(_prepare, data)


def _prepare(data: bytes) -> PreparedImage:
    image_id = ids.new_id("img")
    picture = pictures.clean(data)
    for width, encoded in picture.files.items():
        storage.write(image_id, width, encoded)
    return PreparedImage(id=image_id, width=picture.width, height=picture.height, widths=tuple(sorted(picture.files)))


def add_image(session: Session, *, brand_id: str | None, prepared: PreparedImage, alt: dict[str, str]) -> Image:
    """Write the row of a prepared picture. `alt` are texts by language."""
    image = Image(
        id=prepared.id,
        brand_id=brand_id,
        width=prepared.width,
        height=prepared.height,
        widths=list(prepared.widths),
        alt=alt,
    )
    session.add(image)
    session.flush()
    return image


def set_alt(session: Session, *, brand_id: str, image_id: str, alt: dict[str, str]) -> Image:
    """Say what a picture of this brand shows. Raises NotFound for another brand's."""
    image: Any = session.get(Image, image_id)
    if image is None or image.brand_id != brand_id:
        raise NotFound
    image.alt = alt
    session.flush()
    found: Image = image
    return found
