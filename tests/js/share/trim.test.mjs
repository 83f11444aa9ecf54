import assert from "node:assert/strict";
import { test } from "node:test";
import { endWithin, seconds, share, startWithin } from "../../../static/js/share/trim.js";

test("times are read as people write them", () => {
  assert.equal(seconds("12:04"), 724);
  assert.equal(seconds("1:12:04"), 4324);
  assert.equal(seconds(" 724 "), 724);
  assert.equal(seconds("0:03.5"), 3.5);
  assert.equal(seconds("0:03,5"), 3.5);
  for (const text of ["", "x", "1:75", "-3", "1e3", "::", "1:2:3:4"]) assert.ok(Number.isNaN(seconds(text)), text);
});

test("a clip keeps between three seconds and a minute", () => {
  assert.equal(startWithin(10, 40, 0), 10);
  assert.equal(startWithin(39, 40, 0), 37);
  assert.equal(startWithin(0, 100, 0), 40);
  assert.equal(startWithin(-5, 40, 20), 20);
  assert.equal(endWithin(50, 40, 200), 50);
  assert.equal(endWithin(41, 40, 200), 43);
  assert.equal(endWithin(190, 40, 200), 100);
  assert.equal(endWithin(90, 40, 60), 60);
});

test("handles stay on their track", () => {
  assert.equal(share(30, 0, 120), 25);
  assert.equal(share(-10, 0, 120), 0);
  assert.equal(share(500, 0, 120), 100);
  assert.equal(share(0, 0, 0), 0);
});
