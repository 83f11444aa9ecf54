"""A shop with a till."""

from tests.checkout.conftest import stopped, till

__all__ = ["stopped", "till"]
