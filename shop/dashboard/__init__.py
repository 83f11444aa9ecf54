"""The brand's side: products, stock, orders, team, settings."""

from __future__ import annotations

from flask import Flask

from shop.core.actor import Role
from shop.core.i18n import N_


def register(app: Flask) -> None:
    """Routes and the entries of the sidebar."""
    from shop.dashboard import inbox, nav, offers, orders, overview, products, shipping, stock, team
    from shop.messaging.policy import INBOX_ROLES
    from shop.orders.policy import ORDER_ROLES

    for module in (overview, products, stock, orders, inbox, offers, shipping, team):
        app.register_blueprint(module.bp)
    nav.add_section("overview", N_("Overview"), "layout-dashboard", "dashboard.overview", order=10)
    nav.add_section("products", N_("Products"), "box", "products.index", order=30)
    nav.add_section(
        "orders", N_("Orders"), "package", "brand_orders.index", roles=ORDER_ROLES, order=40, count=orders.waiting
    )
    nav.add_section("inbox", N_("Inbox"), "inbox", "inbox.index", roles=INBOX_ROLES, order=50, count=inbox.waiting)
    nav.add_section("shipping", N_("Shipping"), "truck", "brand_shipping.index", order=80)
    nav.add_section("team", N_("Team"), "users", "team.index", roles=(Role.OWNER,), order=90)
