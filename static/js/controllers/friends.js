// Lists that follow what friends do: on news over the person's own line the part is asked for again, once per burst.
// On the friends page also the camera that reads a friend's code.
import { Controller } from "stimulus";
import { fragment } from "../core/http.js";
import { personalLine } from "../core/line.js";

const SETTLE_MS = 250;

export default class extends Controller {
  static values = { url: String };
  static targets = ["list", "who"];

  connect() {
    const line = personalLine();
    if (!line) return;
    this.stops = ["friends.changed", "friends.watching_changed", "connect"].map((name) => line.on(name, () => this.soon()));
  }

  disconnect() {
    clearTimeout(this.timer);
    for (const stop of this.stops ?? []) stop();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), SETTLE_MS);
  }

  async refresh() {
    const part = await fragment(this.urlValue).catch(() => null);
    if (part === null || !this.element.isConnected) return;
    const list = this.hasListTarget ? this.listTarget : this.element;
    const kept = document.activeElement;
    const place = kept && list.contains(kept) ? kept.closest("[id],form,a")?.getAttribute("action") : null;
    list.innerHTML = part; // Drawn by the server, from the same part as the page.
    if (place) /** @type {HTMLElement|null} */ (list.querySelector(`form[action="${CSS.escape(place)}"] button`))?.focus();
  }

  /** The camera comes with its first use; what it reads leads to the same page as the code's own address. */
  async scan() {
    const { openScanner } = await import("../core/scan.js");
    openScanner(document.getElementById("scan-sheet"), () => this.whoTarget.focus());
  }
}
