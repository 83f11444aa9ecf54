"""The hosted payment page and its neighbours: 3-D Secure, receipts, and the words for what cannot be paid."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, abort, redirect, request, send_from_directory
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from shop.payments.providers.stripe.sandbox import cards, checkout, paying
from shop.payments.providers.stripe.sandbox.frame import ROOT, draw, finish, origin_of, sandbox
from shop.payments.providers.stripe.sandbox.payform import PayForm, filled, typed
from shop.payments.providers.stripe.sandbox.store import Obj
from shop.payments.providers.stripe.sandbox.summary import Summary, summarise
from shop.payments.providers.stripe.sandbox.unit import Unit

bp = Blueprint("pages", __name__, url_prefix="/sandbox")
SHARED = ("vendor/css/", "vendor/fonts/", "css/pages/sandbox.css", "js/sandbox.js", "img/icon.svg")


@bp.after_request
def _finish(response: Response) -> Response:
    return finish(response)


@bp.errorhandler(RequestEntityTooLarge)
def _too_large(_problem: RequestEntityTooLarge) -> tuple[str, int]:
    return notice(None, "too_large_title", "check_hint"), 413


@bp.get("/static/<path:name>")
def static_file(name: str) -> Response:
    """The few files of the shop's look that these pages share, so that they also work on the sandbox's own port."""
    if not name.startswith(SHARED):
        abort(404)
    return send_from_directory(ROOT / "static", name, max_age=3600)


@bp.get("/pay/<ref>")
def pay_page(ref: str) -> str | tuple[str, int]:
    with sandbox().unit() as unit:
        session = _session(unit, ref)
        if session["status"] != "open":
            return closed(session)
        card = cards.known_card(request.args.get("card", ""))
        form = filled(session, card=card.spaced if card else "")
        code = _last_decline(unit, session) if request.args.get("declined") else None
        return _pay_form(unit, session, form, decline=code)


@bp.post("/pay/<ref>")
def pay(ref: str) -> BaseResponse | str | tuple[str, int]:
    """Try the card. A second click on a paid order goes on to the order, as the first one did."""
    with sandbox().unit() as unit:
        session = _session(unit, ref)
        if not sandbox().token_fits(f"pay:{ref}", request.form.get("token", "")):
            return notice(session, "stale_title", "stale_text", action=("reopen", f"/sandbox/pay/{ref}")), 403
        if session["status"] == "complete":
            return _to_shop(session["success_url"], session)
        if session["status"] != "open":
            return closed(session)
        form = typed(session, request.form)
        payer = form.payer(session, unit.now)
        if payer is None:
            return _pay_form(unit, session, form), 422
        outcome, session = checkout.attempt(unit, session, payer)
        if outcome is paying.Outcome.ASKS:
            return redirect(f"/sandbox/3ds/{session['payment_intent']}", 303)
        if outcome is paying.Outcome.PAID:
            return _to_shop(session["success_url"], session)
        return _pay_form(unit, session, form, decline=_last_decline(unit, session)), 402


@bp.get("/3ds/<ref>")
def bank_page(ref: str) -> BaseResponse | str | tuple[str, int]:
    with sandbox().unit() as unit:
        intent = _intent(unit, ref)
        session = _session_of(unit, intent)
        if intent["status"] != "requires_action":
            return _after_bank(intent, session)
        return draw(
            "three_d_secure.html",
            _locale(session),
            intent=intent,
            token=sandbox().form_token(f"3ds:{ref}"),
            form_targets=_targets(session) or [intent["next_action"]["redirect_to_url"]["return_url"]],
        )


@bp.post("/3ds/<ref>")
def answer_bank(ref: str) -> BaseResponse | str | tuple[str, int]:
    with sandbox().unit() as unit:
        intent = _intent(unit, ref)
        session = _session_of(unit, intent)
        if not sandbox().token_fits(f"3ds:{ref}", request.form.get("token", "")):
            return notice(session, "stale_title", "stale_text", action=("reopen", f"/sandbox/3ds/{ref}")), 403
        answer = request.form.get("answer")
        if answer not in {"complete", "fail"}:
            abort(400)
        return_url = (intent["next_action"] or {}).get("redirect_to_url", {}).get("return_url")
        if intent["status"] == "requires_action":
            agreed = answer == "complete"
            if session:
                session = checkout.answer_bank(unit, session, intent, agreed=agreed)
            else:
                paying.answer_bank(unit, intent, agreed=agreed)
            intent = _intent(unit, ref)
        return _after_bank(intent, session, return_url)


@bp.get("/receipts/<ref>")
def receipt(ref: str) -> str:
    with sandbox().unit() as unit:
        url = f"{sandbox().config.public_url}/receipts/{ref}"
        found = unit.tx.where("charge", "json_extract(body, '$.receipt_url') = ?", url)
        if not found:
            abort(404)
        return draw("receipt.html", None, charge=found[0])


def not_found_page() -> str:
    return notice(None, "missing_title", "missing_text")


def closed(session: Obj) -> str | tuple[str, int]:
    """A session that is paid or expired says so, and where to go from here."""
    if session["status"] == "complete":
        action = ("paid_action", _filled_in(session["success_url"], session))
        return notice(session, "paid_title", "paid_text", action=action)
    back = session["cancel_url"]
    return notice(session, "expired_title", "expired_text", action=("back", back) if back else None), 410


def notice(session: Obj | None, title: str, text: str, *, action: tuple[str, str] | None = None) -> str:
    return draw("notice.html", _locale(session), session=session, title=title, text=text, action=action)


def _pay_form(unit: Unit, session: Obj, form: PayForm, *, decline: str | None = None) -> str:
    summary: Summary = summarise(unit, session, rate=form.values.get("shipping_rate"))
    return draw(
        "pay.html",
        _locale(session),
        session=session,
        summary=summary,
        form=form,
        decline=decline,
        offered=cards.OFFERED,
        token=sandbox().form_token(f"pay:{session['id']}"),
        until=datetime.fromtimestamp(session["expires_at"], UTC),
        image_origins=summary.image_origins,
        form_targets=_targets(session),
    )


def _last_decline(unit: Unit, session: Obj) -> str | None:
    """The code of the latest refusal, as the page names it."""
    if not session["payment_intent"]:
        return None
    error: dict[str, Any] = unit.tx.load("payment_intent", session["payment_intent"])["last_payment_error"] or {}
    return error.get("decline_code") or error.get("code")


def _after_bank(
    intent: Obj, session: Obj | None, return_url: str | None = None
) -> BaseResponse | str | tuple[str, int]:
    if session and session["status"] == "complete":
        return _to_shop(session["success_url"], session)
    if session:
        return redirect(f"/sandbox/pay/{session['id']}?declined=1", 303)
    if return_url:
        mark = "&" if urlsplit(return_url).query else "?"
        status = "succeeded" if intent["status"] == "succeeded" else "failed"
        return redirect(f"{return_url}{mark}payment_intent={intent['id']}&redirect_status={status}", 303)
    return notice(None, "3ds_done_title", "3ds_done_text")


def _to_shop(url: str, session: Obj) -> BaseResponse:
    return redirect(_filled_in(url, session), 303)


def _filled_in(url: str, session: Obj) -> str:
    return url.replace("{CHECKOUT_SESSION_ID}", quote(session["id"], safe=""))


def _targets(session: Obj | None) -> list[str]:
    """Browsers also check where a form's answer redirects to, so the shop's addresses are named in the policy."""
    urls = [session["success_url"], session["cancel_url"]] if session else []
    return [origin_of(url) for url in urls if url]


def _locale(session: Obj | None) -> str | None:
    return session["locale"] if session else None


def _session(unit: Unit, ref: str) -> Obj:
    return unit.tx.find("checkout.session", ref) or abort(404)


def _intent(unit: Unit, ref: str) -> Obj:
    return unit.tx.find("payment_intent", ref) or abort(404)


def _session_of(unit: Unit, intent: Obj) -> Obj | None:
    ref = unit.tx.private(intent["id"]).get("session")
    return unit.tx.load("checkout.session", ref) if ref else None
