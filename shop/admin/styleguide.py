"""Every component in every state, for whoever works on the interface; does not exist in production."""

from __future__ import annotations

from flask import Blueprint, render_template

from shop.core import web
from shop.core.errors import NotFound, require
from shop.core.policy import PUBLIC, policy

bp = Blueprint("styleguide", __name__)


@bp.get("/_styleguide")
@policy(PUBLIC)
def show() -> str:
    """The components, in the theme that `?theme=` names."""
    require(web.settings().env != "production", NotFound)
    return render_template("styleguide/page.html")
