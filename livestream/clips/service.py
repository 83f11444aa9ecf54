"""Cutting clips, and taking them away. The film is made by a job; the engine is never called inside a unit of work."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from livestream.chat.errors import Muted
from livestream.chat.queries import load_silences, refuse_banned
from livestream.clips import policy, queries, storage
from livestream.clips.models import Clip, ClipState, ClipView
from livestream.clips.moments import Piece, check_length
from livestream.rooms import policy as rooms
from livestream.rooms.queries import RoomHead, get_visible_head
from livestream.video import engines
from livestream.video.provider import Cut, EngineError
from shop.core import clock, db, jobs
from shop.core.actor import Actor
from shop.core.errors import NotAllowed, NotFound, RateLimited, SignInNeeded, require

log = structlog.get_logger()
PER_HOUR = 10
GIVE_UP_AFTER = timedelta(minutes=10)


def cut_clip(session: Session, *, actor: Actor, slug: str, piece: Piece, with_product: bool, shows_maker: bool) -> Clip:
    """Ask for a clip; a job makes it. The same piece again is the same clip. Locks the maker's account.

    Raises SignInNeeded, NotFound, Banned, Muted, RateLimited, InvalidInput.
    """
    if actor.account_id is None:
        raise SignInNeeded
    check_length(piece.start_seconds, piece.end_seconds)
    head = get_visible_head(session, actor=actor, slug=slug)
    require(policy.can_be_cut(head.stream), NotFound)
    _refuse_silenced(session, actor, head)
    queries.lock_maker(session, actor.account_id)
    same = queries.find_same(
        session,
        account_id=actor.account_id,
        stream_id=head.stream.id,
        from_at=piece.from_at,
        until_at=piece.until_at,
    )
    if same is not None:
        return same
    _check_limit(session, actor.account_id)
    pinned = queries.find_pinned(session, room_id=head.room.id, from_at=piece.from_at, until_at=piece.until_at)
    clip = Clip(
        stream_id=head.stream.id,
        brand_id=head.brand.id,
        by_account_id=actor.account_id,
        product_id=pinned if with_product else None,
        shows_maker=shows_maker,
        from_at=piece.from_at,
        until_at=piece.until_at,
        start_seconds=piece.start_seconds,
        end_seconds=piece.end_seconds,
    )
    session.add(clip)
    session.flush()
    jobs.enqueue(session, "clips.cut", key=f"clips.cut:{clip.id}", clip_id=clip.id)
    return clip


def _refuse_silenced(session: Session, actor: Actor, head: RoomHead) -> None:
    """Who may not speak in a room may not cut from it either."""
    if rooms.can_moderate(actor, head.brand.id):
        return
    silences = load_silences(session, brand_id=head.brand.id, room_id=head.room.id, account_id=str(actor.account_id))
    refuse_banned(silences)
    if silences:
        raise Muted(until=max((s.until for s in silences if s.until is not None), default=None))


def _check_limit(session: Session, account_id: str) -> None:
    first = queries.made_lately(session, account_id=account_id, most=PER_HOUR)
    if first is not None:
        raise RateLimited(retry_after=(first + queries.HOUR - clock.now()).total_seconds())


def make_film(*, clip_id: str) -> None:
    """Let the engine cut, then say so. Runs again without harm. Raises EngineError when another try can help."""
    db.check_no_transaction("the video engine")
    with db.reading() as session:
        clip = session.get(Clip, clip_id)
    if clip is None or clip.state != ClipState.CUTTING:
        return
    try:
        made = engines.engine().cut(
            clip.stream_id,
            start=clip.from_at,
            end=clip.until_at,
            film=storage.film(clip_id),
            poster=storage.poster(clip_id),
        )
    except EngineError as problem:
        if not problem.permanent:
            raise
        log.warning("clip could not be cut", clip_id=clip_id, problem=str(problem))
        with db.unit_of_work() as session:
            give_up(session, clip_id=clip_id)
        return
    with db.unit_of_work() as session:
        if not note_film(session, clip_id=clip_id, made=made):
            storage.drop(clip_id)  # It was taken away while it was being made.


def note_film(session: Session, *, clip_id: str, made: Cut) -> bool:
    """The film is on disk; False when nobody wants it any more. Locks the clip."""
    clip = queries.lock_clip(session, clip_id)
    if clip.state != ClipState.CUTTING:
        return clip.state == ClipState.READY
    clip.move(ClipState.READY)
    clip.starts_at = made.started_at
    clip.duration_seconds = made.duration.total_seconds()
    clip.width, clip.height = made.width, made.height
    session.flush()
    return True


def give_up(session: Session, *, clip_id: str) -> None:
    """There will be no film. Locks the clip. Repeatable."""
    clip = queries.lock_clip(session, clip_id)
    if clip.state == ClipState.CUTTING:
        clip.move(ClipState.FAILED)
        session.flush()


def remove_clip(session: Session, *, actor: Actor, slug: str) -> Clip:
    """Take a clip away for good: its page says so, a job deletes the film. Locks the clip.

    Raises NotAllowed, NotFound, Gone (removed before), Banned.
    """
    found = queries.load_clip(session, slug=slug, actor=actor)
    require(found.can_remove, NotAllowed)
    clip = queries.lock_clip(session, found.clip.id)
    if clip.move(ClipState.REMOVED):
        clip.removed_at, clip.removed_by = clock.now(), actor.account_id
        session.flush()
        jobs.enqueue(session, "clips.drop", key=f"clips.drop:{clip.id}", clip_id=clip.id)
    return clip


def count_view(session: Session, *, slug: str, actor: Actor, viewer_key: str) -> int:
    """Somebody played it; each person or guest browser counts once. Locks the clip. Raises NotFound, Gone, Banned."""
    found = queries.load_clip(session, slug=slug, actor=actor)
    clip = queries.lock_clip(session, found.clip.id)
    require(clip.state == ClipState.READY, NotFound)
    if session.get(ClipView, (clip.id, viewer_key)) is None:
        session.add(ClipView(clip_id=clip.id, viewer_key=viewer_key))
        session.execute(update(Clip).where(Clip.id == clip.id).values(views=Clip.views + 1))
        session.flush()
        session.refresh(clip)
    return clip.views


def seconds_in_replay(clip: Clip) -> int | None:
    """Where in the replay the clip begins; None when the engine does not say. Raises nothing: it is only a link."""
    try:
        recording = engines.engine().recording(clip.stream_id)
    except EngineError:
        return None
    if not recording.spans:
        return None
    return int(recording.position_of(clip.starts_at or clip.from_at).total_seconds())
