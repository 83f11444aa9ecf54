// A form that asks before it acts: data-confirm-message-value names the act. Without scripts it just acts.
import { Controller } from "stimulus";

export default class extends Controller {
  static values = { message: String };

  connect() {
    this.element.addEventListener("submit", this.ask);
  }

  disconnect() {
    this.element.removeEventListener("submit", this.ask);
  }

  /** @param {Event} event */
  ask = (event) => {
    if (!confirm(this.messageValue)) event.preventDefault();
  };
}
