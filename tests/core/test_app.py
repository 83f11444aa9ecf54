"""The app starts, answers and refuses well."""

from __future__ import annotations

from flask.testing import FlaskClient


def test_alive(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"ok": True}


def test_unknown_page_is_told_in_the_shared_vocabulary(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == "not_found"


def test_metrics_do_not_exist_without_a_token(client: FlaskClient) -> None:
    assert client.get("/metrics", headers={"Accept": "application/json"}).status_code == 404
