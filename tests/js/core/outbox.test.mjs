import assert from "node:assert/strict";
import test from "node:test";
import { Outbox, newKey } from "../../../static/js/core/outbox.js";

class Memory {
  constructor() {
    this.kept = new Map();
  }

  getItem(name) {
    return this.kept.get(name) ?? null;
  }

  setItem(name, value) {
    this.kept.set(name, value);
  }

  removeItem(name) {
    this.kept.delete(name);
  }
}

test("messages wait in their order until they are acknowledged", () => {
  const storage = new Memory();
  const box = new Outbox("acct_a", "thread_1", storage);
  box.add({ key: "1", text: "uno" });
  box.add({ key: "2", text: "due" });
  box.add({ key: "1", text: "uno" });
  assert.deepEqual(new Outbox("acct_a", "thread_1", storage).all().map((one) => one.text), ["due", "uno"]);
  box.drop("2");
  box.drop("1");
  assert.equal(storage.kept.size, 0);
});

test("each person and thread has its own", () => {
  const storage = new Memory();
  new Outbox("acct_a", "thread_1", storage).add({ key: "1", text: "uno" });
  assert.deepEqual(new Outbox("acct_b", "thread_1", storage).all(), []);
  assert.deepEqual(new Outbox("acct_a", "thread_2", storage).all(), []);
});

test("what is not ours is nothing", () => {
  const storage = new Memory();
  for (const kept of ["{", "{}", "7", '[{"key":1}]']) {
    storage.setItem("vetrina.outbox.acct_a.thread_1", kept);
    assert.deepEqual(new Outbox("acct_a", "thread_1", storage).all(), []);
  }
});

test("a full storage loses no message on the screen", () => {
  const full = { getItem: () => null, removeItem: () => {}, setItem: () => { throw new Error("QuotaExceededError"); } };
  assert.doesNotThrow(() => new Outbox("acct_a", "thread_1", full).add({ key: "1", text: "uno" }));
  assert.notEqual(newKey(), newKey());
});
