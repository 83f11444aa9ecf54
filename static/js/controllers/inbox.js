// A brand's inbox: the list drawn anew when something changed, and a word when a colleague is answering the same thread.
import { Controller } from "stimulus";
import { fragment } from "../core/http.js";
import { personalLine } from "../core/line.js";

const SETTLE_MS = 300;
const SHOWN_MS = 6000;

export default class extends Controller {
  static targets = ["list"];
  static values = { url: String, thread: String, me: String, words: String };

  connect() {
    const line = personalLine();
    if (!line) return;
    const watch = () => line.send("messages.watch", {}).then(() => this.soon()).catch(() => {});
    this.stops = [
      line.on("connect", watch),
      line.on("inbox.changed", () => this.soon()),
      line.on("inbox.typing", (news) => this.replying(news)),
    ];
    if (line.socket.connected) watch();
  }

  disconnect() {
    clearTimeout(this.timer);
    clearTimeout(this.hideTimer);
    for (const stop of this.stops ?? []) stop();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.draw(), SETTLE_MS);
  }

  async draw() {
    if (this.element.contains(document.activeElement)) return this.soon();
    const html = await fragment(this.urlValue).catch(() => "");
    if (!html) return;
    this.listTarget.innerHTML = html;
    if (this.threadValue) this.listTarget.querySelector(`[data-thread="${CSS.escape(this.threadValue)}"]`)?.setAttribute("aria-current", "page");
  }

  /** @param {{thread_id: string, account_id: string, display_name: string}} news */
  replying(news) {
    const bar = document.getElementById("inbox-collision");
    if (!bar || news.account_id === this.meValue || news.thread_id !== this.threadValue) return;
    bar.textContent = this.wordsValue.replace("%(name)s", news.display_name);
    bar.hidden = false;
    clearTimeout(this.hideTimer);
    this.hideTimer = setTimeout(() => (bar.hidden = true), SHOWN_MS);
  }
}
