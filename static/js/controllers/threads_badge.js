// The number on the messages icon; this is also what makes the person's line hear their threads.
import { Controller } from "stimulus";
import { request } from "../core/http.js";
import { personalLine } from "../core/line.js";

const SETTLE_MS = 400;

export default class extends Controller {
  static targets = ["count", "words"];
  static values = { some: String, none: String };

  connect() {
    const line = personalLine();
    if (!line) return;
    this.stops = [
      line.on("connect", () => this.watch()),
      ...["message.posted", "thread.added", "thread.read", "thread.closed"].map((name) => line.on(name, () => this.soon())),
    ];
    if (line.socket.connected) this.watch();
  }

  disconnect() {
    clearTimeout(this.timer);
    for (const stop of this.stops ?? []) stop();
  }

  async watch() {
    const answer = await personalLine()?.send("messages.watch", {}).catch(() => null);
    if (answer) this.show(answer.unread);
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), SETTLE_MS);
  }

  async refresh() {
    const answer = await request("/messages/unread").catch(() => null);
    if (answer) this.show(answer.data.unread);
  }

  /** @param {number} unread */
  show(unread) {
    this.countTarget.textContent = unread > 99 ? "99+" : String(unread);
    this.countTarget.hidden = unread === 0;
    if (this.hasWordsTarget) this.wordsTarget.textContent = unread ? this.someValue.replace("%(count)s", String(unread)) : this.noneValue;
  }
}
