"""The team page: people, roles, invitations. Owners only (`docs/reference/policies.md`)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from shop.accounts.mails import absolute
from shop.brands import service
from shop.brands.errors import AlreadyMember, LastOwner
from shop.brands.forms import InviteForm, NothingForm, RoleForm
from shop.brands.models import Invitation
from shop.brands.queries import list_invitations, list_members
from shop.brands.rights import RIGHTS
from shop.core import db, i18n, mail, ratelimit, web
from shop.core.actor import Role
from shop.core.errors import InvalidInput, RateLimited, ShopError
from shop.core.forms import parse_form
from shop.core.i18n import error_text, gettext
from shop.core.policy import crew, policy
from shop.core.templating import role_name
from shop.dashboard import nav

bp = Blueprint("team", __name__, url_prefix="/dashboard/<brand_slug>/team")
OWNERS = crew(Role.OWNER)
INVITE_LIMIT = "30/day"


@bp.get("")
@policy(OWNERS)
def index(brand_slug: str) -> str:
    """People, invitations that wait, and what each role can do."""
    return _page()


@bp.post("/invitations")
@policy(OWNERS)
def invite(brand_slug: str) -> Any:
    """Send an invitation."""
    try:
        form = parse_form(InviteForm, request.form)
        with db.unit_of_work() as session:
            made = service.invite(
                session, actor=web.actor(), brand_id=web.membership().brand_id, email=form.email, role=form.role
            )
            _send(session, *made)
    except (InvalidInput, AlreadyMember, RateLimited) as error:
        return _page(error), error.http_status
    flash(gettext("The invitation is on its way to %(email)s.", email=form.email))
    return _back()


@bp.post("/invitations/<invitation_id>/again")
@policy(OWNERS)
def invite_again(brand_slug: str, invitation_id: str) -> Response:
    """A fresh link; the old one stops working."""
    parse_form(NothingForm, request.form)
    with db.unit_of_work() as session:
        made = service.invite_again(
            session, actor=web.actor(), brand_id=web.membership().brand_id, invitation_id=invitation_id
        )
        _send(session, *made)
    flash(gettext("Sent again. The link in the earlier mail no longer works."))
    return _back()


@bp.post("/invitations/<invitation_id>/withdraw")
@policy(OWNERS)
def withdraw(brand_slug: str, invitation_id: str) -> Response:
    """Close an invitation."""
    parse_form(NothingForm, request.form)
    with db.unit_of_work() as session:
        service.withdraw_invitation(
            session, actor=web.actor(), brand_id=web.membership().brand_id, invitation_id=invitation_id
        )
    flash(gettext("The invitation is withdrawn."))
    return _back()


@bp.post("/members/<account_id>/role")
@policy(OWNERS)
def change_role(brand_slug: str, account_id: str) -> Any:
    """Give somebody another role."""
    try:
        form = parse_form(RoleForm, request.form)
        with db.unit_of_work() as session:
            service.change_role(
                session,
                actor=web.actor(),
                brand_id=web.membership().brand_id,
                account_id=account_id,
                role=form.role,
            )
    except (InvalidInput, LastOwner) as error:
        return _page(error), error.http_status
    flash(gettext("The role is changed."))
    return _back()


@bp.post("/members/<account_id>/remove")
@policy(OWNERS)
def remove(brand_slug: str, account_id: str) -> Any:
    """Take somebody out of the team."""
    parse_form(NothingForm, request.form)
    try:
        with db.unit_of_work() as session:
            service.remove_member(session, actor=web.actor(), brand_id=web.membership().brand_id, account_id=account_id)
    except LastOwner as error:
        return _page(error), error.http_status
    flash(gettext("That person is no longer in the team."))
    return redirect("/account", 303) if account_id == web.actor().account_id else _back()


def _send(session: Session, invitation: Invitation, token: str) -> None:
    """In the language of the inviting person: the invited one has told us none."""
    actor, membership = web.actor(), web.membership()
    ratelimit.check_rate(INVITE_LIMIT, "invite", membership.brand_id)
    mail.send_later(
        session,
        "team_invitation",
        to=invitation.email,
        locale=i18n.locale_code(),
        brand=membership.brand_name,
        inviter=actor.display_name,
        role=role_name(invitation.role),
        link=absolute(f"/invitations/{token}"),
    )


def _page(error: ShopError | None = None) -> str:
    web.refresh_read_session()
    session, membership = web.read_session(), web.membership()
    fields = error.fields if isinstance(error, InvalidInput) else {}
    return render_template(
        "dashboard/team/page.html",
        members=list_members(session, membership.brand_id),
        invitations=list_invitations(session, membership.brand_id),
        roles=list(Role),
        rights=RIGHTS,
        values={"email": request.form.get("email", "")[:254], "role": request.form.get("role", Role.HOST.value)},
        errors=fields,
        problem=error_text(error) if error is not None and not fields else "",
        **nav.frame("team"),
    )


def _back() -> Response:
    return redirect(url_for("team.index", brand_slug=web.membership().brand_slug), 303)
