// The shelf, and the bag's figures.
import { announce } from "../core/announce.js";
import { money, count } from "../core/format.js";
import { request } from "../core/http.js";
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
export function setText(element, text) {
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
