"""All settings in one typed place.

They come from the environment and, below it, from an optional file named by `VETRINA_CONFIG` (`KEY=value` lines).
Unknown names in that file and impossible values are refused at start, with the setting's name
(`docs/reference/settings.md` lists them; a test keeps both in step).
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

STRIPE_API = "https://api.stripe.com"


class SettingsError(Exception):
    """A setting is unknown or impossible; the message names it and is meant for the operator."""


class Settings(BaseSettings):
    """Every setting, its type, its default and one line that says what it does."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_ignore_empty=True)

    # The shop itself.
    site_name: Annotated[
        str, Field(min_length=1, max_length=60, description="Name shown in the wordmark and in mail.")
    ] = "Vetrina"
    env: Annotated[
        Literal["development", "production", "test"], Field(description="development, production or test.")
    ] = "development"
    data_dir: Annotated[Path, Field(description="Where files live: database, media, video, queue.")] = Path(".data")
    port: Annotated[int, Field(ge=1, le=65535, description="The one port that serves everything.")] = 5000
    host: Annotated[str, Field(description="Address to listen on; 0.0.0.0 lets a phone on the same network in.")] = (
        "0.0.0.0"
    )
    public_url: Annotated[
        str, Field(description="Absolute address used in mail and payment links; empty: http://localhost:PORT.")
    ] = ""
    allowed_hosts: Annotated[str, Field(description="Comma-separated host names that may be asked for; * for any.")] = (
        "*"
    )
    secret_key: Annotated[
        str, Field(description="Signs cookies, links and live tokens. Made and kept in DATA_DIR when empty.")
    ] = ""
    trusted_proxies: Annotated[
        int, Field(ge=0, le=5, description="How many proxies in front set X-Forwarded headers.")
    ] = 0
    default_locale: Annotated[
        Literal["en", "it"], Field(description="Language for a visitor whose browser asks for neither.")
    ] = "en"
    default_timezone: Annotated[str, Field(description="Zone of times shown before the browser said its own.")] = (
        "Europe/Rome"
    )
    default_currency: Annotated[
        Literal["EUR", "USD", "GBP", "JPY"], Field(description="Currency of prices shown to visitors.")
    ] = "EUR"

    # Server, database, queue.
    server_mode: Annotated[
        Literal["gevent", "threading", "eventlet"], Field(description="How the web process runs (ADR 0002).")
    ] = "gevent"
    worker_connections: Annotated[int, Field(ge=100, le=100_000, description="Viewers per worker.")] = 20_000
    room_tick_ms: Annotated[
        int,
        Field(ge=0, le=250, description="How long chat and hearts of a room wait to be sent together; 0: not at all."),
    ] = 50
    database_url: Annotated[str, Field(description="SQLAlchemy address; empty: SQLite in DATA_DIR.")] = ""
    database_pool_size: Annotated[int, Field(ge=1, le=100, description="PostgreSQL connections per process.")] = 16
    redis_url: Annotated[str, Field(description="Queue and rate limits in Redis; empty: SQLite file and memory.")] = ""

    # Payments.
    stripe_secret_key: Annotated[
        str, Field(description="Stripe secret key; empty: the sandbox that ships with Vetrina.")
    ] = ""
    stripe_webhook_secret: Annotated[
        str, Field(description="Webhook signing secrets, comma-separated during rotation.")
    ] = ""
    stripe_api_base: Annotated[
        str, Field(description="Address of the Stripe API; empty: Stripe, or the sandbox without a key.")
    ] = ""
    sandbox_port: Annotated[
        int, Field(ge=0, le=65535, description="Port of the sandbox process on loopback; 0: PORT + 2.")
    ] = 0
    hold_minutes: Annotated[int, Field(ge=5, le=25, description="How long stock is held for a checkout.")] = 10

    # Live video.
    live_port: Annotated[
        int, Field(ge=0, le=65535, description="Port of the live process on loopback; 0: PORT + 1.")
    ] = 0
    live_engine: Annotated[Literal["embedded"], Field(description="Which video engine serves streams.")] = "embedded"

    # Mail.
    smtp_url: Annotated[
        str, Field(description="smtp://user:password@host:port or smtps://…; empty: the outbox page.")
    ] = ""
    mail_from: Annotated[str, Field(description="Sender of all mail.")] = "Vetrina <shop@vetrina.example>"

    # Operations and demo.
    metrics_token: Annotated[str, Field(description="Bearer token for /metrics; empty: /metrics is off.")] = ""
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="Least severe log line written.")
    ] = "info"
    log_format: Annotated[Literal["console", "json"], Field(description="Logs for people or for machines.")] = "console"
    demo: Annotated[bool, Field(description="Seed the demo catalogue and people on first start.")] = True
    demo_show: Annotated[bool, Field(description="Put two demo streams with simulated shoppers on air.")] = True
    rate_limits: Annotated[bool, Field(description="Limits per account and address; only tests switch them off.")] = (
        True
    )

    @field_validator("public_url", "stripe_api_base")
    @classmethod
    def check_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def check_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://")):
            raise ValueError("must be sqlite:/// or postgresql://")
        return value.replace("postgresql://", "postgresql+psycopg://", 1)

    @model_validator(mode="after")
    def check_together(self) -> Settings:
        self._check_stripe()
        if self.env == "production" and not self.secret_key:
            raise ValueError("SECRET_KEY: must be set in production")
        if self.env == "production" and self.demo_show:
            raise ValueError("DEMO_SHOW: simulated shoppers never run in production; set DEMO_SHOW=0")
        return self

    def _check_stripe(self) -> None:
        """Money goes where the key says, or nowhere (PAYMENTS decision 8)."""
        key = self.stripe_secret_key
        if key and not key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
            raise ValueError("STRIPE_SECRET_KEY: must start with sk_test_ or sk_live_")
        live = key.startswith(("sk_live_", "rk_live_"))
        if live and self.stripe_api_base not in {"", STRIPE_API}:
            raise ValueError("STRIPE_API_BASE: a live key is only ever sent to Stripe's own address")
        if key and not live and self.env == "production":
            raise ValueError("STRIPE_SECRET_KEY: a test key cannot take money in production")
        if key and not self.stripe_webhook_secret and self.env == "production":
            raise ValueError("STRIPE_WEBHOOK_SECRET: must be set together with STRIPE_SECRET_KEY")

    @property
    def uses_sandbox(self) -> bool:
        return not self.stripe_secret_key

    @property
    def uses_sqlite(self) -> bool:
        return not self.database_url or self.database_url.startswith("sqlite")

    @property
    def database_address(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'vetrina.db').absolute()}"

    @property
    def base_url(self) -> str:
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def live_address(self) -> str:
        return f"http://127.0.0.1:{self.live_port or self.port + 1}"

    @property
    def sandbox_address(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port or self.port + 2}"

    @property
    def cookies_secure(self) -> bool:
        return self.base_url.startswith("https://")


def load_settings(**overrides: object) -> Settings:
    """Read file and environment, fill the secret key, make DATA_DIR; raises SettingsError with a plain sentence."""
    file = os.environ.get("VETRINA_CONFIG")
    if file and not Path(file).is_file():
        raise SettingsError(f"VETRINA_CONFIG: there is no file {file}")
    try:
        settings = Settings(_env_file=file, **overrides)  # type: ignore[call-arg, arg-type]  # pydantic-settings takes both at run time
    except ValidationError as problem:
        raise SettingsError("\n".join(_sentence(error) for error in problem.errors())) from None
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not settings.secret_key:
        settings = settings.model_copy(update={"secret_key": _kept_secret(settings.data_dir / "secret_key")})
    return settings


def _sentence(error: object) -> str:
    assert isinstance(error, dict)
    name = ".".join(str(part) for part in error["loc"]).upper()
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "there is no such setting"
    return f"{name}: {message}" if name else message


def _kept_secret(path: Path) -> str:
    """A secret made once and kept readable by its owner only, so that sessions survive a restart."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
