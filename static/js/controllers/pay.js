// The pay form: says where it leads while the answer is on its way, and does not send twice.
import { Controller } from "stimulus";

export default class extends Controller {
  static targets = ["label"];
  static values = { busy: String };

  connect() {
    this.element.addEventListener("submit", this.send);
    window.addEventListener("pageshow", this.rest);
  }

  disconnect() {
    this.element.removeEventListener("submit", this.send);
    window.removeEventListener("pageshow", this.rest);
  }

  /** @param {SubmitEvent} event */
  send = (event) => {
    if (this.sent) {
      event.preventDefault();
      return;
    }
    this.sent = true;
    this.words = this.labelTarget.textContent;
    this.labelTarget.textContent = this.busyValue;
    this.element.setAttribute("aria-busy", "true");
  };

  // Back from the payment page: browsers show this page as it was left.
  rest = () => {
    if (!this.sent) return;
    this.sent = false;
    this.labelTarget.textContent = this.words ?? "";
    this.element.removeAttribute("aria-busy");
  };
}
