"""The home page and the list of brands."""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from shop.brands.queries import list_brands
from shop.core import clock, web
from shop.core.policy import PUBLIC, policy
from shop.storefront import slots

bp = Blueprint("home", __name__)


@bp.get("/")
@policy(PUBLIC)
def index() -> ResponseReturnValue:
    """Live now, upcoming, watch again."""
    session = web.read_session()
    streams = slots.load_streams(session, web.settings().default_currency)
    reminded = slots.reminded(session, actor=web.actor(), cards=streams.upcoming)
    return render_template("storefront/home.html", streams=streams, reminded=reminded, server_now=clock.now())


@bp.get("/home/now")
@policy(PUBLIC)
def now() -> ResponseReturnValue:
    """Who is live and how many watch: what the home page asks for every 15 seconds."""
    streams = slots.load_streams(web.read_session(), web.settings().default_currency)
    return jsonify(live=[{"slug": card.slug, "viewers": card.viewers} for card in streams.live])


@bp.get("/brands")
@policy(PUBLIC)
def brands() -> ResponseReturnValue:
    """Every brand of the shop."""
    session = web.read_session()
    live = {card.brand_slug for card in slots.load_streams(session, web.settings().default_currency).live}
    return render_template("storefront/brands.html", brands=list_brands(session), live=live)
