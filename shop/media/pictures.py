"""From hostile bytes to clean WebP: sniff, bound, decode, turn upright, drop everything but the pixels."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from shop.media.errors import PictureRefused, PictureTooLarge

WIDTHS = (160, 320, 640, 1200)
FORMATS = ("JPEG", "PNG", "WEBP")
MAXIMUM_BYTES = 10 * 1024 * 1024
MAXIMUM_PIXELS = 40_000_000
MAXIMUM_RATIO = 5
QUALITY = 82

# A file that is a picture to us and a page, an archive or a document to somebody else has no honest use.
_MARKUP = re.compile(rb"<(?:script|html|svg|iframe|body|\?php|!doctype)", re.IGNORECASE)
_ARCHIVE_END = b"PK\x05\x06"  # A ZIP is read from its end: this record lies in the last 64 KiB.
_DOCUMENT = b"%PDF-"  # Readers accept a PDF that starts within the first KiB.


@dataclass(frozen=True)
class Picture:
    """Size of the upright original (as kept) and one WebP file per width."""

    width: int
    height: int
    files: dict[int, bytes]


def clean(data: bytes) -> Picture:
    """Raises PictureTooLarge or PictureRefused; never trusts a name or a declared type."""
    _check_bytes(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # Our own limit is lower and says why.
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                _check_size(*opened.size)
                opened.draft("RGB", (WIDTHS[-1] * 2, WIDTHS[-1] * 2))
                opened.load()
                upright = _as_pixels(opened)
    except Image.DecompressionBombError:
        raise PictureTooLarge from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, IndexError, EOFError):
        # Pillow reports broken files by any of these, by format.
        raise PictureRefused from None
    return _encode(upright)


def _check_bytes(data: bytes) -> None:
    if not data:
        raise PictureRefused
    if len(data) > MAXIMUM_BYTES:
        raise PictureTooLarge
    if _MARKUP.search(data) or _ARCHIVE_END in data[-66_000:] or _DOCUMENT in data[:1024]:
        raise PictureRefused


def _check_size(width: int, height: int) -> None:
    """From the header alone: a bomb is refused before a single pixel is decoded."""
    if width * height > MAXIMUM_PIXELS:
        raise PictureTooLarge
    if min(width, height) < 1 or max(width, height) > MAXIMUM_RATIO * min(width, height):
        raise PictureRefused


def _as_pixels(opened: Image.Image) -> Image.Image:
    """Upright, in sRGB, without position, camera, comments or thumbnails."""
    upright = ImageOps.exif_transpose(opened)
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    pixels = _in_srgb(upright).convert("RGBA" if has_alpha else "RGB")
    return Image.frombytes(pixels.mode, pixels.size, pixels.tobytes())


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA"}:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=image.mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # A broken profile changes tints a little; it is no reason to refuse the picture.
    return converted or image


def _encode(pixels: Image.Image) -> Picture:
    width, height = pixels.size
    wanted = [step for step in WIDTHS if step <= width] or [width]
    if width < WIDTHS[-1] and width > wanted[-1] * 1.2:
        wanted.append(width)  # Between two steps the original's own width is worth keeping.
    files = {step: _webp(pixels, step) for step in wanted}
    largest = max(wanted)
    return Picture(width=largest, height=max(1, round(height * largest / width)), files=files)


def _webp(pixels: Image.Image, width: int) -> bytes:
    height = max(1, round(pixels.height * width / pixels.width))
    shown = pixels if width == pixels.width else pixels.resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    shown.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()
