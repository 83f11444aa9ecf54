"""The brand's side: products, stock, orders, team, settings."""

from __future__ import annotations

from flask import Flask

from shop.core.actor import Role
from shop.core.i18n import N_


def register(app: Flask) -> None:
    """Routes and the entries of the sidebar."""
    from shop.dashboard import nav, team

    app.register_blueprint(team.bp)
    nav.add_section("team", N_("Team"), "users", "team.index", roles=(Role.OWNER,), order=90)
