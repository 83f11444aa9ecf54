// The matrix of variants: Enter moves down, Esc restores the cell, a pasted column fills downwards, changed cells are tinted.
import { Controller } from "stimulus";

export default class extends Controller {
  static targets = ["fill"];

  connect() {
    this.element.addEventListener("keydown", this.key);
    this.element.addEventListener("input", this.tint);
    this.element.addEventListener("paste", this.paste);
    if (this.hasFillTarget) this.fillTarget.hidden = false;
  }

  disconnect() {
    this.element.removeEventListener("keydown", this.key);
    this.element.removeEventListener("input", this.tint);
    this.element.removeEventListener("paste", this.paste);
  }

  /** @param {EventTarget|null} target @returns {HTMLInputElement|null} */
  cell(target) {
    return target instanceof HTMLInputElement && target.classList.contains("cell") ? target : null;
  }

  /** Cells of the same column, from this one on. @param {HTMLInputElement} cell @returns {HTMLInputElement[]} */
  below(cell) {
    const column = cell.name.replace(/^row-\d+-/, "");
    const cells = /** @type {HTMLInputElement[]} */ ([...this.element.querySelectorAll(`input.cell[name$="-${column}"]`)]);
    return cells.slice(cells.indexOf(cell));
  }

  /** @param {Event} event */
  key = (event) => {
    const { key } = /** @type {KeyboardEvent} */ (event);
    const cell = this.cell(event.target);
    if (!cell) return;
    if (key === "Enter") {
      event.preventDefault();
      (this.below(cell)[1] ?? cell).focus();
    } else if (key === "Escape" && cell.value !== cell.defaultValue) {
      event.preventDefault();
      this.set(cell, cell.defaultValue);
    }
  };

  /** @param {Event} event */
  tint = (event) => {
    const cell = this.cell(event.target);
    cell?.toggleAttribute("data-changed", cell.value !== cell.defaultValue);
  };

  /** @param {Event} event */
  paste = (event) => {
    const cell = this.cell(event.target);
    const lines = /** @type {ClipboardEvent} */ (event).clipboardData?.getData("text").trim().split(/\r?\n/) ?? [];
    if (!cell || lines.length < 2) return;
    event.preventDefault();
    this.below(cell).slice(0, lines.length).forEach((one, place) => this.set(one, lines[place].trim()));
  };

  fillDown() {
    const first = /** @type {HTMLInputElement[]} */ ([...this.element.querySelectorAll('input.cell[name^="row-0-"][data-column]')]);
    for (const cell of first) for (const one of this.below(cell)) this.set(one, cell.value);
  }

  /** @param {HTMLInputElement} cell @param {string} value */
  set(cell, value) {
    cell.value = value;
    cell.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
