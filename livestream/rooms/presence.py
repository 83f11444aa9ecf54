"""Who is here: unique people per room, in the memory of the web process.

A person with three tabs, or a guest browser with two, is one viewer. The numbers are written to the database and told
to the room every few seconds by `livestream.rooms.pulse`.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from shop.core.realtime import Identity

_sockets: dict[str, dict[str, str]] = defaultdict(dict)  # room -> socket -> viewer key
_people: dict[str, Counter[str]] = defaultdict(Counter)  # room -> viewer key -> sockets
_crews: dict[str, set[str]] = defaultdict(set)  # room -> sockets of the studio
_new: dict[str, set[str]] = defaultdict(set)  # room -> keys not yet written as visits


def viewer_key(who: Identity) -> str:
    """What makes two sockets the same person: account, else guest browser, else address."""
    if who.account_id:
        return who.account_id
    return f"guest:{who.guest_key}" if who.guest_key else f"address:{who.address}"


def enter(room_id: str, who: Identity) -> None:
    """Count this socket; entering twice is once."""
    if who.sid in _sockets[room_id]:
        return
    key = viewer_key(who)
    _sockets[room_id][who.sid] = key
    if _people[room_id][key] == 0:
        _new[room_id].add(key)
    _people[room_id][key] += 1


def enter_crew(room_id: str, sid: str) -> None:
    """The brand's own studio is no audience, but wants figures."""
    _crews[room_id].add(sid)


def crewed_rooms() -> list[str]:
    """Rooms whose studio is open somewhere."""
    return [room_id for room_id, sockets in _crews.items() if sockets]


def leave(room_id: str, sid: str) -> None:
    _leave_crew(room_id, sid)
    if room_id not in _sockets:
        return
    key = _sockets[room_id].pop(sid, None)
    if key is not None:
        _people[room_id][key] -= 1
        if _people[room_id][key] <= 0:
            del _people[room_id][key]


def _leave_crew(room_id: str, sid: str) -> None:
    if room_id in _crews:
        _crews[room_id].discard(sid)
        if not _crews[room_id]:
            del _crews[room_id]


def leave_all(sid: str) -> None:
    """The socket is gone."""
    for room_id in [*_sockets, *_crews]:
        leave(room_id, sid)


def rooms() -> list[str]:
    """Rooms with somebody in them, or with numbers that were not told yet."""
    return [*_sockets]


def is_busy() -> bool:
    """Whether the pulse has anything to do."""
    return bool(_sockets or _crews)


def forget(room_id: str) -> None:
    """Drop an empty room after its zero was told."""
    if not _sockets[room_id]:
        del _sockets[room_id]
        _people.pop(room_id, None)
        _new.pop(room_id, None)


def forget_all() -> None:
    """A fresh process (tests)."""
    _sockets.clear()
    _people.clear()
    _crews.clear()
    _new.clear()


def count(room_id: str, *, otherwise: int = 0) -> int:
    """Unique people in the room; `otherwise` when this process does not serve its sockets."""
    return len(_people[room_id]) if room_id in _sockets else otherwise


def members(room_id: str) -> set[str]:
    """The accounts among the people in the room; guests have none."""
    return {key for key in _people[room_id] if key.startswith("acct_")} if room_id in _people else set()


def is_here(room_id: str, sid: str) -> bool:
    watches = room_id in _sockets and sid in _sockets[room_id]
    return watches or (room_id in _crews and sid in _crews[room_id])


def take_new_visitors(room_id: str) -> set[str]:
    """Keys that entered since the last call."""
    return _new.pop(room_id, set())
