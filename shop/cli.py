"""The commands an operator has: run, worker, migrate, seed, verify (`docs/reference/commands.md`)."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import click

from shop.core.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from flask import Flask


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Vetrina: the open home of live social commerce."""


def settings_or_exit() -> Settings:
    """Settings, or one plain sentence and exit code 2."""
    try:
        return load_settings()
    except SettingsError as problem:
        click.echo(f"Vetrina cannot start. {problem}", err=True)
        sys.exit(2)


def make_app(settings: Settings) -> Flask:
    """The shop without sockets, for commands; imported late because it takes a second."""
    from shop.app import create_app

    return create_app(settings, serves_sockets=False)


@main.command()
def run() -> None:
    """Migrate, seed once, start everything, print the address."""
    settings = settings_or_exit()
    _check_port(settings)
    from shop import processes

    if not _is_prepared(settings):
        _prepare(make_app(settings), settings)
    sys.exit(processes.run_all(settings))


def _is_prepared(settings: Settings) -> bool:
    """Is there nothing to migrate and nothing to seed? Asked without building the app, so that a second start is quick."""
    from sqlalchemy import text

    from shop.core import migrate
    from shop.core.db import Database

    database = Database(settings.database_address)
    try:
        if not migrate.is_current(database):
            return False
        with database.engine.connect() as connection:
            return not settings.demo or connection.execute(text("SELECT 1 FROM brands")).first() is not None
    finally:
        database.dispose()


def _check_port(settings: Settings) -> None:
    for port, name in ((settings.port, "PORT"), (_port(settings.live_address), "LIVE_PORT")):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host if name == "PORT" else "127.0.0.1", port))
            except OSError:
                click.echo(
                    f"Port {port} is taken by another program. Choose another one: {name}=8000 make run", err=True
                )
                sys.exit(2)


def _port(address: str) -> int:
    return int(address.rsplit(":", 1)[1])


def _prepare(app: Flask, settings: Settings) -> None:
    from shop.core import migrate

    migrate.upgrade(app.extensions["vetrina.db"], settings.database_address)
    if settings.demo:
        _seed(app)


def _seed(app: Flask) -> bool:
    # The demo is content, not code of the shop: it is loaded only when it is asked for.
    from importlib import import_module

    from shop.core import events

    # Nobody listens yet: the shop is being filled.
    events.use_broadcaster(events.NoBroadcaster())
    with app.app_context():
        return bool(import_module("demo.seed").seed_once(app))


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    settings = settings_or_exit()
    from shop.core import migrate as migration

    app = make_app(settings)
    migration.upgrade(app.extensions["vetrina.db"], settings.database_address)
    click.echo("The database is up to date.")


@main.command()
def seed() -> None:
    """Fill an empty shop with the demo catalogue, people and streams."""
    app = make_app(settings_or_exit())
    click.echo("The demo is there." if _seed(app) else "The shop is not empty; nothing was changed.")


@main.command()
def worker() -> None:
    """Run jobs until stopped."""
    settings = settings_or_exit()
    app = make_app(settings)
    # Fine-grained polling: an order should turn paid within a blink of its webhook.
    consumer = app.extensions["vetrina.huey"].create_consumer(
        workers=2, periodic=True, initial_delay=0.05, backoff=1.1, max_delay=0.5, check_worker_health=True
    )
    from shop.core import jobs

    with app.app_context():
        jobs.run_due_jobs()
    consumer.run()


@main.command()
def verify() -> None:
    """Check every invariant of stock, orders and money; exit 1 and name the rows at fault if one is broken."""
    app = make_app(settings_or_exit())
    from shop.core import db
    from shop.core.verify import INVARIANTS, check_all

    with app.app_context(), db.reading() as session:
        findings = check_all(session)
    for finding in findings:
        click.echo(f"{finding.invariant}: {finding.fault}", err=True)
    click.echo(f"{len(INVARIANTS)} invariants checked, {len(findings)} faults.")
    sys.exit(1 if findings else 0)


@main.command("reset-demo")
@click.confirmation_option(prompt="This deletes the demo shop's whole DATA_DIR. Go on?")
def reset_demo() -> None:
    """Delete the data of a development shop, so that the next start seeds it anew."""
    import shutil

    settings = settings_or_exit()
    if settings.env == "production" or not settings.uses_sqlite:
        click.echo("Only a development shop on SQLite can be reset.", err=True)
        sys.exit(2)
    shutil.rmtree(settings.data_dir)
    click.echo("Gone. The next start makes a new one.")
