import assert from "node:assert/strict";
import { test } from "node:test";
import { bitrate, chunkAddress, deviceProblem, problemOf, Publisher, socketAddress, supported, waitBefore } from "../../../static/js/live/publisher.js";

test("the cheapest format the browser records comes first", () => {
  const chromium = supported((type) => !type.includes("mp4a"));
  assert.equal(chromium[0].mimeType, "video/webm;codecs=h264,opus");
  assert.equal(chromium[0].container, "matroska");
  const safari = supported((type) => type.startsWith("video/mp4"));
  assert.equal(safari[0].container, "mp4");
  const firefox = supported((type) => type.includes("vp8"));
  assert.deepEqual(firefox, [{ mimeType: "video/webm;codecs=vp8,opus", container: "matroska" }]);
  assert.deepEqual(supported(() => false), []);
});

test("addresses follow the page's own security", () => {
  assert.equal(socketAddress("/media-live/ingest/a.b", "https://shop.example/x", "mp4"), "wss://shop.example/media-live/ingest/a.b?container=mp4");
  assert.equal(socketAddress("/media-live/ingest/a.b", "http://localhost:5000/", "matroska"), "ws://localhost:5000/media-live/ingest/a.b?container=matroska");
  assert.equal(chunkAddress("/media-live/ingest/a.b", "http://localhost:5000/", "mp4", 7), "http://localhost:5000/media-live/ingest/a.b/chunks/7?container=mp4");
});

test("only some ends are final", () => {
  assert.equal(problemOf(4409), "taken_over");
  assert.equal(problemOf(4410), "ended");
  for (const code of [1006, 1000, 4408, 4429, 4500, 4503]) assert.equal(problemOf(code), null);
});

test("waits grow and are bounded", () => {
  assert.equal(waitBefore(0, 0.5), 500);
  assert.equal(waitBefore(1, 0.5), 1000);
  assert.equal(waitBefore(99, 0.5), 5000);
  assert.ok(waitBefore(0, 0) < waitBefore(0, 1));
});

test("device refusals are told apart", () => {
  assert.equal(deviceProblem({ name: "NotAllowedError" }), "permission");
  assert.equal(deviceProblem({ name: "NotFoundError" }), "no_device");
  assert.equal(deviceProblem({ name: "NotReadableError" }), "in_use");
});

test("the bit rate is that of the last seconds", () => {
  assert.equal(bitrate([[0, 9_000_000], [8000, 250_000], [9000, 500_000]], 10_000), 2_000_000);
});

test("a browser without a recorder is told so", () => {
  const publisher = new Publisher({ getGrant: async () => ({ url: "/x" }) });
  const said = [];
  publisher.addEventListener("error", (event) => said.push(event.detail.code));
  publisher.start();
  assert.deepEqual(said, ["unsupported"]);
  assert.equal(publisher.state, "idle");
});

class FakeSocket extends EventTarget {
  static OPEN = 1;
  static all = [];
  constructor(url) {
    super();
    Object.assign(this, { url, readyState: 0, bufferedAmount: 0, sent: [] });
    FakeSocket.all.push(this);
  }
  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
  send(data) {
    this.sent.push(data);
  }
  close() {
    this.readyState = 3;
  }
  drop(code) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

class FakeRecorder extends EventTarget {
  static isTypeSupported = () => true;
  constructor(stream, options) {
    super();
    Object.assign(this, { stream, options, state: "inactive" });
    FakeRecorder.last = this;
  }
  start() {
    this.state = "recording";
  }
  stop() {
    this.state = "inactive";
    this.dispatchEvent(new Event("stop"));
  }
  slice(size) {
    this.dispatchEvent(Object.assign(new Event("dataavailable"), { data: { size } }));
  }
}

const tick = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));

async function onAir(getGrant = async () => ({ url: "/media-live/ingest/t" })) {
  Object.assign(globalThis, { WebSocket: FakeSocket, MediaRecorder: FakeRecorder, location: { href: "http://localhost/" }, window: globalThis });
  FakeSocket.all = [];
  const publisher = new Publisher({ getGrant });
  const states = [], problems = [];
  publisher.addEventListener("state", (event) => states.push(event.detail));
  publisher.addEventListener("error", (event) => problems.push(event.detail.code));
  publisher.use({ getTracks: () => [], getAudioTracks: () => [], getVideoTracks: () => [] });
  publisher.start();
  await tick();
  return { publisher, states, problems, socket: () => FakeSocket.all.at(-1) };
}

test("a lost connection starts a new session with a new grant", async () => {
  let asked = 0;
  const { publisher, states, problems, socket } = await onAir(async () => ({ url: `/media-live/ingest/t${++asked}` }));
  socket().open();
  FakeRecorder.last.slice(10);
  assert.deepEqual(states, ["connecting", "live"]);
  assert.equal(socket().sent.length, 1);
  socket().drop(1006);
  await tick(750);
  assert.equal(FakeSocket.all.length, 2);
  assert.match(socket().url, /t2\?container=matroska$/);
  socket().open();
  assert.deepEqual(states, ["connecting", "live", "reconnecting", "live"]);
  assert.deepEqual(problems, []);
  publisher.destroy();
});

test("a host who was taken over does not fight back", async () => {
  const { publisher, problems, socket } = await onAir();
  socket().open();
  socket().drop(4409);
  await tick(700);
  assert.equal(FakeSocket.all.length, 1);
  assert.equal(publisher.state, "error");
  assert.deepEqual(problems, ["taken_over"]);
});

test("a full line drops the session instead of lagging, and lowers the rate", async () => {
  const { publisher, states, problems, socket } = await onAir();
  socket().open();
  socket().bufferedAmount = 5_000_000;
  FakeRecorder.last.slice(10);
  assert.deepEqual(socket().sent, []);
  assert.deepEqual(problems, ["congested"]);
  assert.equal(publisher.videoBits, 1_750_000);
  assert.equal(states.at(-1), "reconnecting");
  publisher.destroy();
});

test("a refused grant is final, a network fault is not", async () => {
  const refused = await onAir(async () => { throw Object.assign(new Error("over"), { status: 409 }); });
  assert.deepEqual(refused.problems, ["refused"]);
  assert.equal(refused.publisher.state, "error");
  const offline = await onAir(async () => { throw new TypeError("network"); });
  assert.equal(offline.publisher.state, "reconnecting");
  offline.publisher.destroy();
});

test("stop sends the last slices before it says so", async () => {
  const { publisher, socket } = await onAir();
  socket().open();
  await publisher.stop();
  assert.deepEqual(socket().sent, ["stop"]);
  assert.equal(publisher.state, "stopped");
});
