// The dashboard's sidebar as a drawer on phones.
import { Controller } from "stimulus";

export default class extends Controller {
  connect() {
    this.element.addEventListener("click", this.toggle);
    this.element.addEventListener("keydown", this.escape);
  }

  disconnect() {
    this.element.removeEventListener("click", this.toggle);
    this.element.removeEventListener("keydown", this.escape);
  }

  /** @param {Event} event */
  toggle = (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-drawer-toggle]")) this.set(!this.element.hasAttribute("data-drawer-open"));
    else if (this.element.hasAttribute("data-drawer-open") && !target.closest(".side")) this.set(false);
  };

  /** @param {Event} event */
  escape = (event) => {
    if (/** @type {KeyboardEvent} */ (event).key === "Escape") this.set(false);
  };

  /** @param {boolean} open */
  set(open) {
    this.element.toggleAttribute("data-drawer-open", open);
    this.element.querySelector("[data-drawer-toggle]")?.setAttribute("aria-expanded", String(open));
  }
}
