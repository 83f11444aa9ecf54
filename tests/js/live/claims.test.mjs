import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document ??= /** @type {any} */ ({ querySelectorAll: () => [], documentElement: { lang: "en" } });
const { share, worthAsking } = await import("../../../static/js/live/claims.js");

test("only words that may claim are sent to the server while somebody types", () => {
  const words = new Set(["mia", "sold", "e", "passo"]);
  for (const text of ["mia 42", "MIA!!", "42 sold", "È mia", "ok, Passo"]) assert.ok(worthAsking(text, words), text);
  for (const text of ["che bella", "42", "", "soldout", "🔥🔥"]) assert.ok(!worthAsking(text, words), text);
  assert.ok(!worthAsking("mia 42", new Set()));
});

test("the ring runs from full to empty and never beyond", () => {
  const since = "2026-11-24T12:00:00Z";
  const until = "2026-11-24T12:10:00Z";
  assert.equal(share(since, until, 600), 1);
  assert.equal(share(since, until, 300), 0.5);
  assert.equal(share(since, until, -5), 0);
  assert.equal(share(since, until, 9000), 1);
  assert.equal(share(until, since, 10), 0);
});
