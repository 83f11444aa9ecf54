// "Remind me" turns round at once; if the shop says no, it turns back and says why.
import { Controller } from "stimulus";
import { request } from "../core/http.js";
import { toast } from "../core/toast.js";

export default class extends Controller {
  static targets = ["button", "ask", "kept"];

  /** @param {SubmitEvent} event */
  async toggle(event) {
    event.preventDefault();
    if (this.busy) return;
    this.busy = true;
    const wanted = this.buttonTarget.value === "yes";
    const body = new FormData(/** @type {HTMLFormElement} */ (this.element));
    body.set("wanted", wanted ? "yes" : "no");
    this.paint(wanted);
    try {
      const { data } = await request(this.element.getAttribute("action"), { method: "POST", body });
      toast(data.words);
      for (const place of document.querySelectorAll("[data-reminded]")) place.textContent = data.people;
    } catch (error) {
      this.paint(!wanted);
      toast(error.message);
    } finally {
      this.busy = false;
    }
  }

  /** @param {boolean} wanted */
  paint(wanted) {
    this.buttonTarget.value = wanted ? "no" : "yes";
    this.askTarget.hidden = wanted;
    this.keptTarget.hidden = !wanted;
  }
}
