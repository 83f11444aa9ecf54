import assert from "node:assert/strict";
import { test } from "node:test";
import { behindHole, choose, cureFor, LIVE_SETTINGS, prefersNative, refreshIn, underGrant, waitAfter } from "../../../static/js/live/player.js";

const GRANTS = [
  { kind: "whep", url: "/w", expires_at: 0 },
  { kind: "ll-hls", url: "/media-live/s/1.a/index.m3u8", expires_at: 0 },
  { kind: "hls", url: "/media-live/s/1.a/plain.m3u8", expires_at: 0 },
  { kind: "replay", url: "/media-live/s/1.a/replay.m3u8", expires_at: 0 },
];

test("the player takes the first grant it can play", () => {
  assert.equal(choose(GRANTS, false)?.kind, "ll-hls");
  assert.equal(choose(GRANTS.slice(2), false)?.kind, "hls");
  assert.equal(choose(GRANTS, true)?.kind, "replay");
  assert.equal(choose([GRANTS[0]], false), null);
});

test("requests go out under the newest grant", () => {
  assert.equal(
    underGrant("https://shop.example/media-live/s/1.a/live.m3u8?_HLS_msn=4&_HLS_part=1", "/media-live/s/2.b/index.m3u8"),
    "/media-live/s/2.b/live.m3u8?_HLS_msn=4&_HLS_part=1",
  );
});

test("a grant is renewed in good time", () => {
  assert.equal(refreshIn("2026-11-24T12:15:00Z", Date.parse("2026-11-24T12:00:00Z")), 810_000);
  assert.equal(refreshIn(1000, 999_000), 5000);
  assert.equal(refreshIn("nonsense", 0), 5000);
});

test("failures wait longer and then give up", () => {
  assert.equal(waitAfter(1), 700);
  assert.equal(waitAfter(6), 5000);
  assert.equal(waitAfter(7), null);
});

test("a picture that stands still is mended, unless the host is away", () => {
  assert.equal(cureFor(3, false), "wait");
  assert.equal(cureFor(4, false), "jump");
  assert.equal(cureFor(9, false), "rebuild");
  assert.equal(cureFor(18, false), "rebuild");
  assert.equal(cureFor(9, true), "wait");
});

test("the browser's own HLS is taken on Apple devices and without Media Source Extensions", () => {
  assert.equal(prefersNative("maybe", "Apple Computer, Inc.", true), true);
  assert.equal(prefersNative("maybe", "Google Inc.", true), false);
  assert.equal(prefersNative("maybe", "", false), true);
  assert.equal(prefersNative("", "Apple Computer, Inc.", true), false);
});

test("live settings can catch up", () => {
  assert.ok(LIVE_SETTINGS.maxLiveSyncPlaybackRate > 1);
  assert.ok(LIVE_SETTINGS.liveMaxLatencyDuration > LIVE_SETTINGS.liveSyncDuration);
});

test("a hole in the buffer is stepped over when there is something behind it", () => {
  assert.equal(behindHole([[3.7, 5.52], [5.72, 6.6]], 5.51), 5.72 + 0.01);
  assert.equal(behindHole([[3.7, 5.52], [5.72, 6.6]], 4), null);
  assert.equal(behindHole([[3.7, 5.52]], 5.51), null);
  assert.equal(behindHole([], 0), null);
});
