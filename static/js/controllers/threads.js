// The list of threads, drawn again by the server whenever something was said in one of them.
import { Controller } from "stimulus";
import { fragment } from "../core/http.js";
import { personalLine } from "../core/line.js";

const SETTLE_MS = 300;

export default class extends Controller {
  static values = { url: String };

  connect() {
    const line = personalLine();
    if (!line) return;
    const news = ["message.posted", "message.changed", "thread.added", "thread.closed", "thread.changed"];
    this.stops = news.map((name) => line.on(name, () => this.soon()));
  }

  disconnect() {
    clearTimeout(this.timer);
    for (const stop of this.stops ?? []) stop();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.draw(), SETTLE_MS);
  }

  async draw() {
    // Whoever types in the search field or walks through the list keeps the focus.
    if (this.element.contains(document.activeElement)) return this.soon();
    const html = await fragment(this.urlValue).catch(() => "");
    if (!html) return;
    this.element.innerHTML = html;
    const here = [...this.element.querySelectorAll("a.dm-row")].find((row) => row.getAttribute("href") === location.pathname);
    here?.setAttribute("aria-current", "page");
  }
}
