"""Names of channels (Socket.IO rooms). Only the server puts a socket into one."""

from __future__ import annotations


def room(room_id: str) -> str:
    """Everybody who watches a live room."""
    return f"room:{room_id}"


def crew(room_id: str) -> str:
    """The brand's people in a live room: studio, moderators."""
    return f"crew:{room_id}"


def user(account_id: str) -> str:
    """All sockets of one person."""
    return f"user:{account_id}"


def session(session_id: str) -> str:
    """All sockets of one sign-in."""
    return f"session:{session_id}"


def order(order_id: str) -> str:
    """Whoever may see one order, guests with the signed link included."""
    return f"order:{order_id}"


def home() -> str:
    """Everybody on the home page."""
    return "home"


def thread(thread_id: str) -> str:
    """Everybody who may read one conversation."""
    return f"thread:{thread_id}"


def inbox(brand_id: str) -> str:
    """The people of a brand who answer its messages."""
    return f"inbox:{brand_id}"
