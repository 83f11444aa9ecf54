"""Draws templates without the app: a strict environment with plain stand-ins for what the core offers to templates.

`python -m tests.components.rendering FOLDER` writes the styleguide in every theme, to be opened in a browser.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
THEMES = ("light", "dark", "room")


def money(amount: int, currency: str) -> str:
    return f"€{amount / 100:,.2f}" if currency == "EUR" else f"{amount} {currency}"


def import_map() -> Markup:
    names = {"stimulus": "stimulus", "socket.io": "socket.io", "hls.js": "hls", "idiomorph": "idiomorph"}
    addresses = {name: f"/static/vendor/js/{file}.js" for name, file in names.items()}
    return Markup(json.dumps({"imports": addresses}))


@lru_cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    made.filters.update(
        money=lambda value: money(value.amount, value.currency),
        number=lambda value: f"{value:,}",
        pick=lambda texts: texts["en"],
        iso=lambda at: at.isoformat(),
        clock_time=lambda at: at.strftime("%H:%M"),
        time_tag=lambda at: Markup('<time datetime="{}">{}</time>').format(at.isoformat(), at.strftime("%d %b, %H:%M")),
    )
    made.globals.update(
        static_url=lambda path: f"/static/{path}",
        url_for=lambda _endpoint, filename="": f"/static/{filename}",
        money=money,
        now=lambda: NOON,
        csrf_token=lambda: "token",
        csp_nonce=lambda: "nonce",
        import_map=import_map,
        get_flashed_messages=lambda **_options: [],
        role_name=lambda role: role,
        bag_count=lambda: 2,
        kept_part=lambda name, **words: Markup(made.get_template(name).render(**words)),
        kept_view=lambda name, late, **shown: Markup(made.get_template(name).render(**late, **shown)),
        site_name="Vetrina",
        locale="en",
        theme="",
        demo=True,
        current_actor=SimpleNamespace(is_guest=True, display_name="", account_id="", memberships=()),
        request=SimpleNamespace(path="/", full_path="/?", args={}),
    )
    return made


def draw(source: str, **context: Any) -> str:
    """A few lines of template, usually an import and a call."""
    return environment().from_string(source).render(context)


@lru_cache
def styleguide(theme: str) -> str:
    page = environment().get_template("styleguide/page.html")
    return page.render(request=SimpleNamespace(path="/", full_path="/?", args={"theme": theme}))


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for each in THEMES:
        (target / f"{each}.html").write_text(styleguide(each))
