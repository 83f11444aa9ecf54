// The crew's list of claims: its forms are sent without leaving the page, and it is asked for anew when something
// changed (the studio hears `claims.changed`; the page of its own asks every few seconds while the show runs).
import { Controller } from "stimulus";
import { fragment, request } from "../core/http.js";
import { toast } from "../core/toast.js";

const POLL_MS = 5000;
const SETTLE_MS = 300;

export default class extends Controller {
  static targets = ["list"];
  static values = { address: String, polls: Boolean };

  connect() {
    this.element.addEventListener("submit", this.sent);
    window.addEventListener("claims:changed", this.changed);
    if (this.pollsValue) this.timer = setInterval(this.refresh, POLL_MS);
    if (!this.listTarget.childElementCount) this.refresh();
  }

  disconnect() {
    clearInterval(this.timer);
    this.element.removeEventListener("submit", this.sent);
    window.removeEventListener("claims:changed", this.changed);
    clearTimeout(this.waiting);
  }

  /** Claims come in bursts; one look answers them all. */
  changed = () => {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(this.refresh, SETTLE_MS);
  };

  /** Not under the hands of somebody who is correcting. */
  refresh = async () => {
    if (this.listTarget.querySelector("details[open]")) return;
    const part = await fragment(this.addressValue).catch(() => null);
    if (part === null || this.listTarget.querySelector("details[open]")) return;
    this.listTarget.innerHTML = part; // Drawn by the server.
    this.count();
  };

  /** How many are open, on the button that leads here. */
  count() {
    const badge = /** @type {HTMLElement|null} */ (document.querySelector("[data-claims-count]"));
    const open = this.listTarget.querySelectorAll('[data-state="held"], [data-state="waiting"]').length;
    if (!badge) return;
    badge.textContent = String(open);
    badge.hidden = !open;
  }

  /** @param {SubmitEvent} event */
  sent = async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-claims-form]")) return;
    event.preventDefault();
    try {
      await request(form.action, { method: "POST", body: new FormData(form) });
    } catch (error) {
      toast(/** @type {Error} */ (error).message);
    }
    form.closest("details")?.removeAttribute("open");
    await this.refresh();
  };
}
