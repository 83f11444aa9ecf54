"""Write the tables of `docs/reference/policies.md` from what routes and socket commands declare.

`python -m tools.policies` after adding a route or a command; `tests/contracts/test_policies.py` notices when it was not run.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Flask

from shop.app import create_app
from shop.brands.rights import RIGHTS
from shop.core import realtime, web
from shop.core.actor import Role
from shop.core.settings import load_settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "policies.md"
MARK = "<!-- Tables below are written by `python -m tools.policies`. -->"


def tables(app: Flask) -> str:
    """Roles, routes and commands as Markdown."""
    return "\n".join([*role_table(), "", *route_table(app), "", *command_table()]) + "\n"


def role_table() -> list[str]:
    head = ["## What each role can do", "", "| | " + " | ".join(role.value for role in Role) + " |"]
    rows = [
        f"| {right.what} | {' | '.join('yes' if role in right.roles else '–' for role in Role)} |" for right in RIGHTS
    ]
    return [*head, "| --- |" + " --- |" * len(Role), *rows]


def route_table(app: Flask) -> list[str]:
    rows = []
    for rule in app.url_map.iter_rules():
        policy = web.route_policy(app, rule.endpoint)
        assert policy is not None
        methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        rows.append((rule.rule, methods, policy.name))
    lines = [f"| `{path}` | {methods} | {name} |" for path, methods, name in sorted(rows)]
    return ["## Routes", "", "| Path | Methods | Policy |", "| --- | --- | --- |", *lines]


def command_table() -> list[str]:
    lines = [
        f"| `{name}` | {command.policy.name} | {command.limit} |" for name, command in sorted(realtime.COMMANDS.items())
    ]
    return ["## Socket commands", "", "| Command | Policy | Limit |", "| --- | --- | --- |", *lines]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(
            env="test", data_dir=Path(folder), demo=False, demo_show=False, server_mode="threading"
        )
        app = create_app(settings, serves_sockets=False)
        text = PAGE.read_text(encoding="utf-8").partition(MARK)[0] + MARK + "\n\n" + tables(app)
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
