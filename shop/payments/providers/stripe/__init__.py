"""Stripe: the real provider. Its sandbox and its contract live beside it."""
