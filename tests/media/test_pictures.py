"""Hostile uploads: what is refused, what is cleaned, what is served."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from shop.core import db
from shop.core.errors import NotFound
from shop.media import pictures, service, storage
from shop.media.errors import PictureRefused, PictureTooLarge
from shop.media.queries import ImageView, srcset
from tests.factories.cast import Cast
from tests.factories.catalog import picture

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds almost nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 1000,
        SVG,
        b"<!doctype html><title>hello</title>",
        b"\xef\xbb\xbf" + SVG,
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>",
        b"%PDF-1.7 and nothing else",
        picture()[:200],
    ],
    ids=["empty", "zeros", "svg", "html", "svg with mark", "gif", "html as png", "pdf", "cut off"],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(PictureRefused):
        pictures.clean(data)


@pytest.mark.parametrize(
    "tail",
    [b"<script>alert(1)</script>", b"<?php system($_GET[0]); ?>", SVG, b"PK\x05\x06" + b"\0" * 18],
    ids=["script", "php", "svg", "zip"],
)
def test_a_picture_that_is_something_else_as_well_is_refused(tail):
    with pytest.raises(PictureRefused):
        pictures.clean(picture() + tail)


def test_a_picture_with_a_page_in_its_comment_is_refused():
    with pytest.raises(PictureRefused):
        pictures.clean(picture(comment=b"<SCRIPT>alert(1)</SCRIPT>"))


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch):
    def decoded(_self: Any) -> None:
        raise AssertionError("not a single pixel may be decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded)
    for width, height in ((30_000, 30_000), (40_000, 2_000), (65_000, 65_000)):
        with pytest.raises((PictureTooLarge, PictureRefused)):
            pictures.clean(png_header(width, height))


def test_more_than_ten_megabytes_are_refused_unread():
    with pytest.raises(PictureTooLarge):
        pictures.clean(b"\xff\xd8" + b"\0" * pictures.MAXIMUM_BYTES)


def test_an_extremely_narrow_picture_is_refused():
    with pytest.raises(PictureRefused):
        pictures.clean(picture(20, 200, kind="PNG"))


def test_position_camera_and_comment_are_gone_and_it_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # Turned by a quarter.
    exif[0x010F] = "Camera of Giulia"
    exif.get_ifd(0x8825)[1] = "N"  # Where it was taken.
    found = pictures.clean(picture(400, 200, exif=exif))
    with Image.open(io.BytesIO(found.files[max(found.files)])) as cleaned:
        assert cleaned.format == "WEBP"
        assert cleaned.size == (200, 400)
        assert not cleaned.getexif()
        assert "icc_profile" not in cleaned.info
    for data in found.files.values():
        assert b"Giulia" not in data
        assert b"EXIF" not in data


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((2000, 2000), [160, 320, 640, 1200]),
        ((500, 500), [160, 320, 500]),
        ((64, 64), [64]),
        ((700, 350), [160, 320, 640]),
    ],
)
def test_pages_get_the_widths_they_ask_for(size, widths):
    found = pictures.clean(picture(*size))
    assert sorted(found.files) == widths
    assert found.width == widths[-1]
    assert found.height == round(size[1] * widths[-1] / size[0])


def test_transparency_survives():
    out = io.BytesIO()
    Image.new("RGBA", (200, 200), (0, 0, 0, 0)).save(out, "PNG")
    found = pictures.clean(out.getvalue())
    with Image.open(io.BytesIO(found.files[160])) as cleaned:
        assert cleaned.mode == "RGBA"
        assert cleaned.getpixel((10, 10))[3] == 0


def test_only_the_first_picture_of_a_film_is_kept():
    out = io.BytesIO()
    first, second = Image.new("RGB", (200, 200), "red"), Image.new("RGB", (200, 200), "blue")
    first.save(out, "WEBP", save_all=True, append_images=[second] * 5)
    found = pictures.clean(out.getvalue())
    with Image.open(io.BytesIO(found.files[160])) as cleaned:
        assert getattr(cleaned, "n_frames", 1) == 1


def add(cast: Cast, data: bytes) -> ImageView:
    prepared = service.prepare(data)
    with db.unit_of_work() as session:
        image = service.add_image(session, brand_id=cast.brand_a.id, prepared=prepared, alt={"en": "A shoe"})
        return ImageView.of(image)


def test_a_picture_is_served_for_ever_and_only_as_a_picture(client, cast):
    image = add(cast, picture(700, 700))
    assert image.url(320) == f"/media/{image.id}/320.webp"
    assert image.url(5000) == f"/media/{image.id}/640.webp"
    assert srcset(image).count("w,") == 2
    answer = client.get(image.url(640))
    assert answer.status_code == 200
    assert answer.mimetype == "image/webp"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    with Image.open(io.BytesIO(answer.data)) as served:
        assert served.size == (640, 640)


def test_a_size_that_was_never_made_is_answered_with_the_next(client, cast):
    image = add(cast, picture(700, 700))
    for asked, given in ((1, 160), (161, 320), (99_999_999, 640)):
        with Image.open(io.BytesIO(client.get(f"/media/{image.id}/{asked}.webp").data)) as served:
            assert served.width == given


@pytest.mark.parametrize(
    "path",
    [
        "/media/img_00000000000000000000000000/160.webp",
        "/media/..%2f..%2fvetrina.db/160.webp",
        "/media/../160.webp",
        "/media/img_%00/160.webp",
        "/media/brand_00000000000000000000000000/160.webp",
        "/media/img_00000000000000000000000000/-1.webp",
    ],
)
def test_no_address_leads_out_of_the_folder(client, cast, path):
    assert client.get(path).status_code == 404


def test_decoding_never_runs_inside_a_unit_of_work(app):
    with pytest.raises(RuntimeError, match="unit of work"), db.unit_of_work():
        service.prepare(picture())


def test_another_brands_picture_is_not_found(cast):
    image = add(cast, picture())
    with pytest.raises(NotFound), db.unit_of_work() as session:
        service.set_alt(session, brand_id=cast.brand_b.id, image_id=image.id, alt={"en": "Mine now"})


def test_ids_are_the_only_way_to_a_path(app):
    with pytest.raises(NotFound):
        storage.path_of("../../etc/passwd", 160)
