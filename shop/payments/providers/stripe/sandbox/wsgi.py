"""The sandbox's process: `gunicorn -k gevent -w 1 shop.payments.providers.stripe.sandbox.wsgi:app`.

Configured by the environment: SANDBOX_PUBLIC_URL, SANDBOX_WEBHOOK_URL, STRIPE_WEBHOOK_SECRET, DATA_DIR,
SITE_NAME, SANDBOX_CONTROL_TOKEN, SANDBOX_DASHBOARD_OPEN.
"""

from __future__ import annotations

import os

from shop.payments.providers.stripe.sandbox.app import create_sandbox

app = create_sandbox(
    os.environ.get("DATA_DIR", ".data"),
    public_url=os.environ.get("SANDBOX_PUBLIC_URL", "http://localhost:5000/sandbox"),
    webhook_url=os.environ.get("SANDBOX_WEBHOOK_URL", ""),
    webhook_secret=os.environ.get("STRIPE_WEBHOOK_SECRET", ""),
    merchant=os.environ.get("SITE_NAME", "Vetrina"),
    control_token=os.environ.get("SANDBOX_CONTROL_TOKEN", ""),
    dashboard_open=os.environ.get("SANDBOX_DASHBOARD_OPEN", "") == "1",
)
