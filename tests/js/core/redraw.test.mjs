import assert from "node:assert/strict";
import { test } from "node:test";
import { OneAtATime } from "../../../static/js/core/redraw.js";

/** Answers when it is told to. */
function desk() {
  /** @type {Array<() => void>} */
  const waiting = [];
  /** @type {string[]} */
  const asked = [];
  const one = new OneAtATime((key) => {
    asked.push(key);
    return new Promise((answer) => waiting.push(answer));
  });
  const answer = async () => {
    waiting.shift()?.();
    await new Promise((done) => setImmediate(done));
  };
  return { one, asked, answer };
}

test("what is asked for while an answer is on its way is asked for once more, afterwards", async () => {
  const { one, asked, answer } = desk();
  const all = [one.run("m1"), one.run("m1"), one.run("m1"), one.run("m2")];
  assert.deepEqual(asked, ["m1", "m2"]);
  await answer();
  assert.deepEqual(asked, ["m1", "m2", "m1"]);
  await answer();
  await answer();
  await Promise.all(all);
  assert.deepEqual(asked, ["m1", "m2", "m1"]);
});

test("a failure ends the turn, and the next one is asked for", async () => {
  let count = 0;
  const one = new OneAtATime(() => {
    count += 1;
    return count === 1 ? Promise.reject(new Error("no network")) : Promise.resolve();
  });
  await assert.rejects(one.run("m1"));
  await one.run("m1");
  assert.equal(count, 2);
});
