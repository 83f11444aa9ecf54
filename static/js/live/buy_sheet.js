// The sheet with a product's choices; it comes with its first opening.
import { money } from "../core/format.js";
import { fragment } from "../core/http.js";
import { locale, t } from "../core/i18n.js";
import { addToBag, busy, sendSeen, setText } from "./shelf.js";

export class BuySheet {
  /** @param {{dialog: HTMLDialogElement, body: HTMLElement, address: string}} parts `address` has __slug__ in it. */
  constructor({ dialog, body, address }) {
    this.dialog = dialog;
    this.body = body;
    this.address = address;
    body.addEventListener("click", (event) => this.clicked(event));
    body.addEventListener("change", () => this.chosen());
    body.addEventListener("submit", (event) => this.submit(/** @type {SubmitEvent} */ (event)));
    dialog.addEventListener("close", () => body.replaceChildren());
  }

  /** @returns {HTMLFormElement|null} */
  get form() {
    return this.body.querySelector("[data-buy-sheet]");
  }

  /** @param {string} slug @param {string} [sku] */
  async open(slug, sku = "") {
    const html = await fragment(this.address.replace("__slug__", encodeURIComponent(slug)));
    this.fill(html);
    if (!this.dialog.open) this.dialog.showModal();
    if (sku) this.pick(sku);
    this.slug = slug;
    this.price = this.shownPrice();
    /** @type {HTMLElement|null} */ (this.body.querySelector(".buy-sheet__choices:not([hidden]) input:not(:disabled), [data-sheet-pay]"))?.focus();
  }

  /** @param {string} html A part that our server drew. */
  fill(html) {
    this.body.innerHTML = html;
    setText(this.dialog.querySelector("h2"), this.body.querySelector(".buy-sheet__title")?.textContent?.trim() ?? "");
  }

  /** @param {string} sku */
  pick(sku) {
    const input = /** @type {HTMLInputElement|null} */ (this.body.querySelector(`input[value="${CSS.escape(sku)}"]`));
    if (input && !input.disabled) input.checked = true;
    this.chosen();
  }

  shownPrice() {
    return this.body.querySelector("[data-sheet-price] bdi")?.textContent ?? "";
  }

  /** The price of the chosen variant. */
  chosen() {
    const label = /** @type {HTMLElement|null} */ (this.body.querySelector("[data-variant]:has(input:checked)"));
    const place = /** @type {HTMLElement|null} */ (this.body.querySelector("[data-sheet-price]"));
    const pay = /** @type {HTMLButtonElement|null} */ (this.body.querySelector("[data-sheet-pay]"));
    if (label && pay) sendSeen(pay, label.dataset.amount ?? "");
    if (!label || !place || label.dataset.amount === place.dataset.amount) return;
    place.dataset.amount = label.dataset.amount;
    setText(place.querySelector("bdi"), money({ amount: Number(label.dataset.amount), currency: place.dataset.currency ?? "EUR" }, locale()));
    this.price = this.shownPrice();
  }

  /** A price of this product moved while the sheet is open: show both and wait for a new tap. @param {string} productId */
  async priceMoved(productId) {
    const form = this.form;
    if (!this.dialog.open || form?.dataset.productId !== productId) return;
    const before = this.price;
    const sku = /** @type {HTMLInputElement|null} */ (form.querySelector('input[name="variant_id"]:checked'))?.value ?? "";
    const quantity = /** @type {HTMLInputElement} */ (form.querySelector('[name="quantity"]')).value;
    await this.open(this.slug ?? "", sku);
    const field = /** @type {HTMLInputElement|null} */ (this.body.querySelector('[name="quantity"]'));
    if (field) field.value = quantity;
    const after = this.shownPrice();
    const note = /** @type {HTMLElement|null} */ (this.body.querySelector("[data-sheet-changed]"));
    if (!note || before === after) return;
    note.textContent = t("price_changed", { before: before ?? "", after });
    note.hidden = false;
  }

  /** @param {string} productId @param {{sku: string, left: number}[]} variants */
  stockMoved(productId, variants) {
    if (!this.dialog.open || this.form?.dataset.productId !== productId) return;
    for (const variant of variants) {
      const label = this.body.querySelector(`[data-variant="${CSS.escape(variant.sku)}"]`);
      const input = label?.querySelector("input");
      if (!input) continue;
      input.disabled = variant.left === 0;
      if (input.disabled) input.checked = false;
    }
  }

  /** @param {Event} event */
  clicked(event) {
    const step = /** @type {Element} */ (event.target).closest("[data-step]");
    if (!step) return;
    const input = /** @type {HTMLInputElement} */ (this.body.querySelector('[name="quantity"]'));
    input.value = String(Math.min(99, Math.max(1, Number(input.value || 1) + Number(step.getAttribute("data-step")))));
  }

  /** @param {SubmitEvent} event */
  async submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const button = /** @type {HTMLButtonElement|null} */ (event.submitter);
    if (!button?.hasAttribute("data-sheet-add")) return busy(button, t("to_payment"));
    event.preventDefault();
    const problem = /** @type {HTMLElement|null} */ (form.querySelector("[data-sheet-error]"));
    try {
      button.disabled = true;
      await addToBag(new FormData(form));
      this.dialog.close();
    } catch (error) {
      if (problem) {
        problem.textContent = /** @type {Error} */ (error).message || t("generic_error");
        problem.hidden = false;
      }
    } finally {
      button.disabled = false;
    }
  }
}
