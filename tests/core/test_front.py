"""One port serves everything: requests for other parts are passed on untouched."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from shop.core.front import Front


@Request.application
def upstream(request: Request) -> Response:
    text = "|".join(
        [
            request.method,
            request.full_path,
            request.get_data(as_text=True),
            request.headers.get("Cookie", ""),
            request.headers.get("X-Forwarded-For", ""),
        ]
    )
    return Response(text, status=418, headers={"X-Part": "live", "Connection": "close"})


@Request.application
def shop(_request: Request) -> Response:
    return Response("shop")


@pytest.fixture
def part() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, upstream, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_paths_of_the_part_are_passed_on(part: str) -> None:
    client = Client(Front(shop, {"/media-live": part}))
    client.set_cookie("a", "b")
    answer: Any = client.post("/media-live/a%20b?x=1", data="body", environ_base={"REMOTE_ADDR": "10.1.2.3"})
    assert answer.status_code == 418
    assert answer.headers["X-Part"] == "live"
    assert answer.get_data(as_text=True) == "POST|/media-live/a b?x=1|body|a=b|10.1.2.3"


def test_other_paths_stay(part: str) -> None:
    client = Client(Front(shop, {"/media-live": part}))
    assert client.get("/media-liver").get_data(as_text=True) == "shop"
    assert client.get("/").get_data(as_text=True) == "shop"


def test_a_part_that_is_down_is_told_plainly() -> None:
    answer = Client(Front(shop, {"/sandbox": "http://127.0.0.1:9"})).get("/sandbox/pay/1")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
