// Sends a form (filters, a quantity) when a choice changes, and words 400 ms after the last key. Its submit button,
// marked data-autosubmit-target="button", is for visitors without scripts and goes away.
import { Controller } from "stimulus";

const PAUSE_MS = 400;

export default class extends Controller {
  static targets = ["button"];

  connect() {
    for (const button of this.buttonTargets) button.hidden = true;
    this.element.addEventListener("change", this.changed);
    this.element.addEventListener("input", this.typed);
  }

  disconnect() {
    clearTimeout(this.timer);
    this.element.removeEventListener("change", this.changed);
    this.element.removeEventListener("input", this.typed);
  }

  changed = () => this.sendAfter(0);

  /** @param {Event} event */
  typed = (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (field.type === "search") this.sendAfter(PAUSE_MS);
  };

  /** @param {number} pause */
  sendAfter(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => /** @type {HTMLFormElement} */ (this.element).requestSubmit(), pause);
  }
}
