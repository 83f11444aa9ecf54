"""A browser for tests: posts with the form token it was given, and can be signed in as anybody of the cast."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shop.accounts.models import SignIn
from shop.core import db, ids
from shop.core.actor import Actor
from shop.core.realtime import GUEST_COOKIE, SESSION_COOKIE

JSON = {"Accept": "application/json"}


class Visitor:
    """`visitor.post("/signin", email=…)` loads a form token first; `visitor.sign_in(cast.ana)` opens a sign-in."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token: str | None = None
        self._csrf: str | None = None

    def sign_in(self, actor: Actor) -> Visitor:
        """A sign-in row and its cookie, as `sign_in_account` would make them; guests keep their cookie only."""
        self._csrf = None
        if actor.account_id is None:
            self.client.delete_cookie(SESSION_COOKIE)
            return self
        self.token = ids.new_token()
        with db.unit_of_work() as session:
            session.add(SignIn(account_id=actor.account_id, token_hash=ids.token_hash(self.token)))
        self.client.set_cookie(SESSION_COOKIE, self.token)
        return self

    def become_guest(self, token: str = "guest-of-the-tests") -> str:
        """Give the browser a guest cookie; returns the guest key."""
        self.client.set_cookie(GUEST_COOKIE, token)
        return ids.token_hash(token)

    @property
    def csrf(self) -> str:
        if self._csrf is None:
            page = self.client.get("/privacy").get_data(as_text=True)
            found = re.search(r'name="csrf-token" content="([^"]+)"', page)
            assert found is not None
            self._csrf = found.group(1)
        return self._csrf

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, *, headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
        """Post a form with a valid token. A sign-in changes the token; it is fetched again after each redirect."""
        data = {"csrf_token": self.csrf, **fields}
        answer = self.client.post(path, data=data, headers=headers)
        if "vetrina_form=" in str(answer.headers.getlist("Set-Cookie")):
            self._csrf = None
        return answer
