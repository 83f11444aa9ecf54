"""A test client whose requests start from nothing, as requests on a server do."""

from __future__ import annotations

import contextvars
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class FreshClient(FlaskClient):
    """The `app` fixture keeps an application context open; without this, `g` (actor, form token) would outlive a request."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *args, **kwargs)
