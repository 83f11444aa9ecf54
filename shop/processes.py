"""Everything under one roof: web, worker, live process, sandbox and the demo show, started and ended together."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass, field

import requests
from honcho.manager import Manager

from shop.core.settings import Settings

READY_SECONDS = 120


@dataclass(frozen=True)
class Process:
    """One program: its command line and what its environment adds."""

    name: str
    command: str
    env: dict[str, str] = field(default_factory=dict)


def gunicorn(target: str, bind: str, *, connections: int) -> str:
    """A gevent server; the control socket is off because two instances would share its path."""
    return (
        f"{sys.executable} -m gunicorn -k gevent -w 1 --worker-connections {connections} --backlog 4096 "
        f"--no-control-socket --graceful-timeout 3 --keep-alive 15 --log-level warning -b {bind} {target}"
    )


def plan(settings: Settings) -> list[Process]:
    """What runs for these settings, in the order of the log's colours."""
    live_port, sandbox_port = settings.live_address.rsplit(":", 1)[1], settings.sandbox_address.rsplit(":", 1)[1]
    found = [
        Process(
            "web", gunicorn("wsgi:app", f"{settings.host}:{settings.port}", connections=settings.worker_connections)
        ),
        Process("worker", f"{sys.executable} -m shop worker"),
        Process(
            "live",
            gunicorn("livestream.video.providers.embedded.process:app", f"127.0.0.1:{live_port}", connections=5000),
            {"LIVE_CALLBACK_URL": f"http://127.0.0.1:{settings.port}/hooks/live"},
        ),
    ]
    if settings.uses_sandbox:
        found.append(_sandbox(settings, sandbox_port))
    if settings.demo and settings.demo_show:
        found.append(Process("demo", f"{sys.executable} -m demo.show"))
    return found


def _sandbox(settings: Settings, port: str) -> Process:
    from shop.payments.providers.stripe.secrets import sandbox_webhook_secret

    return Process(
        "sandbox",
        gunicorn("shop.payments.providers.stripe.sandbox.wsgi:app", f"127.0.0.1:{port}", connections=200),
        {
            "SANDBOX_PUBLIC_URL": f"{settings.base_url}/sandbox",
            "SANDBOX_WEBHOOK_URL": f"http://127.0.0.1:{settings.port}/stripe/account",
            "STRIPE_WEBHOOK_SECRET": sandbox_webhook_secret(settings),
        },
    )


def run_all(settings: Settings) -> int:
    """Start everything and wait; Ctrl-C ends everything. Returns the exit code."""
    manager = Manager()
    # Each part reads the same settings; what this process resolved (secret key, paths) is passed on.
    shared = {
        **os.environ,
        "PORT": str(settings.port),
        "DATA_DIR": str(settings.data_dir.absolute()),
        "SECRET_KEY": settings.secret_key,
        "PYTHONUNBUFFERED": "1",
    }
    for process in plan(settings):
        manager.add_process(process.name, process.command, quiet=False, env={**shared, **process.env})
    threading.Thread(target=_announce, args=(settings,), daemon=True).start()
    manager.loop()
    return int(manager.returncode or 0)


def _announce(settings: Settings) -> None:
    """Print the address once every part answers."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(f"http://127.0.0.1:{settings.port}/readyz", timeout=2).status_code == 200:
                sys.stdout.write(welcome(settings))
                sys.stdout.flush()
                return
        except requests.RequestException:
            pass  # Not up yet; the loop asks again until the deadline.
        time.sleep(0.15)
    sys.stdout.write("Still not ready after two minutes; the log above says which part is missing.\n")


def welcome(settings: Settings) -> str:
    """Address, logins, and how to become the host."""
    lines = ["", f"  {settings.site_name} is open:  {settings.base_url}", ""]
    if settings.demo:
        lines += [
            "  Demo logins, all with password  vetrina-demo",
            "    shopper    giulia@vetrina.example   (also marco@ sara@ anna@ luca@)",
            "    host       davide@passo.example     owner      marta@passo.example",
            "    moderator  mia@passo.example        support    ugo@passo.example",
            "    operator   admin@vetrina.example",
            "",
            f"  Be the host yourself:  sign in as marta@passo.example, then {settings.base_url}/dashboard",
        ]
    if settings.uses_sandbox:
        lines.append("  Payments go to the sandbox: card 4242 4242 4242 4242, no real money.")
    return "\n".join([*lines, "", "  Ctrl-C ends everything; data stays.", ""]) + "\n"
