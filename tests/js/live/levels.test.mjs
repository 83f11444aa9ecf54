import assert from "node:assert/strict";
import { test } from "node:test";
import { level, settle } from "../../../static/js/live/levels.js";

test("silence is zero and full scale is one", () => {
  assert.equal(level(new Float32Array(64)), 0);
  assert.equal(level([]), 0);
  assert.equal(level([1, -1, 1, -1]), 1);
});

test("−30 dB is the middle", () => {
  const value = 10 ** (-30 / 20);
  assert.ok(Math.abs(level([value, -value]) - 0.5) < 1e-9);
});

test("the meter rises at once and falls slowly", () => {
  assert.equal(settle(0.2, 0.9), 0.9);
  assert.ok(Math.abs(settle(0.9, 0) - 0.85) < 1e-9);
  assert.equal(settle(0.03, 0), 0);
});
