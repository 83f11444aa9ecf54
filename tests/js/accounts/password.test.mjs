import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// The controller's base class comes from the import map; the rule under test needs none of it.
const source = readFileSync(new URL("../../../static/js/controllers/password.js", import.meta.url), "utf8");
const rule = source.slice(source.indexOf("export function strength"), source.indexOf("export default"));
const { strength } = await import(`data:text/javascript,${encodeURIComponent(rule)}`);

test("the meter grows with length and variety", () => {
  assert.equal(strength("", 12), 0);
  assert.equal(strength("short", 12), 1);
  assert.equal(strength("aaaaaaaaaaaaaa", 12), 1);
  assert.equal(strength("una frase lu", 12), 2);
  assert.equal(strength("una frase lunga", 12), 3);
  assert.equal(strength("una frase molto lunga", 12), 4);
});
