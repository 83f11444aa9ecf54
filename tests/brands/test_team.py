"""Teams: who may change them, and that somebody always owns the brand."""

from __future__ import annotations

import re
import threading

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.brands import service
from shop.brands.actors import load_for_socket
from shop.brands.errors import AlreadyMember, InvitationClosed, InvitationForAnother, LastOwner
from shop.brands.events import MemberChanged
from shop.brands.models import BrandMember
from shop.brands.queries import list_brands, list_invitations, list_members
from shop.core import channel, clock, db, events
from shop.core.actor import Actor, Role
from shop.core.errors import InvalidInput, NotAllowed, NotFound, ShopError
from shop.core.mail import Mail
from shop.core.realtime import Identity
from tests.factories.cast import Cast, make_actor
from tests.support.recording import Recorder
from tests.support.visitor import Visitor


def role_of(brand_id: str, account_id: str | None) -> Role | None:
    with db.reading() as session:
        wanted = (BrandMember.brand_id == brand_id, BrandMember.account_id == account_id)
        found = session.scalar(select(BrandMember.role).where(*wanted))
        return Role(found) if found else None


def link_in_last_mail() -> str:
    with db.reading() as session:
        text = session.scalars(select(Mail.text).order_by(Mail.id.desc())).first() or ""
    found = re.search(r"http://localhost:5000(/\S+)", text)
    assert found is not None
    return found.group(1)


def test_founder_owns_the_brand(cast: Cast, sent: Recorder) -> None:
    with db.unit_of_work() as session:
        brand = service.found_brand(session, actor=cast.ana, name="Mare Nostro", city="Bari", country="IT", about={})
        assert (brand.slug, brand.name_key) == ("mare-nostro", "marenostro")
    assert role_of(brand.id, cast.ana.account_id) == Role.OWNER
    with db.reading() as session:
        assert [row.name for row in list_brands(session)] == ["Brand A", "Brand B", "Mare Nostro"]


def test_unconfirmed_people_open_no_brand(cast: Cast) -> None:
    with db.unit_of_work() as session:
        for actor in (cast.guest, Actor(account_id=cast.ana.account_id, email_confirmed=False)):
            with pytest.raises(NotAllowed):
                service.found_brand(session, actor=actor, name="Mare", city="", country="IT", about={})
        assert len(list_brands(session)) == 2


@pytest.mark.parametrize(
    ("field", "value"), [("slug", "Mare"), ("slug", "-a"), ("slug", "../x"), ("country", "Italia"), ("accent", "red")]
)
def test_impossible_brands_are_refused(cast: Cast, field: str, value: str) -> None:
    good = {"slug": "mare", "name": "Mare", "city": "Bari", "country": "IT", "accent": "#112233", "about": {}}
    with db.unit_of_work() as session:
        with pytest.raises(InvalidInput) as refusal:
            service.create_brand(session, owner_id=cast.ana.account_id or "", **{**good, field: value})  # type: ignore[arg-type]
        assert field in refusal.value.fields
        assert len(list_brands(session)) == 2


@pytest.mark.parametrize("who", ["guest", "ana", "pia", "ben", "mia", "ugo", "zed", "root"])
def test_only_owners_change_the_team(cast: Cast, sent: Recorder, who: str) -> None:
    actor: Actor = getattr(cast, who)
    a, mia = cast.brand_a.id, cast.mia.account_id or ""
    with db.unit_of_work() as session:
        for refused in (
            lambda: service.add_member(session, actor=actor, brand_id=a, email=cast.sam.email, role=Role.HOST),
            lambda: service.invite(session, actor=actor, brand_id=a, email="x@example.test", role=Role.OWNER),
            lambda: service.change_role(session, actor=actor, brand_id=a, account_id=mia, role=Role.OWNER),
        ):
            with pytest.raises(NotAllowed):
                refused()
        if who != "mia":
            with pytest.raises(NotAllowed):
                service.remove_member(session, actor=actor, brand_id=a, account_id=mia)
        assert list_invitations(session, a) == []
    assert role_of(a, mia) == Role.MODERATOR
    assert sent == [] and sent.closed == []


def test_losing_a_role_closes_the_sockets_and_is_told(cast: Cast, sent: Recorder) -> None:
    heard: list[MemberChanged] = []
    events.subscribe(MemberChanged, heard.append)
    mia = cast.mia.account_id or ""
    with db.unit_of_work() as session:
        service.remove_member(session, actor=cast.olga, brand_id=cast.brand_a.id, account_id=mia)
        assert sent.closed == []  # Only after commit.
    assert sent.closed == [channel.user(mia)]
    assert heard == [MemberChanged(brand_id=cast.brand_a.id, account_id=mia, role=None)]


def test_next_command_of_an_open_socket_sees_the_new_role(cast: Cast, visitor: Visitor, sent: Recorder) -> None:
    visitor.sign_in(cast.mia)
    who = Identity(sid="s", session_hash=_hash(visitor), guest_key=None, address="local", locale="en")
    with db.reading() as session:
        assert load_for_socket(session, who).role_in(cast.brand_a.id) == Role.MODERATOR
    with db.unit_of_work() as session:
        mia = cast.mia.account_id or ""
        service.change_role(session, actor=cast.olga, brand_id=cast.brand_a.id, account_id=mia, role=Role.SUPPORT)
    with db.reading() as session:
        assert load_for_socket(session, who).role_in(cast.brand_a.id) == Role.SUPPORT


def _hash(visitor: Visitor) -> str:
    from shop.core import ids

    return ids.token_hash(visitor.token or "")


def test_stale_owner_is_refused_under_the_lock(cast: Cast, sent: Recorder) -> None:
    """Olga's page was loaded while she owned the brand; meanwhile she became a host."""
    a = cast.brand_a.id
    with db.unit_of_work() as session:
        pia = cast.pia.account_id or ""
        service.change_role(session, actor=cast.olga, brand_id=a, account_id=pia, role=Role.OWNER)
        service.change_role(session, actor=cast.olga, brand_id=a, account_id=cast.olga.account_id or "", role=Role.HOST)
    with db.unit_of_work() as session, pytest.raises(NotAllowed):
        service.invite(session, actor=cast.olga, brand_id=a, email="x@example.test", role=Role.OWNER)


def test_last_owner_stays(cast: Cast, sent: Recorder) -> None:
    olga = cast.olga.account_id or ""
    with db.unit_of_work() as session:
        with pytest.raises(LastOwner):
            service.remove_member(session, actor=cast.olga, brand_id=cast.brand_a.id, account_id=olga)
        with pytest.raises(LastOwner):
            service.change_role(session, actor=cast.olga, brand_id=cast.brand_a.id, account_id=olga, role=Role.PRODUCER)
    assert role_of(cast.brand_a.id, olga) == Role.OWNER
    assert sent.closed == []


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_two_owners_who_leave_at_once_leave_one(app: Flask, cast: Cast, sent: Recorder) -> None:
    with db.unit_of_work() as session:
        second = make_actor(session, "Otto", brand=cast.brand_a, role=Role.OWNER)
    start, problems = threading.Barrier(2), []

    def leave(actor: Actor) -> None:
        start.wait()
        try:
            with app.app_context(), db.unit_of_work() as session:
                account_id = actor.account_id or ""
                service.remove_member(session, actor=actor, brand_id=cast.brand_a.id, account_id=account_id)
        except ShopError as problem:
            problems.append(problem.code)

    threads = [threading.Thread(target=leave, args=(actor,)) for actor in (cast.olga, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == ["last_owner"]
    with db.reading() as session:
        owners = select(func.count()).where(BrandMember.brand_id == cast.brand_a.id, BrandMember.role == Role.OWNER)
        assert session.scalar(owners) == 1


def test_members_of_another_brand_are_out_of_reach(cast: Cast, sent: Recorder) -> None:
    with db.unit_of_work() as session:
        zed = cast.zed.account_id or ""
        with pytest.raises(NotFound):
            service.remove_member(session, actor=cast.olga, brand_id=cast.brand_a.id, account_id=zed)
        with pytest.raises(NotAllowed):
            service.remove_member(session, actor=cast.olga, brand_id=cast.brand_b.id, account_id=zed)
    assert role_of(cast.brand_b.id, zed) == Role.OWNER


def test_invitation_from_mail_to_membership(cast: Cast, visitor: Visitor, sent: Recorder) -> None:
    visitor.sign_in(cast.olga)
    answer = visitor.post("/dashboard/brand-a/team/invitations", email=cast.sam.email.upper(), role="host")
    assert answer.status_code == 303
    page = visitor.get("/dashboard/brand-a/team").text
    assert cast.sam.email in page and "Waiting, 7 days left" in page
    link = link_in_last_mail()
    visitor.sign_in(cast.ana)
    assert visitor.post(link).status_code == 403
    assert role_of(cast.brand_a.id, cast.ana.account_id) is None
    visitor.sign_in(cast.sam)
    assert visitor.get(link).status_code == 200
    assert visitor.post(link).location == "/dashboard/brand-a"
    assert role_of(cast.brand_a.id, cast.sam.account_id) == Role.HOST
    assert visitor.post(link).status_code == 410


def test_invitations_grow_old_and_are_replaced(cast: Cast, session: Session, frozen: object) -> None:
    a = cast.brand_a.id
    first, old = service.invite(session, actor=cast.olga, brand_id=a, email=cast.sam.email, role=Role.HOST)
    _, new = service.invite_again(session, actor=cast.olga, brand_id=a, invitation_id=first.id)
    with pytest.raises(InvitationClosed):
        service.accept_invitation(session, actor=cast.sam, token=old)
    with pytest.raises(InvitationForAnother):
        service.accept_invitation(session, actor=cast.ana, token=new)
    assert len(list_invitations(session, a)) == 1
    clock.move(service.INVITATION_LIFETIME)
    with pytest.raises(InvitationClosed):
        service.accept_invitation(session, actor=cast.sam, token=new)
    assert list_invitations(session, a) == []


def test_members_are_not_invited_again(cast: Cast, session: Session) -> None:
    with pytest.raises(AlreadyMember):
        service.invite(session, actor=cast.olga, brand_id=cast.brand_a.id, email=cast.ben.email, role=Role.OWNER)


def test_team_page_shows_people_and_rights(cast: Cast, visitor: Visitor) -> None:
    page = visitor.sign_in(cast.olga).get("/dashboard/brand-a/team").text
    for name in ("Olga", "Pia", "Ben", "Mia", "Ugo"):
        assert f">{name}</b>" in page
    assert "Zed" not in page
    assert "Go live, pin, change a live price" in page
    with db.reading() as session:
        assert [view.role for view in list_members(session, cast.brand_a.id)] == list(Role)


def test_role_change_by_form(cast: Cast, visitor: Visitor, sent: Recorder) -> None:
    visitor.sign_in(cast.olga)
    base = f"/dashboard/brand-a/team/members/{cast.ben.account_id}"
    assert visitor.post(f"{base}/role", role="moderator").status_code == 303
    assert role_of(cast.brand_a.id, cast.ben.account_id) == Role.MODERATOR
    assert visitor.post(f"{base}/role", role="emperor").status_code == 422
    assert visitor.post(f"{base}/remove").status_code == 303
    assert role_of(cast.brand_a.id, cast.ben.account_id) is None
    assert visitor.post(f"/dashboard/brand-a/team/members/{cast.olga.account_id}/remove").status_code == 409


@pytest.mark.parametrize("fields", [{"email": "x", "role": "host"}, {"email": "x@example.test"}, {"email": "x@example.test", "role": "host", "more": "1"}])  # fmt: skip
def test_bad_invitations_are_shown_again(cast: Cast, visitor: Visitor, sent: Recorder, fields: dict[str, str]) -> None:
    visitor.sign_in(cast.olga)
    assert visitor.post("/dashboard/brand-a/team/invitations", **fields).status_code == 422
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Mail)) == 0
        assert session.scalar(select(func.count()).select_from(Account)) == 9


def test_open_a_brand_by_form(cast: Cast, visitor: Visitor, sent: Recorder) -> None:
    visitor.sign_in(cast.sam)
    refused = visitor.post("/brands/new", name="Brаnd A", city="", country="IT", about="")  # Cyrillic а
    assert refused.status_code == 422
    made = visitor.post("/brands/new", name="Filo & Lana", city="Biella", country="IT", about="Wool from Biella.")
    assert made.location == "/dashboard/filo-lana"
    assert visitor.get("/dashboard/filo-lana/team").status_code == 200
