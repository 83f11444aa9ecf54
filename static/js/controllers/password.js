// A password field: a button that shows what was typed, and a meter for new passwords.
import { Controller } from "stimulus";

/** How full the meter is, 0 to 4: length counts most, variety a little. The server decides what is accepted.
 * @param {string} text @param {number} minimum */
export function strength(text, minimum) {
  if (!text) return 0;
  if (text.length < minimum) return 1;
  const variety = new Set(text.toLowerCase()).size;
  if (variety < 5) return 1;
  if (text.length >= minimum + 8 && variety >= 9) return 4;
  return text.length >= minimum + 2 && variety >= 7 ? 3 : 2;
}

export default class extends Controller {
  static targets = ["input", "button", "meter"];
  static values = { minimum: Number };

  connect() {
    this.buttonTarget.hidden = false;
  }

  toggle() {
    const shown = this.inputTarget.type === "text";
    this.inputTarget.type = shown ? "password" : "text";
    this.buttonTarget.setAttribute("aria-pressed", String(!shown));
    this.inputTarget.focus();
  }

  measure() {
    if (!this.hasMeterTarget) return;
    const filled = strength(this.inputTarget.value, this.minimumValue);
    [...this.meterTarget.children].forEach((bar, place) => bar.classList.toggle("is-on", place < filled));
  }
}
