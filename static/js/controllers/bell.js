// The bell in the top bar: how many notices wait, kept right over the person's own line.
import { Controller } from "stimulus";
import { request } from "../core/http.js";
import { personalLine } from "../core/line.js";

const SETTLE_MS = 250;

export default class extends Controller {
  static targets = ["count", "words"];
  static values = { some: String, none: String };

  connect() {
    const line = personalLine();
    if (!line) return;
    // "connect" too: what happened while the line was down is asked for once it is back.
    this.stops = ["notice.added", "notices.read", "connect"].map((name) => line.on(name, () => this.soon()));
  }

  disconnect() {
    clearTimeout(this.timer);
    for (const stop of this.stops ?? []) stop();
  }

  /** News comes in bursts; one question answers them all. */
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), SETTLE_MS);
  }

  async refresh() {
    const answer = await request("/notices/unread").catch(() => null);
    if (answer) this.show(answer.data.unread);
  }

  /** @param {number} unread */
  show(unread) {
    this.countTarget.textContent = unread > 99 ? "99+" : String(unread);
    this.countTarget.hidden = unread === 0;
    this.wordsTarget.textContent = unread ? this.someValue.replace("%(count)s", String(unread)) : this.noneValue;
  }
}
