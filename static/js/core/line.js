// The person's own line: one WebSocket per page, opened by the first who listens and shared by all. The live room has its own.
import { io } from "socket.io";

/** Where news arrives: `line.on("notice.added", …)`. @type {Line | null} */
let line = null;

class Line {
  /** @param {string} token */
  constructor(token) {
    this.socket = io({ transports: ["websocket"], auth: { token }, withCredentials: true, reconnectionDelay: 1000, reconnectionDelayMax: 30000 });
  }

  /** Calls back with each payload; returns what stops it. @param {string} name @param {(payload: any) => void} callback */
  on(name, callback) {
    this.socket.on(name, callback);
    return () => this.socket.off(name, callback);
  }

  /** Sends a command; resolves with its receipt, rejects with the error's `{code, message}`. @param {string} name @param {Record<string, any>} payload */
  async send(name, payload) {
    const answer = await this.socket.timeout(8000).emitWithAck(name, payload);
    if (!answer?.ok) throw answer?.error ?? { code: "error", message: "" };
    return answer.data;
  }
}

/** The line of whoever is signed in, or null for guests. */
export function personalLine() {
  const token = document.querySelector('meta[name="socket-token"]')?.getAttribute("content");
  if (!line && token) line = new Line(token);
  return line;
}
