"""People and whom they know: follows, friends, blocks, circles, and who may see what of whom."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Pages, what people are told, and the questions that any page may ask."""
    from shop.core import templating, web
    from shop.core.i18n import N_
    from shop.core.notices import NoticeKind, register_kind
    from shop.social import service, settings_views, views
    from shop.social.queries import follows_brand
    from shop.social.watching import friends_watching

    def is_following(brand_id: str) -> bool:
        return follows_brand(web.read_session(), web.actor().account_id, brand_id)

    def watching_friends() -> list[object]:
        account_id = web.actor().account_id
        return [*friends_watching(web.read_session(), account_id)] if account_id else []

    app.register_blueprint(settings_views.bp)
    app.register_blueprint(views.bp)
    templating.slot(app, "is_following", is_following)
    templating.slot(app, "watching_friends", watching_friends)
    register_kind(
        NoticeKind(
            name=service.REQUEST_NOTICE,
            label=N_("Friend requests"),
            title=N_("%(name)s would like to be friends"),
            icon="user-plus",
        )
    )
    register_kind(
        NoticeKind(
            name=service.ACCEPTED_NOTICE,
            label=N_("Accepted requests"),
            title=N_("You and %(name)s are friends now"),
            icon="users",
        )
    )
