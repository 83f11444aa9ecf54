"""A person with a browser, seen from the server: cookies, forms with their hidden token, one socket.

Simulated shoppers use nothing but the public pages and the public socket protocol.
"""

from __future__ import annotations

import re
import secrets
from html import unescape
from typing import Any
from urllib.parse import urljoin

import requests
import socketio

TIMEOUT = 15
_FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.S)
_INPUT = re.compile(r"<input\b[^>]*>")
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="csrf_token"')
_ORDER_NUMBER = re.compile(r'data-testid="order-number"[^>]*>\D*(\d+)')
_PAID = re.compile(r'data-testid="order-status">(Paid|Pagato)<')
_SOCKET_TOKEN = re.compile(r'data-socket-token="([^"]*)"')


def attribute(tag: str, name: str) -> str | None:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found.group(1)) if found else None


class Refused(Exception):
    """The shop said no; `code` is the error's code."""

    def __init__(self, code: str, message: str, data: dict[str, Any]) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.data = data


class Browser:
    """One visitor: `get`, `post` (adds the page's CSRF token), `sign_in`, `socket`."""

    def __init__(self, base_url: str, *, language: str = "en") -> None:
        self.base_url = base_url
        self.http = requests.Session()
        self.http.headers["Accept-Language"] = language
        self._csrf = ""
        self._order_number: str | None = None

    def last_order_number(self) -> str | None:
        """The order number on the last page that said it is paid."""
        return self._order_number

    def url(self, path: str) -> str:
        return urljoin(self.base_url + "/", path)

    def get(self, path: str, **options: Any) -> requests.Response:
        answer = self.http.get(self.url(path), timeout=TIMEOUT, **options)
        self._remember(answer)
        return answer

    def post(self, path: str, fields: dict[str, Any], **options: Any) -> requests.Response:
        data = {**fields, "csrf_token": self._csrf}
        answer = self.http.post(
            self.url(path), data=data, timeout=TIMEOUT, headers={"Referer": self.base_url}, **options
        )
        self._remember(answer)
        return answer

    def send(self, url: str, fields: dict[str, Any]) -> requests.Response:
        """Submit a form of another page (the payment page) as it is."""
        answer = self.http.post(url, data=fields, timeout=TIMEOUT, headers={"Referer": url})
        self._remember(answer)
        return answer

    def post_json(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"X-CSRFToken": self._csrf, "Accept": "application/json", "Referer": self.base_url}
        answer: dict[str, Any] = self.http.post(self.url(path), json=body, timeout=TIMEOUT, headers=headers).json()
        return answer

    def room(self, slug: str) -> dict[str, Any]:
        """The room's snapshot as this visitor sees it."""
        answer = self.get(f"/live/{slug}/snapshot", headers={"Accept": "application/json"}).json()
        if not answer["ok"]:
            raise Refused(answer["error"]["code"], answer["error"]["message"], answer["error"])
        found: dict[str, Any] = answer["data"]
        return found

    def _remember(self, answer: requests.Response) -> None:
        found = _TOKEN.search(answer.text) if "html" in answer.headers.get("Content-Type", "") else None
        number = _ORDER_NUMBER.search(answer.text)
        if number and _PAID.search(answer.text):
            self._order_number = number.group(1)
        if found:
            self._csrf = unescape(found.group(1) or found.group(2))

    def sign_in(self, email: str, password: str) -> None:
        self.get("/signin")
        answer = self.post("/signin", {"email": email, "password": password}, allow_redirects=False)
        if answer.status_code not in {302, 303}:
            raise Refused("sign_in", f"sign in answered {answer.status_code}", {})

    def socket(self, page: str) -> RoomSocket:
        """Open the page, as a person would, and connect the socket it carries."""
        html = self.get(page).text
        token = _SOCKET_TOKEN.search(html)
        return RoomSocket(self, unescape(token.group(1)) if token else "")


class RoomSocket:
    """The page's socket: `call` returns the ack's data or raises Refused."""

    def __init__(self, browser: Browser, token: str) -> None:
        self.client = socketio.Client(http_session=browser.http, reconnection=True, logger=False)
        self.client.connect(browser.base_url, transports=["websocket"], auth={"token": token}, wait_timeout=10)

    def call(self, command: str, **payload: Any) -> Any:
        ack = self.client.call(command, payload, timeout=10)
        if not ack["ok"]:
            error = ack["error"]
            raise Refused(error["code"], error["message"], error)
        return ack["data"]

    def say(self, room_id: str, text: str) -> None:
        self.call("chat.post", room_id=room_id, text=text, client_key=secrets.token_hex(8))

    def on(self, event: str, handler: Any) -> None:
        self.client.on(event, handler)

    def close(self) -> None:
        self.client.disconnect()


def hidden_fields(html: str, action: str) -> dict[str, str]:
    """The prefilled inputs of the first form whose action contains the text."""
    for form in _FORM.findall(html):
        if action in (attribute(form, "action") or ""):
            pairs = ((attribute(tag, "name"), attribute(tag, "value")) for tag in _INPUT.findall(form))
            return {name: value or "" for name, value in pairs if name}
    return {}
