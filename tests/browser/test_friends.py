"""Two people side by side: one shows a code, the other's camera reads it off the screen."""

from __future__ import annotations

import io
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import segno
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, Playwright, expect

from tests.browser.conftest import FLAGS, OpenPage, sign_in
from tools.stand import Stand

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def look_for_codes(page: Page) -> list[str]:
    """What is read off a screen. A phone keeps looking until the sheet has stopped moving; so do we, for ten seconds."""
    for _ in range(40):
        if read := zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot()))):
            return [one.text for one in read]
        page.wait_for_timeout(250)
    return []


def test_a_friend_is_added_by_the_qr_code_read_from_the_other_screen(visit: OpenPage, axe: str) -> None:
    shower = visit("/friends", email="sara@vetrina.example", theme="dark")
    shower.get_by_test_id("show-friend-code").click()
    code = shower.get_by_test_id("friend-code").inner_text().replace(" ", "")

    (address,) = look_for_codes(shower)
    assert address.rsplit("/", 1)[1] == code

    reader = visit(urlsplit(address).path, email="luca@vetrina.example")
    expect(reader.get_by_role("heading", name="Ask Sara to be friends?")).to_be_visible()
    reader.get_by_test_id("friend-confirm").click()

    # The other screen follows without a touch, and so does the reader's once Sara says yes.
    request = shower.get_by_test_id("friend-request")
    expect(request).to_contain_text("Luca", timeout=5_000)
    expect(request).to_contain_text("From your code")
    before = reader.get_by_test_id("friend").count()
    shower.get_by_test_id("request-accept").click()
    expect(reader.get_by_test_id("friend")).to_have_count(before + 1, timeout=5_000)
    expect(reader.get_by_test_id("friend").filter(has_text="Sara")).to_be_visible()

    second = visit(urlsplit(address).path, email="anna@vetrina.example")
    expect(second.get_by_text("Nobody can be added with this")).to_be_visible()

    for page in (shower, reader):
        page.evaluate(axe)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")
        assert [one["id"] for one in found["violations"]] == []


def film_of(address: str, path: Path) -> None:
    """What a camera sees that looks at a code: a still picture as a film (Y4M), grey edge and all."""
    width, height, scale = 640, 480, 8
    code = [list(row) for row in segno.make(address, error="m", micro=False).matrix_iter(scale=scale, border=3)]
    top, left = (height - len(code)) // 2, (width - len(code[0])) // 2
    picture = bytearray(b"\xb0" * (width * height))
    for number, row in enumerate(code):
        start = (top + number) * width + left
        picture[start : start + len(row)] = bytes(30 if dark else 235 for dark in row)
    frame = b"FRAME\n" + bytes(picture) + b"\x80" * (width * height // 2)
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + frame * 3)


def test_the_camera_reads_a_friends_code_in_the_page(
    visit: OpenPage, playwright: Playwright, chromium_path: str, stand: Stand, tmp_path: Path
) -> None:
    shower = visit("/friends", email="luca@vetrina.example")
    shower.get_by_test_id("show-friend-code").click()
    code = shower.get_by_test_id("friend-code").inner_text().replace(" ", "")
    film_of(f"https://another-name.example/friends/add/{code}", tmp_path / "code.y4m")
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={tmp_path / 'code.y4m'}"]
    reading = playwright.chromium.launch(executable_path=chromium_path, args=flags)
    page = reading.new_context(permissions=["camera"]).new_page()
    sign_in(page, stand, "anna@vetrina.example")
    page.goto(stand.base_url + "/friends")
    page.get_by_test_id("scan-code").click()
    page.wait_for_url(f"**/friends/add/{code}", timeout=20_000)
    assert urlsplit(page.url).netloc == urlsplit(stand.base_url).netloc
    expect(page.get_by_role("heading", name=re.compile("Luca"))).to_be_visible()
    expect(page.get_by_test_id("friend-confirm")).to_be_visible()  # The rest is as if the address had been opened.
    reading.close()


def test_without_a_camera_the_code_is_written(
    playwright: Playwright, chromium_path: str, stand: Stand, axe: str
) -> None:
    flags = [flag for flag in FLAGS if "fake" not in flag]
    bare = playwright.chromium.launch(executable_path=chromium_path, args=flags)
    page = bare.new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(page, stand, "anna@vetrina.example")
    page.goto(stand.base_url + "/friends")
    page.get_by_test_id("scan-code").click()
    expect(page.get_by_test_id("scan-says")).to_contain_text(re.compile("camera", re.IGNORECASE))
    expect(page.get_by_test_id("scan-says")).to_contain_text(re.compile("rite the code"))
    page.evaluate(axe)
    assert page.evaluate("axe.run({resultTypes: ['violations']})")["violations"] == []
    page.get_by_role("button", name="Write the code").click()
    expect(page.get_by_test_id("friend-who")).to_be_focused()
    bare.close()
