import assert from "node:assert/strict";
import { test } from "node:test";
import { chapterAt, messagesUntil, moment } from "../../../static/js/live/replay_track.js";

const chapters = [{ at: 10 }, { at: 60 }, { at: 300 }];

test("the chapter that holds is the last one that began", () => {
  assert.equal(chapterAt(chapters, 0), -1);
  assert.equal(chapterAt(chapters, 10), 0);
  assert.equal(chapterAt(chapters, 59), 0);
  assert.equal(chapterAt(chapters, 60), 1);
  assert.equal(chapterAt(chapters, 9999), 2);
});

test("messages appear when they were said, the newest at the end", () => {
  const messages = [{ at: 1 }, { at: 5 }, { at: 5 }, { at: 9 }];
  assert.deepEqual(messagesUntil(messages, 0), []);
  assert.equal(messagesUntil(messages, 5).length, 3);
  assert.equal(messagesUntil(messages, 100).length, 4);
  assert.deepEqual(messagesUntil(messages, 100, 2), [{ at: 5 }, { at: 9 }]);
});

test("moments read like a clock", () => {
  assert.deepEqual([0, 59, 362, 3672].map(moment), ["0:00", "0:59", "6:02", "1:01:12"]);
});
