// The line to the room: one WebSocket, jittered back-off, join with what we already know, recovery of gaps.
// States: "connecting", "connected", "reconnecting" (told after two seconds), "offline" (the browser says so).
import { learn } from "../core/clock.js";
import { isState, judge, reduce } from "./store.js";

export const RECONNECTING_AFTER = 2000;

export class CommandError extends Error {
  /** @param {{code: string, message: string, [key: string]: any}} error */
  constructor(error) {
    super(error.message);
    this.code = error.code;
    this.data = error;
  }
}

const PERSONAL = /^(chat\.silenced|studio\.counted|sale\.made|(friends|claims?|offer)\.)/;

/** Waits before attempt n: 0.5 s doubling to 15 s, each between half and all of it. @param {number} attempt @param {number} [random] */
export function backOff(attempt, random = Math.random()) {
  return Math.min(15000, 500 * 2 ** Math.min(attempt, 6)) * (0.5 + random / 2);
}

export class RoomLine extends EventTarget {
  /**
   * @param {{roomId: string, token: string, crew?: boolean, state: Record<string, any>, connect: (options: any) => any}} options
   * Dispatches `state` (detail: the new line state), `snapshot` (detail: room), `event` (detail: {event, room, before}),
   * `personal` (news for this person or the crew, detail: {name, payload}).
   */
  constructor({ roomId, token, crew = false, state, connect }) {
    super();
    this.roomId = roomId;
    this.crew = crew;
    this.room = state;
    this.state = "connecting";
    this.attempt = 0;
    this.joining = false;
    this.joined = false;
    /** @type {{name: string, payload: Record<string, any>}[]} */
    this.waiting = [];
    this.socket = connect({ transports: ["websocket"], auth: { token }, reconnection: false, autoConnect: false, withCredentials: true });
    this.socket.on("connect", () => this.join());
    this.socket.on("disconnect", (/** @type {string} */ reason) => this.lost(reason));
    this.socket.on("connect_error", () => this.lost("connect_error"));
    this.socket.onAny((/** @type {string} */ name, /** @type {any} */ payload) => this.receive(name, payload ?? {}));
    this.online = () => this.connectNow();
    this.offline = () => this.become("offline");
  }

  open() {
    addEventListener("online", this.online);
    addEventListener("offline", this.offline);
    if (navigator.onLine === false) this.become("offline");
    else this.socket.connect();
  }

  close() {
    removeEventListener("online", this.online);
    removeEventListener("offline", this.offline);
    clearTimeout(this.retryTimer);
    clearTimeout(this.tellTimer);
    this.closed = true;
    this.socket.disconnect();
  }

  connectNow() {
    clearTimeout(this.retryTimer);
    this.attempt = 0;
    // A short loss may leave the socket open; what was missed is asked for all the same.
    if (this.socket.connected) this.join();
    else this.socket.connect();
  }

  /** @param {string} state */
  become(state) {
    if (this.state === state) return;
    const before = this.state;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, before } }));
  }

  /** @param {string} reason */
  lost(reason) {
    this.joined = false;
    if (this.closed) return;
    if (navigator.onLine === false) return this.become("offline");
    clearTimeout(this.tellTimer);
    if (this.state !== "reconnecting") this.tellTimer = setTimeout(() => this.become("reconnecting"), RECONNECTING_AFTER);
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.socket.connect(), backOff(this.attempt, reason === "io server disconnect" ? 1 : undefined));
    this.attempt += 1;
  }

  /** Join with what we know: the server answers with the missed events or a snapshot. */
  async join() {
    if (this.joining) return;
    this.joining = true;
    try {
      const known = this.room.epoch ? { epoch: this.room.epoch, last_seq: this.room.seq } : {};
      const answer = await this.send("room.join", { room_id: this.roomId, crew: this.crew, ...known });
      this.adopt(answer);
      this.attempt = 0;
      this.joined = true;
      clearTimeout(this.tellTimer);
      this.become("connected");
    } catch (error) {
      this.dispatchEvent(new CustomEvent("refused", { detail: error }));
      if (error instanceof CommandError && ["banned", "not_allowed", "not_found", "sign_in_needed"].includes(error.code)) this.close();
      else if (this.socket.connected) this.retryTimer = setTimeout(() => this.join(), backOff(this.attempt++));
    } finally {
      this.joining = false;
      this.flush();
    }
  }

  /** @param {Record<string, any>} answer */
  adopt(answer) {
    if (!answer.recovered) return this.replace(answer.snapshot);
    for (const event of answer.events ?? []) this.apply({ name: event.name, payload: { ...event.payload, seq: event.seq } });
    // Chat has no numbers: what was said between the page and this socket comes with the answer.
    const known = new Set((this.room.messages ?? []).map((/** @type {any} */ message) => message.message_id));
    for (const message of answer.messages ?? []) if (!known.has(message.message_id)) this.apply({ name: "chat.posted", payload: { message } });
  }

  /** @param {Record<string, any>} snapshot */
  replace(snapshot) {
    if (snapshot.server_now) learn(snapshot.server_now);
    const before = this.room;
    this.room = snapshot;
    this.dispatchEvent(new CustomEvent("snapshot", { detail: { room: snapshot, before } }));
  }

  /** @param {string} name @param {Record<string, any>} payload */
  receive(name, payload) {
    if (PERSONAL.test(name)) {
      this.dispatchEvent(new CustomEvent("personal", { detail: { name, payload } }));
      return;
    }
    if (this.joining) this.waiting.push({ name, payload });
    else this.take({ name, payload });
  }

  /** @param {{name: string, payload: Record<string, any>}} event */
  take(event) {
    const verdict = judge(this.room, event);
    if (verdict === "apply") this.apply(event);
    else if (verdict === "gap" && isState(event)) this.join();
  }

  /** @param {{name: string, payload: Record<string, any>}} event */
  apply(event) {
    const before = this.room;
    this.room = reduce(before, event);
    this.dispatchEvent(new CustomEvent("event", { detail: { event, room: this.room, before } }));
  }

  flush() {
    const waiting = this.waiting;
    this.waiting = [];
    for (const event of waiting) this.take(event);
  }

  /**
   * Sends a command; resolves with its receipt, rejects with CommandError.
   * @param {string} name @param {Record<string, any>} payload @returns {Promise<any>}
   */
  async send(name, payload) {
    if (!this.socket.connected) throw new CommandError({ code: "offline", message: "" });
    let answer;
    try {
      answer = await this.socket.timeout(8000).emitWithAck(name, payload);
    } catch {
      throw new CommandError({ code: "timeout", message: "" });
    }
    if (!answer?.ok) throw new CommandError(answer?.error ?? { code: "error", message: "" });
    return answer.data;
  }
}
