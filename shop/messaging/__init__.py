"""Messages: between friends, in groups, and with brands."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Pages, socket commands, the notice of a new message, the cards of the shop itself."""
    from shop.core import templating
    from shop.core.i18n import N_
    from shop.core.notices import NoticeKind, register_kind
    from shop.messaging import ask, attach_views, cards, group_views, jobs, realtime, views  # noqa: F401  # commands and jobs register at import
    from shop.messaging.service import NOTICE_KIND

    for module in (views, group_views, attach_views, ask):
        app.register_blueprint(module.bp)
    cards.register_own()
    templating.slot(app, "unread_threads", views.unread_threads)
    register_kind(
        NoticeKind(
            name=NOTICE_KIND,
            label=N_("Messages"),
            title=N_("Message from %(who)s"),
            text="%(text)s",
            many=N_("%(count)s new messages from %(who)s"),
            icon="message-circle",
            by_mail=True,
            mail_delay_minutes=30,
        )
    )
