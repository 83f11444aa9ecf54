// The bar with price and Buy: always there on phones, on wide screens only while the panel's own buttons are out of view.
import { Controller } from "stimulus";

export default class extends Controller {
  static values = { watch: String };

  connect() {
    const watched = document.querySelector(this.watchValue);
    if (watched) {
      this.watcher = new IntersectionObserver(([entry]) => this.element.toggleAttribute("data-shown", !entry.isIntersecting));
      this.watcher.observe(watched);
    }
    document.addEventListener("variant:chosen", this.follow);
  }

  disconnect() {
    this.watcher?.disconnect();
    document.removeEventListener("variant:chosen", this.follow);
  }

  /** @param {Event} event */
  follow = (event) => {
    const { label, amount } = /** @type {CustomEvent} */ (event).detail;
    const chosen = this.element.querySelector("[data-buy-bar-chosen]");
    if (chosen) chosen.textContent = chosen.previousSibling?.textContent?.trim() ? ` · ${label}` : label;
    const price = this.element.querySelector("[data-buy-bar-price] bdi");
    if (price && amount) price.textContent = amount;
  };
}
