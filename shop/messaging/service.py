"""Writing, as other features know it: `threads`, `messages`, `groups` and `reports` hold one idea each."""

from __future__ import annotations

from shop.messaging.groups import (
    add_people,
    create_group,
    leave_group,
    remove_person,
    rename_group,
    set_admin,
)
from shop.messaging.messages import (
    NOTICE_KIND,
    QUIET,
    TELL_AFTER,
    append,
    card_changed,
    delete_message,
    edit_message,
    mark_read,
    react,
    redraw,
    send_automatic,
    send_message,
    show_typing,
)
from shop.messaging.reports import (
    REASONS,
    close_report,
    report_message,
)
from shop.messaging.threads import (
    accept_request,
    decline_request,
    mute_thread,
    open_brand_thread,
    open_direct,
)

__all__ = [
    "NOTICE_KIND",
    "QUIET",
    "REASONS",
    "TELL_AFTER",
    "accept_request",
    "add_people",
    "append",
    "card_changed",
    "close_report",
    "create_group",
    "decline_request",
    "delete_message",
    "edit_message",
    "leave_group",
    "mark_read",
    "mute_thread",
    "open_brand_thread",
    "open_direct",
    "react",
    "redraw",
    "remove_person",
    "rename_group",
    "report_message",
    "send_automatic",
    "send_message",
    "set_admin",
    "show_typing",
]
