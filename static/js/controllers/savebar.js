// The save bar appears when the form changed and names what changed; leaving asks once; Ctrl S saves; Discard resets.
import { Controller } from "stimulus";
import { summary } from "../core/changes.js";
import { t } from "../core/i18n.js";

export default class extends Controller {
  static targets = ["bar", "words"];

  connect() {
    /** @type {Map<Element, string>} */
    this.touched = new Map();
    this.element.addEventListener("input", this.onInput);
    this.element.addEventListener("submit", this.onSubmit);
    this.element.addEventListener("reset", this.onReset);
    addEventListener("beforeunload", this.onLeave);
    addEventListener("keydown", this.onKey);
  }

  disconnect() {
    this.element.removeEventListener("input", this.onInput);
    this.element.removeEventListener("submit", this.onSubmit);
    this.element.removeEventListener("reset", this.onReset);
    removeEventListener("beforeunload", this.onLeave);
    removeEventListener("keydown", this.onKey);
  }

  /** @param {Event} event */
  onInput = (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    this.touched.set(field, nameOf(field));
    this.element.setAttribute("data-dirty", "");
    this.paint();
  };

  onSubmit = () => this.touched.clear();

  onReset = () => {
    this.touched.clear();
    this.element.removeAttribute("data-dirty");
  };

  /** @param {BeforeUnloadEvent} event */
  onLeave = (event) => {
    if (this.touched.size > 0) event.preventDefault();
  };

  /** @param {KeyboardEvent} event */
  onKey = (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.element.requestSubmit();
  };

  paint() {
    if (!this.hasWordsTarget) return;
    const { shown, more } = summary([...this.touched.values()]);
    if (!shown) this.wordsTarget.textContent = t("unsaved_changes");
    else if (more) this.wordsTarget.textContent = t("unsaved_more", { names: shown, count: more });
    else this.wordsTarget.textContent = t("unsaved", { names: shown });
  }
}

/** @param {HTMLInputElement} field */
function nameOf(field) {
  return (field.getAttribute("aria-label") ?? field.labels?.[0]?.textContent ?? "").trim();
}
