"""Signed words are good for one thing, one stream and a while."""

from __future__ import annotations

import pytest

from livestream.video import tokens

SECRET, NOW = "secret", 1_800_000_000.0
CLAIM = tokens.IngestClaim(
    stream_id="strm_a", brand_id="brand_a", kind="chunks", host="acct_ben", session_id="one", expires_at=int(NOW) + 60
)


def test_an_ingest_token_says_what_was_signed() -> None:
    assert tokens.read_ingest(SECRET, tokens.sign_ingest(SECRET, CLAIM), now=NOW) == CLAIM


def test_an_old_ingest_token_starts_nothing_but_its_session_goes_on() -> None:
    token = tokens.sign_ingest(SECRET, CLAIM)
    with pytest.raises(tokens.BadToken, match="too old"):
        tokens.read_ingest(SECRET, token, now=NOW + 61)
    assert tokens.read_ingest_of_running(SECRET, token) == CLAIM


@pytest.mark.parametrize("change", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: "x" + t, lambda t: ""])
def test_a_changed_ingest_token_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(tokens.BadToken):
        tokens.read_ingest(SECRET, change(tokens.sign_ingest(SECRET, CLAIM)), now=NOW)


@pytest.mark.parametrize(
    "token", [".", "a.b", "é.ü", "A" * 5000, "\ud800.x".encode("utf-8", "replace").decode(), "a.b.c"]
)
def test_garbage_is_no_token(token: str) -> None:
    with pytest.raises(tokens.BadToken):
        tokens.read_ingest(SECRET, token, now=NOW)
    with pytest.raises(tokens.BadToken):
        tokens.check_playback(SECRET, "strm_a", token, now=NOW)


def test_a_signed_claim_without_a_stream_is_refused() -> None:
    wrong = tokens.IngestClaim(**{**CLAIM.__dict__, "stream_id": "../../etc"})
    with pytest.raises(tokens.BadToken, match="names no stream"):
        tokens.read_ingest(SECRET, tokens.sign_ingest(SECRET, wrong), now=NOW)


def test_a_playback_token_is_for_one_stream_and_ends() -> None:
    token = tokens.sign_playback(SECRET, "strm_a", expires_at=int(NOW) + 900)
    tokens.check_playback(SECRET, "strm_a", token, now=NOW)
    for stream, at in (("strm_b", NOW), ("strm_a", NOW + 901)):
        with pytest.raises(tokens.BadToken):
            tokens.check_playback(SECRET, stream, token, now=at)
    later = token.replace(str(int(NOW) + 900), str(int(NOW) + 9000))
    with pytest.raises(tokens.BadToken):
        tokens.check_playback(SECRET, "strm_a", later, now=NOW)


def test_viewers_of_the_same_minutes_share_an_address() -> None:
    ends = {tokens.playback_expiry(now=NOW + second, ttl_seconds=900) for second in range(1, 200)}
    assert len(ends) == 1
    assert min(ends) - (NOW + 200) >= 900


def test_one_purpose_is_never_good_for_another() -> None:
    body = b"{}"
    header = tokens.sign_message(SECRET, "call", body, now=NOW)
    tokens.check_message(SECRET, "call", body, header, now=NOW + 299)
    for purpose, message, at in (("callback", body, NOW), ("call", b"{} ", NOW), ("call", body, NOW + 301)):
        with pytest.raises(tokens.BadToken):
            tokens.check_message(SECRET, purpose, message, header, now=at)
    with pytest.raises(tokens.BadToken):
        tokens.check_message(SECRET, "call", body, header, now=NOW - 301)
    assert len({tokens.derived_key(SECRET, purpose) for purpose in ("ingest", "playback", "call", "callback")}) == 4
