"""Pages for signing up, in and out, and the links in mail."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.accounts import entry, mails, passwords, service
from shop.accounts.errors import LinkUsedUp, WrongCredentials
from shop.accounts.forms import EmailForm, NewPasswordForm, NothingForm, SignInForm, SignUpForm
from shop.accounts.models import TokenPurpose
from shop.accounts.queries import find_token, get_account
from shop.accounts.waiting import what_waits
from shop.core import db, i18n, web
from shop.core.errors import InvalidInput, RateLimited, ShopError, require
from shop.core.forms import parse_form
from shop.core.i18n import error_text
from shop.core.policy import PUBLIC, policy

bp = Blueprint("accounts", __name__)


@bp.get("/signin")
@policy(PUBLIC)
def sign_in() -> Any:
    """The page; who is in already goes on."""
    if not web.actor().is_guest:
        return redirect(next_path(), 303)
    return entry_page("accounts/sign_in.html")


@bp.post("/signin")
@policy(PUBLIC)
def submit_sign_in() -> Any:
    """Check the password and open a sign-in."""
    try:
        form = parse_form(SignInForm, request.form)
        found = entry.check_credentials(form)
        answer = entry.let_in(found.account_id, form.next)
    except (InvalidInput, WrongCredentials, RateLimited) as error:
        return entry_page("accounts/sign_in.html", error)
    if web.wants_json():
        return jsonify(ok=True, data={"next": answer.location}), {"Set-Cookie": answer.headers["Set-Cookie"]}
    return answer


@bp.get("/signup")
@policy(PUBLIC)
def sign_up() -> Any:
    """The page; who is in already goes on."""
    if not web.actor().is_guest:
        return redirect(next_path(), 303)
    return entry_page("accounts/sign_up.html")


@bp.post("/signup")
@policy(PUBLIC)
def submit_sign_up() -> Any:
    """Make the account, or tell its owner by mail that there is one: the answer is the same."""
    try:
        form = parse_form(SignUpForm, request.form)
        entry.sign_up(form)
    except (InvalidInput, RateLimited) as error:
        return entry_page("accounts/sign_up.html", error)
    return redirect(url_for("accounts.check_mail"), 303)


@bp.post("/signout")
@policy(PUBLIC)
def sign_out() -> Response:
    """Close this sign-in and its sockets."""
    with db.unit_of_work() as session:
        service.sign_out(session, actor=web.actor())
    return entry.let_out(redirect(web.local_path(request.form.get("next"), "/"), 303))


@bp.get("/check-mail")
@policy(PUBLIC)
def check_mail() -> str:
    """One page for every request that ends in a mailbox."""
    return render_template("accounts/check_mail.html")


@bp.post("/signin/link")
@policy(PUBLIC)
def request_link() -> Any:
    """Send a link that signs in."""
    return _mail_link(TokenPurpose.SIGN_IN, "accounts/sign_in.html")


@bp.get("/password/forgot")
@policy(PUBLIC)
def forgot_password() -> str:
    """Ask for a link to a new password."""
    return render_template(
        "accounts/forgot.html", values={"email": request.args.get("email", "")[:254]}, errors={}, problem=""
    )


@bp.post("/password/forgot")
@policy(PUBLIC)
def request_reset() -> Any:
    """Send a link to a new password."""
    return _mail_link(TokenPurpose.RESET, "accounts/forgot.html")


def _mail_link(purpose: TokenPurpose, template: str) -> Any:
    try:
        form = parse_form(EmailForm, request.form)
        entry.limit_mails(form.email)
    except (InvalidInput, RateLimited) as error:
        return entry_page(template, error)
    with db.unit_of_work() as session:
        mails.send_link_later(
            session,
            email=form.email,
            purpose=purpose,
            locale=i18n.locale_code(),
            next_path=web.local_path(form.next, "")[:300],
        )
    return redirect(url_for("accounts.check_mail"), 303)


@bp.get("/confirm/<token>")
@policy(PUBLIC)
def confirm(token: str) -> Any:
    """A button: mail scanners follow links, and must not use them up."""
    return _link_page(TokenPurpose.CONFIRM, token, "accounts/confirm.html")


@bp.post("/confirm/<token>")
@policy(PUBLIC)
def submit_confirm(token: str) -> Response:
    """The address is theirs; they are in."""
    parse_form(NothingForm, request.form)
    with db.unit_of_work() as session:
        used = service.confirm_email(session, token=token)
    return entry.let_in(used.account_id, used.next_path)


@bp.get("/signin/link/<token>")
@policy(PUBLIC)
def enter(token: str) -> Any:
    """A button, for the same reason."""
    return _link_page(TokenPurpose.SIGN_IN, token, "accounts/enter.html")


@bp.post("/signin/link/<token>")
@policy(PUBLIC)
def submit_enter(token: str) -> Response:
    """The mailbox opens the account."""
    parse_form(NothingForm, request.form)
    with db.unit_of_work() as session:
        used = service.enter_by_link(session, token=token)
    return entry.let_in(used.account_id, used.next_path)


@bp.get("/password/reset/<token>")
@policy(PUBLIC)
def reset(token: str) -> Any:
    """Choose a new password."""
    return _link_page(TokenPurpose.RESET, token, "accounts/reset.html")


@bp.post("/password/reset/<token>")
@policy(PUBLIC)
def submit_reset(token: str) -> Any:
    """Set it, end every sign-in, and let its owner in with a fresh one."""
    account = _account_of(TokenPurpose.RESET, token)
    try:
        form = parse_form(NewPasswordForm, request.form)
        entry.check_new_password(form.password, email=account["email"], display_name=account["name"])
    except InvalidInput as error:
        return _secret(render_template("accounts/reset.html", **account, **_told(error)), error.http_status)
    password_hash = passwords.hash_password(form.password)
    with db.unit_of_work() as session:
        changed = service.reset_password(session, token=token, password_hash=password_hash)
        mails.send_password_changed(session, account=changed)
        account_id = changed.id
    return entry.let_in(account_id, "/")


def _link_page(purpose: TokenPurpose, token: str, template: str) -> Any:
    page = render_template(template, **_account_of(purpose, token), errors={}, problem="")
    return _secret(page)


def _account_of(purpose: TokenPurpose, token: str) -> dict[str, str]:
    session = web.read_session()
    found = find_token(session, purpose, token)
    require(found is not None, LinkUsedUp)
    assert found is not None
    account = get_account(session, found.account_id)
    web.close_read_session(None)  # The POST goes on to write; nothing may keep the old look.
    return {"name": account.display_name, "email": account.email}


def _secret(page: str, status: int = 200) -> tuple[str, int, dict[str, str]]:
    """The address holds a secret: no referrer, no copy in a cache."""
    return page, status, {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def next_path() -> str:
    """Where the visitor was going; this site only."""
    return web.local_path(request.values.get("next"), "/")


def entry_page(template: str, error: ShopError | None = None) -> Any:
    """Sign-in or sign-up with what waits, what was typed (never a password) and what is wrong."""
    if error is not None and web.wants_json():
        return web.error_answer(error)
    going_to = next_path()
    page = render_template(
        template,
        next=going_to if going_to != "/" else "",
        waiting=what_waits(web.read_session(), going_to),
        values={name: request.values.get(name, "")[:254] for name in ("email", "display_name")},
        **_told(error),
    )
    headers = {"Retry-After": str(int(error.data["retry_after"]) + 1)} if isinstance(error, RateLimited) else {}
    return page, error.http_status if error else 200, headers


def _told(error: ShopError | None) -> dict[str, Any]:
    """Sentences per field, and one for the whole form when no field is at fault."""
    fields = error.fields if isinstance(error, InvalidInput) else {}
    return {"errors": fields, "problem": error_text(error) if error is not None and not fields else ""}
