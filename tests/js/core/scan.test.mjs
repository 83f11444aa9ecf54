import assert from "node:assert/strict";
import { test } from "node:test";
import { pathOf, reasonOf } from "../../../static/js/core/scan.js";

test("a code leads to our own page, whatever site it names", () => {
  assert.equal(pathOf("https://vetrina.example/friends/add/K7M4QX"), "/friends/add/K7M4QX");
  assert.equal(pathOf("https://evil.example/friends/add/K7M4QX?next=//evil"), "/friends/add/K7M4QX");
  assert.equal(pathOf("http://localhost:8000/friends/with/abc-DEF_123"), "/friends/with/abc-DEF_123");
  assert.equal(pathOf(" K7M4QX "), "/friends/add/K7M4QX");
});

test("anything else is no code of ours", () => {
  for (const text of ["", "hello", "javascript:alert(1)", "https://vetrina.example/", "https://x.example/friends/add/../../admin", "https://x.example/friends/remove/K7M4QX", "WIFI:S:x;;"]) {
    assert.equal(pathOf(text), null, text);
  }
});

test("each reason has its sentence", () => {
  assert.equal(reasonOf({ name: "NotAllowedError" }), "refused");
  assert.equal(reasonOf({ name: "NotFoundError" }), "none");
  assert.equal(reasonOf({ name: "NotReadableError" }), "broken");
  assert.equal(reasonOf(undefined), "broken");
});
