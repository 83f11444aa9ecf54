"""Keys and secrets of the connection to Stripe or the sandbox."""

from __future__ import annotations

from shop.core import ids
from shop.core.settings import Settings

SANDBOX_KEY = "sk_test_sandbox"


def api_key(settings: Settings) -> str:
    return settings.stripe_secret_key or SANDBOX_KEY


def sandbox_webhook_secret(settings: Settings) -> str:
    """What the sandbox signs with; both sides derive it from the shop's own key."""
    return "whsec_" + ids.sign(settings.secret_key, "sandbox-webhook", "v1")


def webhook_secrets(settings: Settings) -> tuple[str, ...]:
    """All secrets that may have signed an event: two during a rotation."""
    if settings.uses_sandbox:
        return (sandbox_webhook_secret(settings),)
    return tuple(secret.strip() for secret in settings.stripe_webhook_secret.split(",") if secret.strip())


def expects_live(settings: Settings) -> bool:
    return api_key(settings).startswith(("sk_live_", "rk_live_"))
