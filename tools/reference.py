"""Writes the reference pages that code knows best: settings, events, error codes, socket commands, routes and policies.

`python -m tools.reference` writes docs/reference/*.md; a test fails when a page is not what this would write.
"""

from __future__ import annotations

import inspect
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

DOCS = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOTE = "<!-- Written by `python -m tools.reference`; change the code, not this page. -->\n"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def first_sentences(thing: Any) -> str:
    text = inspect.getdoc(thing) or ""
    return re.sub(r"\s+", " ", text.split("\n\n")[0]).strip()


def settings_page() -> str:
    from shop.core.settings import Settings

    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "empty" if default == "" else ("1" if default is True else "0" if default is False else str(default))
        rows.append((f"`{name.upper()}`", kind_of(field.annotation), f"`{shown}`", field.description or ""))
    return (
        "# Settings\n\nFrom the environment, and below it from the file that `VETRINA_CONFIG` names (`KEY=value` lines). "
        "Unknown names in the file and impossible values stop the start with a sentence that names the setting.\n\n"
        + table(("Setting", "Type", "Default", "What it does"), rows)
    )


def kind_of(annotation: Any) -> str:
    options = getattr(annotation, "__args__", None)
    if options:
        return " · ".join(f"`{option}`" for option in options)
    return {"str": "text", "int": "whole number", "bool": "0 or 1", "Path": "folder"}.get(
        annotation.__name__, annotation.__name__
    )


def events_page(_app: Flask) -> str:
    import dataclasses

    from shop.core.events import EVENTS

    rows = []
    for name, kind in sorted(EVENTS.items()):
        if name.startswith("test."):
            continue
        fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(kind))
        rows.append((f"`{name}`", "state" if kind.stateful else "passing", first_sentences(kind), fields))
    return (
        "# Events\n\nWhat the server tells: to browsers in a channel, or to subscribers in its own process. *State* events "
        "change what a room snapshot shows, carry `seq` and are kept for clients that return; *passing* ones may be lost.\n\n"
        + table(("Event", "Kind", "To whom, when", "Fields"), rows)
    )


def errors_page(_app: Flask) -> str:
    from shop.core.errors import ERRORS

    rows = [
        (f"`{code}`", str(kind.http_status), kind.message, first_sentences(kind))
        for code, kind in sorted(ERRORS.items())
        if not code.startswith("test")
    ]
    return (
        '# Error codes\n\nOne vocabulary on HTTP and on sockets: `{"ok": false, "error": {"code", "message", …}}`; '
        "`invalid_input` adds `field` and `fields`.\n\n" + table(("Code", "HTTP", "Message", "Meaning"), rows)
    )


def commands_page(_app: Flask) -> str:
    from shop.core.realtime import COMMANDS

    rows = []
    for name, command in sorted(COMMANDS.items()):
        fields = ", ".join(
            f"`{key}`" + ("" if field.is_required() else "?") for key, field in command.model.model_fields.items()
        )
        rows.append((f"`{name}`", fields, command.policy.name, command.limit, first_sentences(command.function)))
    return (
        "# Socket commands\n\nFrom the browser over Socket.IO (WebSocket only). The acknowledgement is "
        '`{"ok": true, "data": …}` or an error. Fields with `?` may be left out; unknown fields are refused.\n\n'
        + table(("Command", "Fields", "Policy", "Limit", "What it does"), rows)
        + shell_section()
    )


def shell_section() -> str:
    from shop.cli import main

    rows = [
        (f"`python -m shop {name}`", first_sentences(command.callback))
        for name, command in sorted(main.commands.items())
    ]
    return "\n## On the shell\n\n" + table(("Command", "What it does"), rows)


def routes_page(app: Flask) -> str:
    from shop.core.web import route_policy

    rows = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: (r.rule, r.endpoint)):
        policy = route_policy(app, rule.endpoint)
        methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        rows.append(
            (
                f"`{rule.rule}`",
                methods,
                policy.name if policy else "",
                first_sentences(app.view_functions[rule.endpoint]),
            )
        )
    return (
        "# Routes and their policies\n\n`public`: anybody. `signed_in`: any person. `crew(…)`: these roles of the brand in the "
        "address; for everybody else it does not exist. `staff`: operators. `machine`: the request proves itself by a signature.\n\n"
        + table(("Route", "Methods", "Policy", "What it is"), rows)
    )


PAGES: dict[str, Callable[[Flask], str]] = {
    "settings.md": lambda _app: settings_page(),
    "events.md": events_page,
    "errors.md": errors_page,
    "commands.md": commands_page,
    "routes.md": routes_page,
}


def written(app: Flask) -> dict[str, str]:
    """Every page as it should be."""
    return {name: NOTE + page(app) for name, page in PAGES.items()}


def main() -> int:
    from shop.app import create_app
    from shop.core.settings import load_settings

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load_settings(env="test", data_dir=Path(folder), demo=True, demo_show=True))
        for name, text in written(app).items():
            (DOCS / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
