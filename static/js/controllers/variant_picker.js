// The product form: the chosen variant's price and words, and "Add to bag" without leaving the page.
// Without scripts the radio buttons and both buttons post the same form.
import { Controller } from "stimulus";
import { announce } from "../core/announce.js";
import { Refusal, request } from "../core/http.js";
import { t } from "../core/i18n.js";
import { toast } from "../core/toast.js";

export default class extends Controller {
  static targets = ["price", "chosen", "note", "error", "add"];

  /** @param {Event} event */
  choose(event) {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || input.name !== "variant_id") return;
    this.chosenTarget.textContent = `· ${input.dataset.words}`;
    // The server drew each variant's price as a part; text that came from people is escaped in it.
    if (input.dataset.price) this.priceTarget.innerHTML = input.dataset.price;
    if (this.hasNoteTarget) this.noteTarget.hidden = !this.priceTarget.querySelector("s");
    this.errorTarget.hidden = true;
    const form = /** @type {HTMLFormElement} */ (this.element);
    for (const control of form.elements) {
      if (control instanceof HTMLButtonElement && control.name === "seen_amount") control.value = input.dataset.minorUnits ?? "";
    }
    document.dispatchEvent(new CustomEvent("variant:chosen", { detail: { label: input.dataset.label, amount: input.dataset.amount } }));
  }

  /** @param {SubmitEvent} event */
  async send(event) {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || button.getAttribute("formaction") !== "/cart/lines") return;
    event.preventDefault();
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
    try {
      const answer = await request("/cart/lines", { method: "POST", body: new FormData(/** @type {HTMLFormElement} */ (this.element)) });
      this.count(answer.bag.count);
      toast(t("in_bag"), { action: t("review_bag"), onAction: () => location.assign("/cart") });
    } catch (problem) {
      this.refuse(problem instanceof Refusal ? problem.message : t("generic_error"));
    } finally {
      button.disabled = false;
      button.removeAttribute("aria-busy");
    }
  }

  /** @param {number} count */
  count(count) {
    for (const place of document.querySelectorAll('[data-live="bag-count"]')) {
      place.textContent = String(count);
      place.toggleAttribute("hidden", count === 0);
    }
  }

  /** @param {string} message */
  refuse(message) {
    this.errorTarget.textContent = message;
    this.errorTarget.hidden = false;
    announce(message);
  }
}
