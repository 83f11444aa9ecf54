"""The outbox shows mail where none is sent, and does not exist elsewhere."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.core import db, jobs, mail
from tests.support.visitor import JSON


@pytest.fixture
def mail_id(app: Flask) -> str:
    with db.unit_of_work() as session:
        context = {"name": "<b>Ana</b>", "link": "http://localhost:5000/confirm/abc?x=1"}
        return mail.send_later(session, "account_confirm", to="ana@example.test", locale="en", **context)


def test_mail_is_shown_with_links_that_work_here(client: FlaskClient, mail_id: str) -> None:
    jobs.run_due_jobs()
    page = client.get("/outbox").text
    assert "ana@example.test" in page and "Confirm your address at Vetrina" in page
    assert '<a href="/confirm/abc?x=1">' in page
    assert "<b>Ana</b>" not in page


def test_html_of_a_mail_can_do_nothing(client: FlaskClient, mail_id: str) -> None:
    answer = client.get(f"/outbox/{mail_id}")
    assert "&lt;b&gt;Ana&lt;/b&gt;" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'") and "sandbox" in str(
        answer.headers
    )
    assert client.get("/outbox/mail_00000000000000000000000000", headers=JSON).status_code == 404


@pytest.mark.parametrize(
    "update", [{"env": "production"}, {"smtp_url": "smtp://mail.example"}], ids=["production", "mail is sent"]
)
def test_there_is_no_outbox(app: Flask, client: FlaskClient, mail_id: str, update: dict[str, str]) -> None:
    app.extensions["vetrina.settings"] = app.extensions["vetrina.settings"].model_copy(update=update)
    assert client.get("/outbox").status_code == 404
    assert client.get(f"/outbox/{mail_id}").status_code == 404
    assert 'href="/outbox' not in client.get("/check-mail").text


def test_the_styleguide_is_for_development(client: FlaskClient, app: Flask) -> None:
    assert client.get("/_styleguide").status_code == 200
    settings = app.extensions["vetrina.settings"]
    app.extensions["vetrina.settings"] = settings.model_copy(update={"env": "production"})
    assert client.get("/_styleguide").status_code == 404
