"""All tables, for migrations and tests: importing this module fills `Base.metadata`."""

from importlib import import_module

from shop.core.db import Base

# Named, not imported, so that the core depends on no feature.
MODULES = (
    "shop.core.jobs",
    "shop.core.mail",
    "shop.accounts.models",
    "shop.brands.models",
    "shop.social.models",
    "shop.media.models",
    "shop.catalog.models",
    "shop.inventory.models",
    "shop.shipping.models",
    "shop.cart.models",
    "shop.orders.models",
    "shop.payments.models",
    "shop.messaging.models",
    "shop.offers.models",
    "shop.notifications.models",
    "livestream.rooms.models",
    "livestream.video.models",
    "livestream.pins.models",
    "livestream.chat.models",
    "livestream.claims.models",
    "livestream.engagement.models",
    "livestream.questions.models",
    "livestream.reminders.models",
    "livestream.clips.models",
)

for _module in MODULES:
    import_module(_module)

metadata = Base.metadata
