"""Addresses of pictures."""

from __future__ import annotations

from dataclasses import dataclass

from shop.media.models import Image


@dataclass(frozen=True, kw_only=True)
class ImageView:
    """A picture as pages need it; `alt` are texts by language."""

    id: str
    width: int
    height: int
    widths: tuple[int, ...]
    alt: dict[str, str]

    @classmethod
    def of(cls, image: Image) -> ImageView:
        return cls(id=image.id, width=image.width, height=image.height, widths=tuple(image.widths), alt=dict(image.alt))

    def url(self, width: int) -> str:
        """The smallest file that is at least this wide, else the largest there is."""
        fitting = [step for step in self.widths if step >= width]
        return image_url(self.id, fitting[0] if fitting else self.widths[-1])

    @property
    def srcset(self) -> str:
        return srcset(self)


def image_url(image_id: str, width: int) -> str:
    """The address of one size. Sizes that do not exist are answered with the nearest one that does."""
    return f"/media/{image_id}/{width}.webp"


def srcset(image: Image | ImageView) -> str:
    """For `<img srcset>`: every size with its width."""
    return ", ".join(f"{image_url(image.id, width)} {width}w" for width in image.widths)
