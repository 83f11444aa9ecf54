import assert from "node:assert/strict";
import { test } from "node:test";
import { secondOnScreen, sheetAddress } from "../../../static/js/live/ask.js";

const LIVE = "2026-11-24T20:00:00.000Z";
const at = (/** @type {number} */ seconds) => Date.parse(LIVE) + seconds * 1000;

test("the second on the screen is what the player shows, not what the host does now", () => {
  assert.equal(secondOnScreen(LIVE, 1.5, at(100)), 98);
  assert.equal(secondOnScreen(LIVE, Number.NaN, at(100)), 100);
  assert.equal(secondOnScreen(LIVE, 5, at(2)), 0);
  assert.equal(secondOnScreen(null, 1, at(100)), null);
});

test("the stream's card carries the second, the product's stays", () => {
  assert.equal(
    sheetAddress("/ask/passo", ["stream:evening-walk", "product:passo-uno"], 98),
    "/ask/passo?part=form&card=stream%3Aevening-walk%40show98&card=product%3Apasso-uno",
  );
  assert.equal(sheetAddress("/ask/passo", ["stream:evening-walk"], null), "/ask/passo?part=form&card=stream%3Aevening-walk");
});
