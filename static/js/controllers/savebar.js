// The save bar appears when the form changed; leaving asks once; Ctrl S saves.
import { Controller } from "stimulus";

export default class extends Controller {
  static targets = ["bar"];

  connect() {
    this.dirty = false;
    this.element.addEventListener("input", this.changed);
    this.element.addEventListener("submit", this.saved);
    addEventListener("beforeunload", this.leaving);
    addEventListener("keydown", this.shortcut);
  }

  disconnect() {
    removeEventListener("beforeunload", this.leaving);
    removeEventListener("keydown", this.shortcut);
  }

  changed = () => {
    this.dirty = true;
    this.element.setAttribute("data-dirty", "");
  };

  saved = () => {
    this.dirty = false;
  };

  /** @param {BeforeUnloadEvent} event */
  leaving = (event) => {
    if (this.dirty) event.preventDefault();
  };

  /** @param {KeyboardEvent} event */
  shortcut = (event) => {
    if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      /** @type {HTMLFormElement} */ (this.element).requestSubmit();
    }
  };
}
