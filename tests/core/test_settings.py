"""Impossible settings are refused at start, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from shop.core.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "many"}, "PORT"),
        ({"DEFAULT_CURRENCY": "KWD"}, "DEFAULT_CURRENCY"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"PUBLIC_URL": "shop.example"}, "PUBLIC_URL"),
        ({"SERVER_MODE": "asyncio"}, "SERVER_MODE"),
        ({"STRIPE_SECRET_KEY": "pk_test_1"}, "STRIPE_SECRET_KEY"),
        ({"STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_API_BASE": "http://127.0.0.1:9"}, "STRIPE_API_BASE"),
        (
            {"STRIPE_SECRET_KEY": "sk_test_1", "ENV": "production", "SECRET_KEY": "x", "DEMO_SHOW": "0"},
            "STRIPE_SECRET_KEY",
        ),
        (
            {"STRIPE_SECRET_KEY": "sk_live_1", "ENV": "production", "SECRET_KEY": "x", "DEMO_SHOW": "0"},
            "STRIPE_WEBHOOK_SECRET",
        ),
        ({"ENV": "production", "DEMO_SHOW": "0"}, "SECRET_KEY"),
        ({"ENV": "production", "SECRET_KEY": "x"}, "DEMO_SHOW"),
        ({"HOLD_MINUTES": "1"}, "HOLD_MINUTES"),
    ],
)
def test_refusal_names_the_setting(environment: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{named}: "):
        load_settings()


def test_unknown_name_in_the_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "vetrina.env"
    file.write_text("SITE_NAME=Bottega\nSITE_NAMME=Botega\n")
    monkeypatch.setenv("VETRINA_CONFIG", str(file))
    with pytest.raises(SettingsError, match="SITE_NAMME: there is no such setting"):
        load_settings()


def test_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "vetrina.env"
    file.write_text("SITE_NAME=Bottega\nPORT=8000\n")
    monkeypatch.setenv("VETRINA_CONFIG", str(file))
    monkeypatch.setenv("PORT", "9000")
    settings = load_settings()
    assert (settings.site_name, settings.port) == ("Bottega", 9000)


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = load_settings(), load_settings()
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) > 40
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
