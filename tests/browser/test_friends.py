"""Two people side by side: one shows a code, the other's camera reads it off the screen."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_friend_is_added_by_the_qr_code_read_from_the_other_screen(visit: OpenPage, axe: str) -> None:
    shower = visit("/friends", email="sara@vetrina.example", theme="dark")
    shower.get_by_test_id("show-friend-code").click()
    code = shower.get_by_test_id("friend-code").inner_text().replace(" ", "")

    picture = Image.open(io.BytesIO(shower.screenshot()))
    read = zxingcpp.read_barcodes(picture)
    assert [one.text.rsplit("/", 1)[1] for one in read] == [code]

    reader = visit(urlsplit(read[0].text).path, email="luca@vetrina.example")
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

    second = visit(urlsplit(read[0].text).path, email="anna@vetrina.example")
    expect(second.get_by_text("Nobody can be added with this")).to_be_visible()

    for page in (shower, reader):
        page.evaluate(axe)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")
        assert [one["id"] for one in found["violations"]] == []
