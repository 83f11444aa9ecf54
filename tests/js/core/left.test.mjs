import assert from "node:assert/strict";
import { test } from "node:test";
import { parts } from "../../../static/js/core/left.js";

test("days and hours, then hours, then minutes alone", () => {
  assert.deepEqual(parts(3 * 86400 + 22 * 3600 + 59, "it"), [["3", "giorni"], ["22", "ore"]]);
  assert.deepEqual(parts(86400 + 3600, "en"), [["1", "day"], ["1", "hour"]]);
  assert.deepEqual(parts(8 * 3600, "en"), [["8", "hours"]]);
  assert.deepEqual(parts(3599, "en"), [["60", "minutes"]]);
  assert.deepEqual(parts(61, "it"), [["2", "minuti"]]);
});

test("what has begun is zero minutes away, not less", () => {
  assert.deepEqual(parts(-5, "en"), [["0", "minutes"]]);
});
