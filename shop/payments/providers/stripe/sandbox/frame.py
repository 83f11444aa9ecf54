"""What all pages share: the template environment, the language, the security headers."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from babel import Locale
from flask import Response, current_app, g, render_template, request

from shop.payments.providers.stripe.sandbox import money
from shop.payments.providers.stripe.sandbox.local import comes_from_here
from shop.payments.providers.stripe.sandbox.sandbox import Sandbox
from shop.payments.providers.stripe.sandbox.texts import LANGUAGES, language_of, translator

ROOT = Path(__file__).resolve().parents[5]


def sandbox() -> Sandbox:
    found: Sandbox = current_app.extensions["sandbox"]
    return found


def draw(template: str, locale: str | None, **context: Any) -> str:
    """Render a page in the session's language; `image_origins` and `form_targets` widen its policy."""
    language = language_of(locale, request.accept_languages.best_match(LANGUAGES))
    g.image_origins = context.pop("image_origins", [])
    g.form_targets = context.pop("form_targets", [])
    return render_template(
        f"sandbox/{template}",
        t=translator(language),
        language=language,
        merchant=sandbox().config.merchant,
        money=lambda amount, currency: money.in_words(amount, currency, language),
        country_name=lambda code: Locale(language).territories.get(code, code),
        moment=lambda seconds: datetime.fromtimestamp(seconds, UTC),
        file=file_url,
        theme=_theme(),
        local=may_see_dashboard(),
        **context,
    )


def may_see_dashboard() -> bool:
    """The dashboard shows other people's pretend orders, so it stays on the machine unless opened on purpose."""
    return sandbox().config.dashboard_open or comes_from_here(request)


def _theme() -> str | None:
    """The shop's cookie: the pages follow what the person chose there."""
    chosen = request.cookies.get("theme")
    return chosen if chosen in {"light", "dark"} else None


def file_url(name: str) -> str:
    return f"/sandbox/static/{name}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    """The content's hash; a missing file (libraries not installed yet) is simply not found by the browser."""
    path = ROOT / "static" / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else "0"


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def finish(response: Response) -> Response:
    """Nothing inline, nothing foreign, nobody frames it."""
    images = " ".join(["'self'", "data:", *g.get("image_origins", [])])
    targets = " ".join(["'self'", *(origin_of(url) for url in g.get("form_targets", []) if url)])
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; img-src {images}; form-action {targets}"
    )
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    return response
