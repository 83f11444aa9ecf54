"""The sandbox as it really runs: gunicorn with gevent, configured by the environment."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import stripe

from tests.payments.sandbox.running import KEY, SECRET, Browser, Inbox, receiver, serve, session_params


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    box = Inbox()
    with serve(receiver(box)) as url:
        box.url = f"{url}/hook"
        yield box


@pytest.fixture
def address(tmp_path: Path, inbox: Inbox) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "SANDBOX_PUBLIC_URL": "http://shop.test/sandbox",
        "SANDBOX_WEBHOOK_URL": inbox.url,
        "STRIPE_WEBHOOK_SECRET": SECRET,
    }
    command = f"-m gunicorn -k gevent -w 1 --no-control-socket --log-level warning -b 127.0.0.1:{port}"
    target = "shop.payments.providers.stripe.sandbox.wsgi:app"
    process = subprocess.Popen([sys.executable, *command.split(), target], env=env)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{url}/healthz", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)
    raise AssertionError("the sandbox did not start")


def test_an_order_is_paid_and_told_by_the_real_process(address: str, inbox: Inbox) -> None:
    client = stripe.StripeClient(KEY, base_addresses={"api": address})
    session = client.v1.checkout.sessions.create(session_params())  # type: ignore[arg-type]
    assert Browser(address).pay(session.id).status_code == 303
    deadline = time.monotonic() + 10
    while len(inbox.bodies) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert inbox.types == ["payment_intent.succeeded", "checkout.session.completed"]
    assert inbox.verified(1).data.object.id == session.id


def test_a_lost_reply_closes_the_connection(address: str) -> None:
    requests.post(f"{address}/_control/faults", json={"kind": "lose_reply"}, timeout=5)
    client = stripe.StripeClient(KEY, base_addresses={"api": address}, max_network_retries=0)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(session_params())  # type: ignore[arg-type]
    assert len(client.v1.checkout.sessions.list().data) == 1


def test_a_slow_reply_does_not_hold_up_others(address: str) -> None:
    requests.post(
        f"{address}/_control/faults", json={"kind": "slow_reply", "seconds": 3, "match": "/v1/refunds"}, timeout=5
    )
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{address}/v1/refunds", headers={"Authorization": f"Bearer {KEY}"}, timeout=0.2)
    start = time.monotonic()
    assert requests.get(f"{address}/healthz", timeout=5).ok
    assert time.monotonic() - start < 2
