import assert from "node:assert/strict";
import { test } from "node:test";
import { purchaseText, spoken, trimQueue } from "../../../static/js/live/chat.js";
import { secondsLeft } from "../../../static/js/live/pace.js";
import { timerState } from "../../../static/js/live/pin.js";
import { showTime } from "../../../static/js/live/shelf.js";
import { backOff, CommandError, RoomLine } from "../../../static/js/live/socket.js";
import { nextItem } from "../../../static/js/live/studio_show.js";

globalThis.document ??= /** @type {any} */ ({ querySelectorAll: () => [], documentElement: { lang: "en" } });
globalThis.addEventListener ??= () => {};
globalThis.removeEventListener ??= () => {};

test("waiting rows give way to newer ones, more of them in a hidden tab", () => {
  const rows = Array.from({ length: 200 }, (_, n) => n);
  assert.equal(trimQueue(rows, false).length, 30);
  assert.equal(trimQueue(rows, true).length, 150);
  assert.equal(trimQueue(rows, false).at(-1), 199);
});

test("one sentence is spoken for many messages", () => {
  assert.equal(spoken([]), "");
  assert.equal(spoken([{ author: "Marco", text: "Ciao" }]), "read_one");
  assert.equal(spoken([{ author: "A", text: "1" }, { author: "B", text: "2" }]), "read_batch");
});

test("purchases name a product, never a person", () => {
  const pick = (texts) => texts.en;
  assert.equal(purchaseText({ kind: "one", product_title: { en: "Mug" }, count: 1 }, pick), "bought_one");
  assert.equal(purchaseText({ kind: "many", product_title: { en: "Mug" }, count: 5 }, pick), "bought_other");
  assert.equal(purchaseText({ kind: "several", product_title: { en: "Mug" }, count: 5 }, pick), "bought_mixed");
});

test("a wait is whole seconds and never negative", () => {
  assert.deepEqual([secondsLeft(1500, 0), secondsLeft(1000, 0), secondsLeft(0, 5000)], [2, 1, 0]);
});

test("the clock of a live price runs, stands still while the host is away, and ends", () => {
  const soon = new Date(Date.now() + 60_000).toISOString();
  assert.equal(timerState({ ends_at: soon }, null).kind, "running");
  assert.equal(timerState({ ends_at: null }, null).kind, "none");
  assert.equal(timerState({ ends_at: new Date(Date.now() - 1000).toISOString() }, null).kind, "ending");
  const paused = timerState({ ends_at: "2026-11-24T12:05:00Z" }, "2026-11-24T12:01:00Z");
  assert.deepEqual([paused.kind, paused.seconds], ["paused", 240]);
});

test("seconds of the show read like a clock", () => {
  assert.deepEqual([showTime(8), showTime(75), showTime(3725)], ["0:08", "1:15", "62:05"]);
});

test("N pins the next item, else the first that can be sold", () => {
  const item = (id, state, left = 3) => ({ item_id: id, state, left });
  assert.equal(nextItem([item("a", "pinned"), item("b", "next")]).item_id, "b");
  assert.equal(nextItem([item("a", "pinned"), item("b", "sold_out", 0), item("c", "shown")]).item_id, "c");
  assert.equal(nextItem([item("a", "pinned")]), null);
});

test("waits double with chance and have a ceiling", () => {
  assert.deepEqual([backOff(0, 0), backOff(0, 1), backOff(20, 1)], [250, 500, 15000]);
});

/** A socket that answers commands from a table. */
function fakeSocket(answers) {
  const handlers = {};
  const socket = {
    connected: false, sent: [],
    on: (name, fn) => (handlers[name] = fn),
    onAny: (fn) => (handlers.any = fn),
    connect() { socket.connected = true; return handlers.connect(); },
    disconnect() { socket.connected = false; },
    timeout: () => ({ emitWithAck: async (name, payload) => { socket.sent.push([name, payload]); return answers(name, payload); } }),
    push: (name, payload) => handlers.any(name, payload),
    drop() { socket.connected = false; handlers.disconnect("transport close"); },
  };
  return socket;
}

const room = (more = {}) => ({ room_id: "room_1", epoch: "e1", seq: 4, stream: { state: "live" }, messages: [], items: [], pin: null, slow_mode_seconds: 0, ...more });

function line(answers, state = room()) {
  const socket = fakeSocket(answers);
  const made = new RoomLine({ roomId: "room_1", token: "t", state, connect: () => socket });
  const seen = [];
  for (const kind of ["state", "snapshot", "event", "refused", "personal"]) made.addEventListener(kind, (event) => seen.push([kind, event.detail]));
  return { made, socket, seen };
}

test("joining tells what is known and applies what was missed", async () => {
  const missed = [{ seq: 5, name: "chat.slow_mode_changed", payload: { room_id: "room_1", epoch: "e1", seconds: 10 } }];
  const { made, socket } = line(() => ({ ok: true, data: { recovered: true, events: missed } }));
  await socket.connect();
  await made.join();
  assert.deepEqual(socket.sent[0], ["room.join", { room_id: "room_1", crew: false, epoch: "e1", last_seq: 4 }]);
  assert.deepEqual([made.room.seq, made.room.slow_mode_seconds, made.state], [5, 10, "connected"]);
  made.close();
});

test("what was said while nobody listened comes once", async () => {
  const said = { message_id: "msg_1", text: "Hi" };
  const { made, socket } = line(() => ({ ok: true, data: { recovered: true, events: [], messages: [said] } }));
  await socket.connect();
  await made.join();
  await made.join();
  assert.deepEqual(made.room.messages.map((message) => message.message_id), ["msg_1"]);
  made.close();
});

test("a gap asks again and takes the snapshot", async () => {
  const { made, socket, seen } = line((_name, payload) =>
    payload.last_seq === 4 && socket.sent.length === 1
      ? { ok: true, data: { recovered: true, events: [] } }
      : { ok: true, data: { recovered: false, snapshot: room({ seq: 9, slow_mode_seconds: 30 }) } });
  await socket.connect();
  await new Promise((done) => setTimeout(done, 1));
  socket.push("chat.slow_mode_changed", { room_id: "room_1", epoch: "e1", seq: 9, seconds: 30 });
  await new Promise((done) => setTimeout(done, 1));
  assert.equal(made.room.seq, 9);
  assert.ok(seen.some(([kind]) => kind === "snapshot"));
  made.close();
});

test("an ack with an error becomes a CommandError with its data", async () => {
  const { made, socket } = line((name) => (name === "room.join" ? { ok: true, data: { recovered: true, events: [] } } : { ok: false, error: { code: "rate_limited", message: "Wait", retry_after: 2 } }));
  await socket.connect();
  await assert.rejects(made.send("chat.post", {}), (error) => error instanceof CommandError && error.code === "rate_limited" && error.data.retry_after === 2);
  made.close();
});

test("without a line a command fails at once, and a banned person is not joined again", async () => {
  const { made, socket, seen } = line(() => ({ ok: false, error: { code: "banned", message: "No" } }));
  await assert.rejects(made.send("chat.post", {}), (error) => error.code === "offline");
  await socket.connect();
  await new Promise((done) => setTimeout(done, 1));
  assert.equal(socket.connected, false);
  assert.ok(seen.some(([kind, detail]) => kind === "refused" && detail.code === "banned"));
});
