import assert from "node:assert/strict";
import { test } from "node:test";
import { timeLeft, unitOf } from "../../../static/js/core/deadlines.js";

test("seconds at the end, then minutes, hours, days; the server's words are the same", () => {
  assert.deepEqual(unitOf(-3), [0, "second"]);
  assert.deepEqual(unitOf(59.2), [60, "second"]);
  assert.deepEqual(unitOf(61), [2, "minute"]);
  assert.deepEqual(unitOf(36 * 60), [36, "minute"]);
  assert.deepEqual(unitOf(120 * 60), [120, "minute"]);
  assert.deepEqual(unitOf(121 * 60), [2, "hour"]);
  assert.deepEqual(unitOf(48 * 3600), [48, "hour"]);
  assert.deepEqual(unitOf(7 * 86400), [7, "day"]);
});

test("in the page's language", () => {
  assert.equal(timeLeft(36 * 60, "en"), "36 min");
  assert.equal(timeLeft(3 * 86400, "it"), "3 giorni");
});
