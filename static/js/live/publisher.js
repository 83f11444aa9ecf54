// The host's camera and microphone on air: MediaRecorder slices over a WebSocket, or one POST each where sockets are
// blocked. A lost connection starts a new recording session with a new grant; viewers see a short gap, not an end.

/** @typedef {{url: string, token?: string, kind?: string}} Grant */
/** @typedef {{mimeType: string, container: "matroska"|"mp4"}} Format */
/** @typedef {"idle"|"connecting"|"live"|"reconnecting"|"stopped"|"error"} PublisherState */
/**
 * @typedef {"insecure"|"unsupported"|"permission"|"no_device"|"in_use"|"device_lost"|"congested"|"taken_over"|"kicked"
 *   |"ended"|"quota"|"unreadable"|"refused"|"full"} PublisherProblem
 */

const SLICE_MS = 100;
const KEYFRAME_MS = 1000;
const VIDEO_BITS = 2_500_000;
const LEAST_VIDEO_BITS = 600_000;
const AUDIO_BITS = 96_000;
const MOST_BUFFERED = 3_000_000; // About ten seconds: whoever is that far behind is better off starting over.
const WAITS_MS = [500, 1000, 2000, 4000, 5000];
const STEADY_MS = 5000;
const POST_RETRY_MS = 300;
const POST_PATIENCE_MS = 10_000;
const BITRATE_MS = 1000;

// In the order of what costs least: H.264 in Matroska comes in slices of 0.1 s and is only copied; MP4 comes once per
// keyframe; VP8 has to be encoded again on the server.
/** @type {Format[]} */
export const FORMATS = [
  { mimeType: "video/webm;codecs=h264,opus", container: "matroska" },
  { mimeType: "video/mp4;codecs=avc1.42E01F,mp4a.40.2", container: "mp4" },
  { mimeType: "video/mp4;codecs=avc1,opus", container: "mp4" },
  { mimeType: "video/webm;codecs=vp8,opus", container: "matroska" },
];

/** @type {Record<number, PublisherProblem>} */
const FINAL_CODES = { 4403: "kicked", 4409: "taken_over", 4410: "ended", 4413: "quota", 4415: "unreadable" };

/** What this browser can record, best first. @param {(mimeType: string) => boolean} isTypeSupported @returns {Format[]} */
export function supported(isTypeSupported) {
  return FORMATS.filter((format) => isTypeSupported(format.mimeType));
}

/** Why a connection ended for good, or null when another try makes sense. @param {number} code @returns {PublisherProblem|null} */
export function problemOf(code) {
  return FINAL_CODES[code] ?? null;
}

/** Milliseconds before try number `tries` (0 is the first), with a little chance so that hosts do not come all at once. @param {number} tries @param {number} chance 0…1 */
export function waitBefore(tries, chance) {
  return Math.round(WAITS_MS[Math.min(tries, WAITS_MS.length - 1)] * (0.8 + 0.4 * chance));
}

/** The grant's address for a WebSocket. @param {string} url @param {string} page @param {string} container */
export function socketAddress(url, page, container) {
  const address = new URL(url, page);
  address.protocol = address.protocol === "https:" || address.protocol === "wss:" ? "wss:" : "ws:";
  address.searchParams.set("container", container);
  return address.href;
}

/** The grant's address for one slice by POST. @param {string} url @param {string} page @param {string} container @param {number} number */
export function chunkAddress(url, page, container, number) {
  const address = new URL(url, page);
  address.pathname = `${address.pathname.replace(/\/$/, "")}/chunks/${number}`;
  address.searchParams.set("container", container);
  return address.href;
}

/** What getUserMedia refused, in our words. @param {any} error @returns {PublisherProblem} */
export function deviceProblem(error) {
  const name = error?.name;
  if (name === "NotAllowedError" || name === "SecurityError") return "permission";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "no_device";
  return "in_use";
}

/** Bits per second over the last seconds, from (time, bytes) pairs. @param {[number, number][]} sent @param {number} now @param {number} windowMs */
export function bitrate(sent, now, windowMs = 3000) {
  const recent = sent.filter(([at]) => at > now - windowMs);
  return Math.round((recent.reduce((sum, [, bytes]) => sum + bytes, 0) * 8000) / windowMs);
}


/**
 * The picture to ask a camera for: 9:16. A phone held upright has it natively. Elsewhere the browser cuts it out of a
 * landscape mode, and Chromium's recorder sends that cut in the mode's full height: asking for 1280 of a 4K camera
 * would send 1216 x 2160, which no server takes.
 */
export function pictureSize(upright = globalThis.matchMedia?.("(orientation: portrait) and (pointer: coarse)").matches ?? false) {
  return upright ? { width: { ideal: 720 }, height: { ideal: 1280 } } : { width: { ideal: 405 }, height: { ideal: 720 } };
}

/**
 * Events: `state` (detail: PublisherState), `bitrate` (detail: {bitsPerSecond, buffered}), `error` (detail: {code, message?}).
 */
export class Publisher extends EventTarget {
  /** @param {{getGrant: () => Promise<Grant>, videoBits?: number}} options `getGrant` is asked before every start */
  constructor({ getGrant, videoBits = VIDEO_BITS }) {
    super();
    this.getGrant = getGrant;
    this.videoBits = videoBits;
    /** @type {PublisherState} */
    this.state = "idle";
    /** @type {MediaStream|null} */
    this.stream = null;
    /** @type {Session|null} */
    this.session = null;
    this.tries = 0;
    this.neverOpened = 0;
    this.wanted = false;
    /** @type {Format[]} */
    this.formats = [];
    /** @type {[number, number][]} */
    this.sent = [];
    this.startTimer = 0;
    this.steadyTimer = 0;
    this.bitrateTimer = 0;
  }

  /** Cameras and microphones; names are empty until the person has said yes once. */
  static async devices() {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return { cameras: all.filter((device) => device.kind === "videoinput"), microphones: all.filter((device) => device.kind === "audioinput") };
  }

  /**
   * Opens camera and microphone for the preview; a live session goes on with the new ones.
   * @param {{cameraId?: string, microphoneId?: string}} [choice]
   * @returns {Promise<MediaStream|null>} null after an `error` event
   */
  async open({ cameraId, microphoneId } = {}) {
    if (!navigator.mediaDevices?.getUserMedia) return this.fail("insecure"), null;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        video: { deviceId: cameraId ? { exact: cameraId } : undefined, ...pictureSize(), frameRate: { ideal: 30, max: 30 } },
        audio: { deviceId: microphoneId ? { exact: microphoneId } : undefined, echoCancellation: true, noiseSuppression: true },
      });
      this.use(stream);
      return stream;
    } catch (error) {
      this.fail(deviceProblem(error));
      return null;
    }
  }

  /** Takes a stream made elsewhere (a canvas, a screen). @param {MediaStream} stream */
  use(stream) {
    const before = this.stream;
    this.stream = stream;
    for (const track of stream.getTracks()) track.addEventListener("ended", () => this.stream === stream && this.fail("device_lost"));
    if (before && before !== stream) for (const track of before.getTracks()) track.stop();
    // A recorder cannot change its tracks: a live session starts over, which viewers see as a short gap.
    if (this.session) this.restart();
  }

  /** Sound off and on without a gap. @param {boolean} muted */
  setMuted(muted) {
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  /** Picture off (black) and on without a gap. @param {boolean} off */
  setCameraOff(off) {
    for (const track of this.stream?.getVideoTracks() ?? []) track.enabled = !off;
  }

  /** Goes on air and stays there until `stop`, whatever the network does. */
  start() {
    if (this.wanted) return;
    this.formats = typeof MediaRecorder === "undefined" ? [] : supported((type) => MediaRecorder.isTypeSupported(type));
    if (!this.formats.length) return this.fail("unsupported");
    if (!this.stream) return this.fail("no_device");
    this.wanted = true;
    this.tries = 0;
    this.bitrateTimer = window.setInterval(() => this.tellBitrate(), BITRATE_MS);
    this.change("connecting");
    void this.connect();
  }

  /** Leaves the air after the last slice; camera and microphone stay open for the preview. */
  async stop() {
    const session = this.session;
    this.halt();
    if (session) await session.finish();
    this.change("stopped");
  }

  /** Ends everything and frees the devices. */
  destroy() {
    this.halt()?.abandon();
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.change("idle");
  }

  restart() {
    this.session?.abandon();
    this.session = null;
    if (this.wanted) void this.connect();
  }

  halt() {
    const session = this.session;
    this.wanted = false;
    this.session = null;
    window.clearTimeout(this.startTimer);
    window.clearTimeout(this.steadyTimer);
    window.clearInterval(this.bitrateTimer);
    return session;
  }

  async connect() {
    /** @type {Grant} */
    let grant;
    try {
      grant = await this.getGrant();
    } catch (error) {
      const status = /** @type {any} */ (error)?.status ?? 0;
      // 4xx is an answer (ended, signed out, not allowed); everything else is the network.
      if (status >= 400 && status < 500 && status !== 429) return this.fail("refused", error);
      return this.again();
    }
    if (!this.wanted || !this.stream) return;
    const Transport = this.neverOpened >= 2 ? PostSession : SocketSession;
    /** @type {Session} */
    const session = new Transport(grant, this.formats[0], this.stream, this.videoBits, {
      opened: () => this.session === session && this.opened(),
      sent: (bytes) => this.sent.push([performance.now(), bytes]),
      closed: (code) => this.session === session && this.closed(code, session.isOpen),
    });
    this.session = session;
    session.start();
  }

  opened() {
    this.neverOpened = 0;
    this.change("live");
    this.steadyTimer = window.setTimeout(() => (this.tries = 0), STEADY_MS);
  }

  /** @param {number} code @param {boolean} wasOpen */
  closed(code, wasOpen) {
    this.session = null;
    window.clearTimeout(this.steadyTimer);
    if (!wasOpen) this.neverOpened += 1;
    const problem = problemOf(code);
    if (problem === "unreadable" && this.formats.length > 1) {
      this.formats = this.formats.slice(1); // What this browser calls H.264 was not; the next format may be better.
      return this.again();
    }
    if (problem) return this.fail(problem);
    if (code === CONGESTED) {
      this.videoBits = Math.max(LEAST_VIDEO_BITS, Math.round(this.videoBits * 0.7));
      this.dispatchEvent(new CustomEvent("error", { detail: { code: "congested" } }));
    }
    this.again();
  }

  again() {
    if (!this.wanted) return;
    this.change("reconnecting");
    window.clearTimeout(this.startTimer);
    this.startTimer = window.setTimeout(() => void this.connect(), waitBefore(this.tries++, Math.random()));
  }

  /** @param {PublisherProblem} code @param {unknown} [cause] */
  fail(code, cause) {
    const keepsGoing = code === "device_lost" || (!this.wanted && this.state !== "connecting");
    if (!keepsGoing) {
      this.halt()?.abandon();
      this.change("error");
    }
    this.dispatchEvent(new CustomEvent("error", { detail: { code, message: cause instanceof Error ? cause.message : undefined } }));
  }

  tellBitrate() {
    const now = performance.now();
    this.sent = this.sent.filter(([at]) => at > now - 10_000);
    this.dispatchEvent(new CustomEvent("bitrate", { detail: { bitsPerSecond: bitrate(this.sent, now), buffered: this.session?.buffered ?? 0 } }));
  }

  /** @param {PublisherState} state */
  change(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

const CONGESTED = 4000; // Our own word for "the network is slower than the camera".

/** @typedef {{opened: () => void, sent: (bytes: number) => void, closed: (code: number) => void}} Listener */

/** One recording and the way it travels. */
class Session {
  /** @param {Grant} grant @param {Format} format @param {MediaStream} stream @param {number} videoBits @param {Listener} listener */
  constructor(grant, format, stream, videoBits, listener) {
    this.grant = grant;
    this.format = format;
    this.listener = listener;
    this.isOpen = false;
    this.isOver = false;
    this.recorder = new MediaRecorder(stream, /** @type {MediaRecorderOptions} */ ({
      mimeType: format.mimeType, videoBitsPerSecond: videoBits, audioBitsPerSecond: AUDIO_BITS, videoKeyFrameIntervalDuration: KEYFRAME_MS,
    }));
    this.recorder.addEventListener("dataavailable", (event) => event.data.size && !this.isOver && this.send(event.data));
    this.recorder.addEventListener("error", () => this.close(0));
  }

  /** Bytes that wait to leave. */
  get buffered() {
    return 0;
  }

  start() {}

  /** @param {Blob} _slice */
  send(_slice) {}

  /** The last slices leave, then the connection closes. */
  async finish() {}

  /** Closes without waiting and without a word to the listener. */
  abandon() {
    this.isOver = true;
    if (this.recorder.state !== "inactive") this.recorder.stop();
  }

  record() {
    this.isOpen = true;
    this.recorder.start(SLICE_MS);
    this.listener.opened();
  }

  /** @param {number} code */
  close(code) {
    if (this.isOver) return;
    this.abandon();
    this.listener.closed(code);
  }

  /** Resolves after the recorder's last slice. */
  stopRecording() {
    return new Promise((resolve) => {
      if (this.recorder.state === "inactive") return resolve(undefined);
      this.recorder.addEventListener("stop", () => resolve(undefined), { once: true });
      this.recorder.stop();
    });
  }
}

class SocketSession extends Session {
  start() {
    this.socket = new WebSocket(socketAddress(this.grant.url, location.href, this.format.container));
    this.socket.addEventListener("open", () => !this.isOver && this.record());
    this.socket.addEventListener("close", (event) => this.close(event.code));
  }

  get buffered() {
    return this.socket?.bufferedAmount ?? 0;
  }

  /** @param {Blob} slice */
  send(slice) {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    // Leaving one slice out would damage the recording: start over at a lower rate instead.
    if (this.buffered > MOST_BUFFERED) return this.close(CONGESTED);
    this.socket.send(slice);
    this.listener.sent(slice.size);
  }

  async finish() {
    await this.stopRecording();
    this.isOver = true;
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send("stop");
    this.socket?.close(1000);
  }

  abandon() {
    super.abandon();
    this.socket?.close(1000);
  }
}

class PostSession extends Session {
  /** @type {Blob[]} */
  waiting = [];
  number = 0;
  isGone = false;
  /** @type {Promise<void>|undefined} */
  pumping;

  start() {
    this.record();
  }

  get buffered() {
    return this.waiting.reduce((sum, slice) => sum + slice.size, 0);
  }

  /** @param {Blob} slice */
  send(slice) {
    this.waiting.push(slice);
    if (this.buffered > MOST_BUFFERED) return this.close(CONGESTED);
    this.pumping ??= this.pump().finally(() => (this.pumping = undefined));
  }

  async pump() {
    let failingSince = 0;
    while (this.waiting.length && !this.isGone) {
      const count = this.waiting.length;
      const body = new Blob(this.waiting.slice(0, count));
      const answer = await this.post(body);
      if (answer?.ok) {
        this.waiting.splice(0, count);
        this.number += 1;
        this.listener.sent(body.size);
        failingSince = 0;
      } else if (answer && answer.status < 500) {
        return this.close(await codeOf(answer));
      } else {
        failingSince ||= performance.now();
        if (performance.now() - failingSince > POST_PATIENCE_MS) return this.close(0);
        await new Promise((resolve) => setTimeout(resolve, POST_RETRY_MS));
      }
    }
  }

  /** @param {Blob} body @returns {Promise<Response|null>} null when the network failed */
  async post(body) {
    try {
      return await fetch(chunkAddress(this.grant.url, location.href, this.format.container, this.number), { method: "POST", body, credentials: "omit" });
    } catch {
      return null;
    }
  }

  async finish() {
    await this.stopRecording();
    await this.pumping;
    this.abandon();
  }

  abandon() {
    super.abandon();
    if (this.isGone) return;
    this.isGone = true;
    // The server notices silence by itself; this only spares it the wait.
    void fetch(new URL(this.grant.url, location.href), { method: "DELETE", credentials: "omit", keepalive: true }).catch(() => null);
  }
}

/** The close code an HTTP answer stands for. @param {Response} answer */
async function codeOf(answer) {
  if (answer.status === 410) return 4410;
  if (answer.status === 413) return 4413;
  const said = await answer.json().catch(() => ({}));
  return Number(said.code) || 0;
}
