// A form that asks before it acts: data-confirm-message-value is the question, data-confirm-act-value the verb on the
// button. Without scripts the form just acts.
import { Controller } from "stimulus";
import { ask } from "../core/ask.js";

export default class extends Controller {
  static values = { message: String, act: String, text: String };

  connect() {
    this.element.addEventListener("submit", this.onSubmit);
  }

  disconnect() {
    this.element.removeEventListener("submit", this.onSubmit);
  }

  /** @param {SubmitEvent} event */
  onSubmit = async (event) => {
    if (this.agreed) return;
    event.preventDefault();
    const submitter = event.submitter;
    const words = submitter?.textContent?.trim();
    this.agreed = await ask(this.messageValue, { act: this.actValue || words, text: this.textValue });
    if (this.agreed) /** @type {HTMLFormElement} */ (this.element).requestSubmit(submitter);
    this.agreed = false;
  };
}
