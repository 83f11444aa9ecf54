// One key each for what is done most in the inbox. They can be switched off where they are listed.
import { Controller } from "stimulus";
import { listenForKeys, remember, remembered } from "../live/keys.js";

export default class extends Controller {
  static targets = ["offer", "list", "on"];

  connect() {
    this.onTarget.checked = remembered("keys", true);
    this.onTarget.addEventListener("change", () => remember("keys", this.onTarget.checked));
    this.stop = listenForKeys(
      {
        j: () => this.move(1),
        k: () => this.move(-1),
        r: () => document.getElementById("dm-text")?.focus(),
        n: () => document.getElementById("note")?.focus(),
        o: () => this.hasOfferTarget && this.offerTarget.click(),
        "?": () => this.listTarget.open || this.listTarget.showModal(),
      },
      { enabled: () => this.onTarget.checked },
    );
  }

  disconnect() {
    this.stop?.();
  }

  /** From the conversation that has the focus, else from the open one. @param {number} step */
  move(step) {
    const rows = /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll(".inbox__list .dm-row")]);
    const from = rows.findIndex((row) => row === document.activeElement);
    const start = from >= 0 ? from : rows.findIndex((row) => row.hasAttribute("aria-current"));
    rows[Math.min(Math.max(start + step, 0), rows.length - 1)]?.focus();
  }
}
