"""The brand's side: products, stock, orders, team, settings."""

from __future__ import annotations

from flask import Flask

from shop.core.actor import Role
from shop.core.i18n import N_


def register(app: Flask) -> None:
    """Routes and the entries of the sidebar."""
    from shop.dashboard import nav, overview, products, stock, team

    for module in (overview, products, stock, team):
        app.register_blueprint(module.bp)
    nav.add_section("overview", N_("Overview"), "layout-dashboard", "dashboard.overview", order=10)
    nav.add_section("products", N_("Products"), "box", "products.index", order=30)
    nav.add_section("team", N_("Team"), "users", "team.index", roles=(Role.OWNER,), order=90)
