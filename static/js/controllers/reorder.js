// Rows that can be dragged by their handle, or moved with Alt and the arrow keys. The new order goes into a field;
// without scripts the rows have buttons that do the same, one step at a time.
import { Controller } from "stimulus";
import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";

export default class extends Controller {
  connect() {
    this.element.addEventListener("keydown", this.keyed);
    this.element.addEventListener("pointerdown", this.grabbed);
  }

  disconnect() {
    this.element.removeEventListener("keydown", this.keyed);
    this.element.removeEventListener("pointerdown", this.grabbed);
  }

  /** @returns {HTMLElement[]} */
  get rows() {
    return [...this.element.querySelectorAll("[data-reorder-row]")];
  }

  keyed = (/** @type {KeyboardEvent} */ event) => {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    const row = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("[data-reorder-row]"));
    const focused = /** @type {HTMLElement} */ (event.target);
    if (!row) return;
    event.preventDefault();
    const rows = this.rows;
    const other = rows[rows.indexOf(row) + (event.key === "ArrowUp" ? -1 : 1)];
    if (!other) return;
    if (event.key === "ArrowUp") other.before(row);
    else other.after(row);
    focused.focus();
    this.settle(row);
  };

  grabbed = (/** @type {PointerEvent} */ event) => {
    const handle = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("[data-reorder-handle]"));
    const row = /** @type {HTMLElement|null} */ (handle?.closest("[data-reorder-row]") ?? null);
    if (!handle || !row || event.button !== 0) return;
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    row.setAttribute("data-dragging", "");
    const before = this.rows.indexOf(row);
    const move = (/** @type {PointerEvent} */ step) => this.follow(row, step.clientY);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => {
      handle.removeEventListener("pointermove", move);
      row.removeAttribute("data-dragging");
      if (this.rows.indexOf(row) !== before) this.settle(row);
    }, { once: true });
  };

  /** @param {HTMLElement} row @param {number} y */
  follow(row, y) {
    for (const other of this.rows) {
      if (other === row) continue;
      const box = other.getBoundingClientRect();
      if (y < box.top || y > box.bottom) continue;
      if (this.rows.indexOf(other) < this.rows.indexOf(row)) other.before(row);
      else other.after(row);
      return;
    }
  }

  /** The order into the field, the place into words. @param {HTMLElement} row */
  settle(row) {
    const rows = this.rows;
    const field = /** @type {HTMLInputElement|null} */ (this.element.querySelector("[data-reorder-order]"));
    if (field) {
      field.value = rows.map((each) => each.dataset.reorderRow).join(",");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    const title = /** @type {HTMLElement|null} */ (row.querySelector("[data-reorder-handle]"))?.dataset.name ?? "";
    announce(t("moved_to", { title, place: rows.indexOf(row) + 1, count: rows.length }));
    this.dispatch("moved", { detail: { id: row.dataset.reorderRow, place: rows.indexOf(row) } });
  }
}
