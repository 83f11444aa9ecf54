// The shelf, the sheet with a product's choices, and the bag's figures.
import { announce } from "../core/announce.js";
import { money, count } from "../core/format.js";
import { fragment, request } from "../core/http.js";
import { locale, t, tn } from "../core/i18n.js";
import { toast } from "../core/toast.js";

/** 3725 → 62:05: the second of the show, as on the page. @param {number} seconds */
export function showTime(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param {{state: string, shown_at_seconds: number|null}} item */
export function stateWords(item) {
  return item.state === "shown" ? t("state_shown", { time: showTime(item.shown_at_seconds ?? 0) }) : t(`state_${item.state}`);
}

export class Shelf {
  /** @param {HTMLElement|null} list */
  constructor(list) {
    this.list = list;
  }

  /** @param {any[]} items */
  show(items) {
    if (!this.list) return;
    for (const item of items) {
      const row = /** @type {HTMLElement|null} */ (this.list.querySelector(`[data-item="${CSS.escape(item.item_id)}"]`));
      if (row) this.paint(row, item);
    }
    const known = new Set(items.map((item) => item.item_id));
    for (const row of this.list.querySelectorAll("[data-item]")) if (!known.has(row.getAttribute("data-item") ?? "")) row.remove();
  }

  /** @param {HTMLElement} row @param {any} item */
  paint(row, item) {
    row.dataset.state = item.state;
    setText(row.querySelector("[data-item-price] bdi"), money(item.price, locale()));
    setText(row.querySelector("[data-item-state]"), stateWords(item));
    const button = row.querySelector("button");
    if (button) button.disabled = item.left === 0;
  }
}

/** @param {Element|null} element @param {string} text */
function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** @param {{count: number, total?: {amount: number, currency: string}|null}} bag */
export function showBag(bag) {
  const link = document.querySelector("[data-bag-link]");
  for (const place of [link, document.querySelector("[data-bag-bar]")]) place?.toggleAttribute("data-empty", bag.count === 0);
  link?.setAttribute("aria-label", t("bag_label", { count: bag.count }));
  setText(document.querySelector("[data-bag-count]"), count(bag.count, locale()));
  setText(document.querySelector("[data-bag-words]"), bag.count ? tn("bag", bag.count) : t("bag_empty"));
  if (bag.total) setText(document.querySelector("[data-bag-total]"), money(bag.total, locale()));
}

/** Adds what a form says and tells how it went; throws what the server refused. @param {FormData} form */
export async function addToBag(form) {
  const answer = await request("/cart/lines", { method: "POST", body: form });
  if (answer.bag) showBag(answer.bag);
  toast(t("in_bag"), { action: t("review_bag"), onAction: () => location.assign("/cart") });
  announce(t("in_bag"));
}

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

/** The price that was seen travels with Buy; another one is told before anything is charged. @param {HTMLButtonElement} button @param {string} amount */
export function sendSeen(button, amount) {
  button.name = "seen_amount";
  button.value = amount;
}

/** The button says what happens while the next page comes. @param {HTMLButtonElement|null} button @param {string} words */
export function busy(button, words) {
  if (!button) return;
  button.setAttribute("aria-busy", "true");
  button.style.minInlineSize = `${button.offsetWidth}px`;
  button.textContent = words;
  // Coming back with the browser's back button finds the page as it was left.
  addEventListener("pageshow", (event) => event.persisted && location.reload(), { once: true });
}

/** The shelf sheet grows and closes by dragging its head; its button does the same. @param {HTMLElement} panel */
export function draggable(panel) {
  const head = panel.querySelector(".shelf__panelhead");
  let start = 0;
  head?.addEventListener("pointerdown", (event) => (start = /** @type {PointerEvent} */ (event).clientY));
  head?.addEventListener("pointerup", (event) => {
    const moved = /** @type {PointerEvent} */ (event).clientY - start;
    if (moved < -40) panel.setAttribute("data-tall", "");
    else if (moved > 60 && panel.hasAttribute("data-tall")) panel.removeAttribute("data-tall");
    else if (moved > 60 && panel.matches(":popover-open")) panel.hidePopover();
  });
}
