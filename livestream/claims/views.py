"""The brand's side of claims: what a show takes, the list, corrections. Forms that work without scripts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from livestream.claims import queries, service
from livestream.claims.forms import CorrectForm, NothingForm, RulesForm
from livestream.claims.grammar import CLAIM_WORDS
from livestream.claims.policy import CORRECTORS, can_set_rules
from livestream.rooms.policy import PLANNERS
from livestream.rooms.queries import RoomHead, get_head
from shop.core import db, ids, web
from shop.core.errors import InvalidInput, NotFound, ShopError, require
from shop.core.forms import parse_form
from shop.core.i18n import error_text, gettext
from shop.core.policy import crew, policy
from shop.dashboard import nav

bp = Blueprint("claims", __name__, url_prefix="/dashboard/<brand_slug>/streams/<slug>/claims")


@bp.get("")
@policy(crew(*CORRECTORS))
def show(brand_slug: str, slug: str) -> str:
    """What the show takes, and everything that was claimed."""
    return _page(_head(slug))


@bp.get("/list")
@policy(crew(*CORRECTORS))
def show_list(brand_slug: str, slug: str) -> str:
    """The list alone: the studio asks again at `claims.changed`."""
    return render_template("claims/_list.html", **_list(_head(slug)))


@bp.post("/rules")
@policy(crew(*PLANNERS))
def save_rules(brand_slug: str, slug: str) -> ResponseReturnValue:
    """Words, caps, how long a claim holds; off takes no more claims."""
    head = _head(slug)
    try:
        form = parse_form(RulesForm, request.form)
        with db.unit_of_work() as session:
            service.save_rules(
                session,
                actor=web.actor(),
                stream_id=head.stream.id,
                is_on=form.is_on,
                words=form.words,
                most_per_item=form.most_per_item,
                most_per_show=form.most_per_show,
                hold_minutes=form.hold_minutes,
            )
    except InvalidInput as error:
        return _page(head, errors=error.fields, typed=request.form.to_dict()), error.http_status
    flash(gettext("Saved."), "ok")
    return redirect(url_for("claims.show", brand_slug=brand_slug, slug=slug), 303)


@bp.post("/<claim_id>/correct")
@policy(crew(*CORRECTORS))
def correct(brand_slug: str, slug: str, claim_id: str) -> ResponseReturnValue:
    """Another size or number of pieces for somebody who was misheard."""
    head, form = _head(slug), parse_form(CorrectForm, request.form)

    def step(session: Any) -> None:
        _require_of(session, head, claim_id)
        service.change_claim(
            session,
            actor=web.actor(),
            claim_id=claim_id,
            variant_id=form.variant_id,
            quantity=form.quantity,
            client_key=ids.new_id("claim"),
        )

    return _done(brand_slug, slug, step)


@bp.post("/<claim_id>/remove")
@policy(crew(*CORRECTORS))
def remove(brand_slug: str, slug: str, claim_id: str) -> ResponseReturnValue:
    """Take a claim away; whoever is next in line gets the pieces."""
    head = _head(slug)
    parse_form(NothingForm, request.form)

    def step(session: Any) -> None:
        _require_of(session, head, claim_id)
        service.release_claim(session, actor=web.actor(), claim_id=claim_id)

    return _done(brand_slug, slug, step)


def _require_of(session: Any, head: RoomHead, claim_id: str) -> None:
    """Claims of other shows do not exist here."""
    require(queries.get_claim(session, claim_id).stream_id == head.stream.id, NotFound)


def _done(brand_slug: str, slug: str, step: Any) -> ResponseReturnValue:
    """Do it, then the list for scripts and the page for everybody else."""
    try:
        with db.unit_of_work() as session:
            step(session)
    except ShopError as error:
        if web.wants_json() or isinstance(error, NotFound):
            raise
        flash(error_text(error), "danger")
    if web.wants_json():
        return jsonify(ok=True)
    return redirect(url_for("claims.show", brand_slug=brand_slug, slug=slug), 303)


def _head(slug: str) -> RoomHead:
    """The brand's own show; any other does not exist here."""
    head = get_head(web.refresh_read_session(), slug=slug)
    require(head.brand.id == web.membership().brand_id, NotFound)
    return head


def _list(head: RoomHead) -> dict[str, Any]:
    session = web.read_session()
    shelf = {product.item_id: product for product in service.load_show(session, head)}
    return {"head": head, "claims": queries.load_all(session, stream_id=head.stream.id), "shelf": shelf}


def _page(head: RoomHead, *, errors: dict[str, str] | None = None, typed: dict[str, str] | None = None) -> str:
    rules = queries.rules_of(web.read_session(), head.stream.id)
    values = {
        "claim_words": ", ".join(rules.words),
        "most_per_item": rules.most_per_item,
        "most_per_show": rules.most_per_show,
        "hold_minutes": rules.hold_minutes,
    }
    return render_template(
        "claims/page.html",
        **nav.frame("streams"),
        **_list(head),
        is_on="is_on" in typed if typed is not None else rules.is_on,
        values=values | (typed or {}),
        errors=errors or {},
        usual=", ".join(CLAIM_WORDS),
        can_set=can_set_rules(web.actor(), head.brand.id),
    )
