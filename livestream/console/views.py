"""The brand's side of streams over HTTP. All of it works without scripts, but the studio, which needs a camera."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from livestream.console import queries
from livestream.console.forms import VIEWS, ListForm, Plan, read_plan
from livestream.engagement.queries import load_summary
from livestream.questions.queries import count_outcomes
from livestream.rooms import service
from livestream.rooms.models import Stream, StreamState
from livestream.rooms.policy import MODERATORS, ON_STAGE, PLANNERS, can_plan_stream, can_run_stream
from livestream.rooms.queries import RoomHead, get_head, get_stream, list_line_up, replay_path
from livestream.rooms.snapshot import build_snapshot
from shop.catalog.queries import active_product_ids, load_product_views
from shop.core import db, ratelimit, web
from shop.core.amounts import typed
from shop.core.errors import InvalidInput, NotFound, ShopError
from shop.core.events import plain
from shop.core.forms import parse_form
from shop.core.i18n import error_text, gettext, pick
from shop.core.money import Money
from shop.core.policy import ANY_ROLE, crew, policy
from shop.dashboard import nav
from shop.media import service as media

bp = Blueprint("console", __name__, url_prefix="/dashboard/<brand_slug>/streams")
UPLOAD_LIMIT = "30/minute;500/day"
LOCKED = (StreamState.ENDED, StreamState.REPLAY, StreamState.CANCELLED)

TEXT_FIELDS = (
    *(f"{name}_{code}" for name in ("title", "description", "cover_alt") for code in ("en", "it")),
    *("day", "hour", "host", "language", "add_product"),
)


@bp.get("")
@policy(ANY_ROLE)
def list_streams(brand_slug: str) -> str:
    """The table; tab, search and page are in the address."""
    form = parse_form(ListForm, request.args)
    brand_id = web.membership().brand_id
    page = queries.load_stream_page(
        web.read_session(),
        brand_id=brand_id,
        show=form.show,
        text=form.q,
        page=form.page,
        currency=web.settings().default_currency,
    )

    def address(**changes: Any) -> str:
        values = {"show": form.show, "q": form.q, "page": 1, **changes}
        kept = {
            name: value for name, value in values.items() if value not in {"", "all"} and (name, value) != ("page", 1)
        }
        return url_for("console.list_streams", brand_slug=brand_slug, **kept)

    return render_template(
        "console/streams.html",
        **nav.frame("streams"),
        page=page,
        form=form,
        views=VIEWS,
        address=address,
        page_url=lambda number: address(page=number),
        can_plan=can_plan_stream(web.actor(), brand_id),
        can_run=can_run_stream(web.actor(), brand_id),
    )


@bp.get("/new")
@policy(crew(*PLANNERS))
def new_stream(brand_slug: str) -> str:
    """An empty plan."""
    return _show_form(None, {})


@bp.post("/new")
@policy(crew(*PLANNERS))
def create_stream(brand_slug: str) -> ResponseReturnValue:
    """A draft; products follow on its own page."""
    try:
        plan = _read_plan()
        image = _read_cover(plan)
        with db.unit_of_work() as session:
            stream = service.create_stream(
                session,
                actor=web.actor(),
                brand_id=web.membership().brand_id,
                title=plan.title,
                description=plan.description,
                language=plan.language,
                starts_at=plan.starts_at,
                host_account_id=_host_id(session, plan),
                cover_image_id=_add_cover(session, plan, image),
            )
            if plan.action == "schedule":
                service.schedule_stream(session, actor=web.actor(), stream_id=stream.id)
            slug = stream.slug
    except ShopError as error:
        return _refused(None, error)
    flash(gettext("Saved."), "ok")
    return redirect(url_for("console.edit_stream", brand_slug=brand_slug, slug=slug), 303)


@bp.get("/<slug>")
@policy(ANY_ROLE)
def edit_stream(brand_slug: str, slug: str) -> str:
    """The plan of a stream; people who may not change it see it with fields that cannot be used."""
    return _show_form(_head(slug), {})


@bp.post("/<slug>")
@policy(crew(*PLANNERS))
def save_stream(brand_slug: str, slug: str) -> ResponseReturnValue:
    """Save everything the form says, then do what its button says."""
    try:
        plan = _read_plan()
        image = _read_cover(plan)
        with db.unit_of_work() as session:
            stream = get_stream(session, brand_id=web.membership().brand_id, slug=slug)
            _save(session, stream, plan, image)
            said = _act(session, stream, plan)
    except ShopError as error:
        return _refused(_head(slug), error)
    flash(said, "ok")
    return redirect(url_for("console.edit_stream", brand_slug=brand_slug, slug=slug), 303)


def _head(slug: str) -> RoomHead:
    """The brand's own stream; any other does not exist here."""
    head = get_head(web.refresh_read_session(), slug=slug)
    if head.brand.id != web.membership().brand_id:
        raise NotFound
    return head


def _read_plan() -> Plan:
    return read_plan(request.form, zone=get_timezone(), currency=web.settings().default_currency)


def _read_cover(plan: Plan) -> media.PreparedImage | None:
    """The uploaded picture, cleaned; nobody waits for a database while it is decoded."""
    file: FileStorage | None = request.files.get("cover")
    if file is None or not file.filename:
        return None
    if not plan.cover_alt["en"]:
        raise InvalidInput(fields={"cover_alt_en": gettext("Say in words what the picture shows.")})
    ratelimit.check_rate(UPLOAD_LIMIT, "upload", str(web.actor().account_id))
    return media.prepare(file.read())


def _add_cover(session: Session, plan: Plan, image: media.PreparedImage | None) -> str | None:
    if image is None:
        return None
    return media.add_image(session, brand_id=web.membership().brand_id, prepared=image, alt=plan.cover_alt).id


def _host_id(session: Session, plan: Plan) -> str | None:
    if plan.host_id is None:
        return None
    hosts = queries.list_hosts(session, brand_id=web.membership().brand_id)
    if plan.host_id not in {host.account_id for host in hosts}:
        raise InvalidInput(fields={"host": gettext("Choose one of the offered values.")})
    return plan.host_id


def _save(session: Session, stream: Stream, plan: Plan, image: media.PreparedImage | None) -> None:
    service.update_stream(
        session,
        actor=web.actor(),
        stream_id=stream.id,
        title=plan.title,
        description=plan.description,
        language=plan.language,
        starts_at=plan.starts_at,
        host_account_id=_host_id(session, plan) or stream.host_account_id,
        cover_image_id=_add_cover(session, plan, image),
    )
    if image is None and stream.cover_image_id and plan.cover_alt["en"]:
        brand_id = web.membership().brand_id
        media.set_alt(session, brand_id=brand_id, image_id=stream.cover_image_id, alt=plan.cover_alt)
    _save_items(session, stream, plan)


def _save_items(session: Session, stream: Stream, plan: Plan) -> None:
    """Rows keep their own errors, named like their fields."""
    mine = {item.id: item for item in list_line_up(session, stream_id=stream.id)}
    currency, errors = web.settings().default_currency, {}
    for row in plan.items:
        if row.item_id not in mine:
            raise InvalidInput(gettext("The run of show has changed meanwhile. Load the page again."))
        kept = {code: amount for code, amount in mine[row.item_id].live_price.items() if code != currency}
        price = kept | {currency: row.live_amount} if row.live_amount else {}
        try:
            service.update_item(
                session, actor=web.actor(), item_id=row.item_id, pin_seconds=row.pin_seconds, live_price=price
            )
        except ShopError as error:
            errors[f"live-{row.item_id}"] = error_text(error)
    if errors:
        raise InvalidInput(fields=errors)
    if plan.order and set(plan.order) == set(mine):
        for place, item_id in enumerate(plan.order):
            if [*mine][place] != item_id:
                moved = service.move_item(session, actor=web.actor(), item_id=item_id, to=place)
                mine = {item.id: item for item in moved}


def _act(session: Session, stream: Stream, plan: Plan) -> str:
    """What the pressed button says; returns the sentence for the next page."""
    actor, (verb, _, target) = web.actor(), plan.action.partition(":")
    if verb == "schedule":
        service.schedule_stream(session, actor=actor, stream_id=stream.id)
        return str(gettext("Scheduled."))
    if verb == "draft":
        service.unschedule_stream(session, actor=actor, stream_id=stream.id)
        return str(gettext("This stream is a draft again."))
    if verb == "cancel":
        service.cancel_stream(session, actor=actor, stream_id=stream.id)
        return str(gettext("Cancelled."))
    if verb == "add":
        if not plan.add_product:
            raise InvalidInput(fields={"add_product": gettext("Choose a product.")})
        service.add_item(session, actor=actor, stream_id=stream.id, product_id=plan.add_product)
        return str(gettext("Added to the run of show."))
    if verb in {"remove", "up", "down"}:
        return _move_or_remove(session, stream, verb, target)
    return str(gettext("Saved."))


def _move_or_remove(session: Session, stream: Stream, verb: str, item_id: str) -> str:
    ids = [item.id for item in list_line_up(session, stream_id=stream.id)]
    if item_id not in ids:
        raise NotFound
    if verb == "remove":
        service.remove_item(session, actor=web.actor(), item_id=item_id)
        return str(gettext("Removed from the run of show."))
    step = -1 if verb == "up" else 1
    service.move_item(session, actor=web.actor(), item_id=item_id, to=max(0, ids.index(item_id) + step))
    return str(gettext("Moved."))


def _refused(head: RoomHead | None, error: ShopError) -> ResponseReturnValue:
    """The form again with what was typed and what is wrong with it."""
    if isinstance(error, NotFound):
        raise error
    fields = error.fields if isinstance(error, InvalidInput) else {}
    message = None if fields else error_text(error)
    return _show_form(head, fields, typed_in=request.form, message=message), error.http_status


def _show_form(
    head: RoomHead | None, errors: dict[str, str], *, typed_in: Any = None, message: str | None = None
) -> str:
    session, membership = web.read_session(), web.membership()
    currency = web.settings().default_currency
    show = queries.load_run_of_show(session, stream_id=head.stream.id, currency=currency) if head else []
    planned = {item.product.product_id for item in show}
    products = load_product_views(
        session, active_product_ids(session, brand_id=membership.brand_id, limit=200), currency
    )
    values = _values(head, show, currency) | (typed_in.to_dict() if typed_in is not None else {})
    return render_template(
        "console/stream.html",
        **nav.frame("streams"),
        head=head,
        show=show,
        values=values,
        errors=errors,
        message=message,
        row_errors=_row_errors(show, errors),
        currency=currency,
        hosts=queries.list_hosts(session, brand_id=membership.brand_id),
        offered=[product for product in products if product.id not in planned],
        can_plan=can_plan_stream(web.actor(), membership.brand_id)
        and (head is None or head.stream.state not in LOCKED),
        can_run=can_run_stream(web.actor(), membership.brand_id),
        states=StreamState,
    )


def _row_errors(show: list[queries.ShowItem], errors: dict[str, str]) -> list[tuple[str, str]]:
    """(id of the sentence, sentence) for rows of the run of show, naming their product."""
    found = []
    for item in show:
        for kind in ("live", "pin"):
            name = f"{kind}-{item.product.item_id}"
            if name in errors:
                found.append((f"{name}-error", f"{pick(item.product.title)}: {errors[name]}"))
    return found


def _values(head: RoomHead | None, show: list[queries.ShowItem], currency: str) -> dict[str, str]:
    """What the fields say before anybody typed."""
    empty = dict.fromkeys(TEXT_FIELDS, "")
    if head is None:
        language = request.accept_languages.best_match(["it", "en"], "it")
        return empty | {"language": language, "host": web.actor().account_id or ""}
    stream = head.stream
    at = stream.starts_at.astimezone(get_timezone()) if stream.starts_at else None
    alt = queries.cover_alt(web.read_session(), image_id=stream.cover_image_id)
    texts = {"title": stream.title, "description": stream.description, "cover_alt": alt}
    values = empty | {f"{name}_{code}": both.get(code, "") for name, both in texts.items() for code in ("en", "it")}
    values |= {"language": stream.language, "host": stream.host_account_id or ""}
    if at is not None:
        values |= {"day": at.strftime("%Y-%m-%d"), "hour": at.strftime("%H:%M")}
    for item in show:
        amount = item.product.live_price.get(currency)
        values[f"pin-{item.product.item_id}"] = str(max(1, item.product.pin_seconds // 60))
        values[f"live-{item.product.item_id}"] = typed(Money(amount, currency)) if amount else ""
    return values


@bp.get("/<slug>/studio")
@policy(crew(*MODERATORS))
def studio(brand_slug: str, slug: str) -> ResponseReturnValue:
    """Camera, run of show, chat. Moderators get the chat alone."""
    head = _head(slug)
    if head.stream.state in LOCKED:
        return redirect(url_for("console.summary", brand_slug=brand_slug, slug=slug), 303)
    session, currency, actor = web.read_session(), web.settings().default_currency, web.actor()
    snapshot = build_snapshot(session, head=head, actor=actor, currency=currency)
    show = queries.load_run_of_show(session, stream_id=head.stream.id, currency=currency)
    return render_template(
        "console/studio.html",
        membership=web.membership(),
        head=head,
        snapshot=snapshot,
        snapshot_json=plain(snapshot),
        show=show,
        checks={check.key: check for check in queries.server_checks(head, show)},
        currency=currency,
        on_stage=can_run_stream(actor, head.brand.id),
        can_plan=can_plan_stream(actor, head.brand.id),
    )


@bp.get("/<slug>/summary")
@policy(crew(*MODERATORS))
def summary(brand_slug: str, slug: str) -> ResponseReturnValue:
    """What came of a stream, after its end."""
    head = _head(slug)
    if head.stream.state not in (StreamState.ENDED, StreamState.REPLAY):
        return redirect(url_for("console.edit_stream", brand_slug=brand_slug, slug=slug), 303)
    session, currency = web.read_session(), web.settings().default_currency
    return render_template(
        "console/summary.html",
        **nav.frame("streams"),
        head=head,
        summary=load_summary(session, stream=head.stream, room=head.room, currency=currency),
        questions=count_outcomes(session, head.room.id),
        replay_url=replay_path(slug),
        is_ready=head.stream.state == StreamState.REPLAY,
        on_stage=web.membership().role in ON_STAGE,
    )
