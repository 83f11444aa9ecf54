// A button that opens a short list of actions: arrow keys move, Esc and a press elsewhere close, focus returns.
// Markup: <div class="menu" data-controller="menu"><button data-menu-target="button" aria-haspopup="true">…</button>
// <div class="menu__list" data-menu-target="list" hidden><a class="menu__item">…</a></div></div>
import { Controller } from "stimulus";

export default class extends Controller {
  static targets = ["button", "list"];

  connect() {
    this.buttonTarget.setAttribute("aria-expanded", "false");
    this.buttonTarget.addEventListener("click", this.toggle);
    this.element.addEventListener("keydown", this.onKey);
    document.addEventListener("click", this.onOutside);
  }

  disconnect() {
    this.buttonTarget.removeEventListener("click", this.toggle);
    this.element.removeEventListener("keydown", this.onKey);
    document.removeEventListener("click", this.onOutside);
  }

  toggle = () => this.set(this.listTarget.hidden);

  /** @param {MouseEvent} event */
  onOutside = (event) => {
    if (!this.element.contains(/** @type {Node} */ (event.target))) this.set(false);
  };

  /** @param {KeyboardEvent} event */
  onKey = (event) => {
    if (event.key === "Escape" && !this.listTarget.hidden) {
      event.stopPropagation();
      this.set(false);
      this.buttonTarget.focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || this.listTarget.hidden) return;
    event.preventDefault();
    const items = [...this.listTarget.querySelectorAll("a, button")];
    const next = items.indexOf(document.activeElement) + step;
    items[(next + items.length) % items.length]?.focus();
  };

  /** @param {boolean} open */
  set(open) {
    if (this.listTarget.hidden === !open) return;
    this.listTarget.hidden = !open;
    this.buttonTarget.setAttribute("aria-expanded", String(open));
    if (open) this.listTarget.querySelector("a, button")?.focus();
  }
}
