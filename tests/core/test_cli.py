"""Commands answer in plain sentences."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from shop import cli
from shop.core import db, jobs
from shop.core.settings import Settings


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DEMO_SHOW", "0")
    return CliRunner()


def test_an_impossible_setting_is_a_sentence(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLD_MINUTES", "1")
    answer = runner.invoke(cli.main, ["verify"])
    assert answer.exit_code == 2
    assert answer.output.startswith("Vetrina cannot start. HOLD_MINUTES: ")
    assert "Traceback" not in answer.output


def test_a_taken_port_is_a_sentence(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("HOST", "127.0.0.1")
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        answer = runner.invoke(cli.main, ["run"])
    assert answer.exit_code == 2
    assert "is taken by another program" in answer.output


def test_verify_names_the_row_at_fault(runner: CliRunner, tmp_path: Path) -> None:
    try:
        assert runner.invoke(cli.main, ["migrate"]).exit_code == 0
        clean = runner.invoke(cli.main, ["verify"])
        assert clean.exit_code == 0
        assert clean.output.endswith("0 faults.\n")
        with db.unit_of_work() as session:
            session.execute(
                sa.text(
                    "INSERT INTO orders (id, number, locale, state, currency, items_amount, shipping_amount, total_amount,"
                    " email, ship_to, ship_name, card, country_group, return_path, needs_attention, intent_key, created_at)"
                    " VALUES ('0192f0c3000070008000000000000001', 7, 'en', 'paid', 'EUR', 100, 0, 100, '', '{}', '', '',"
                    " 'home', '/', '', 'k', '2026-11-24')"
                )
            )
        broken = runner.invoke(cli.main, ["verify"])
        assert broken.exit_code == 1
        assert "orders." in broken.output or "payments." in broken.output
    finally:
        jobs.use_nudge(None)
