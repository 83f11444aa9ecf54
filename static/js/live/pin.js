// The pin card: drawn by the server, morphed here; stock, timer and calm states change without a new card.
import { announce } from "../core/announce.js";
import { secondsUntil } from "../core/clock.js";
import { clockText, hour, money } from "../core/format.js";
import { locale, pick, t } from "../core/i18n.js";

const TOUCHED_FOR = 10000;
const KEEP_LAST = 4000;

/**
 * What the timer reads. While the host is away it stands still at the second the picture was lost.
 * @param {{ends_at: string|null}} pin @param {string|null|undefined} awaySince
 */
export function timerState(pin, awaySince) {
  if (!pin.ends_at) return { kind: "none", seconds: 0 };
  const left = awaySince ? (Date.parse(pin.ends_at) - Date.parse(awaySince)) / 1000 : secondsUntil(pin.ends_at);
  if (awaySince) return { kind: "paused", seconds: Math.max(0, left) };
  return left > 0 ? { kind: "running", seconds: left } : { kind: "ending", seconds: 0 };
}

/** @param {number} left @param {number} total */
export function stockText(left, total) {
  if (left === 0) return t("sold_out");
  return left === 1 ? t("last_one") : t("left_of", { left, total });
}

/**
 * The library comes with the first card that changes in place; by then a newer card may be there.
 * @param {Element} old @param {Element} fresh @param {() => boolean} isCurrent
 */
async function morph(old, fresh, isCurrent) {
  const { Idiomorph } = await import("idiomorph");
  if (isCurrent()) Idiomorph.morph(old, fresh);
}

export class PinCard {
  /** @param {{place: HTMLElement, none: HTMLElement|null, isNarrow: () => boolean, onView: (slug: string) => void}} parts */
  constructor({ place, none, isNarrow, onView }) {
    this.place = place;
    this.none = none;
    this.isNarrow = isNarrow;
    this.onView = onView;
    this.touchedAt = 0;
    this.line = "connected";
    this.seenAt = "";
    for (const kind of ["pointerdown", "focusin", "change"]) place.addEventListener(kind, () => (this.touchedAt = Date.now()));
    this.timer = setInterval(() => this.tick(), 1000);
  }

  destroy() {
    clearInterval(this.timer);
  }

  /** @returns {HTMLElement|null} */
  get card() {
    return this.place.querySelector("#pin-card");
  }

  /** Draw what the room says. @param {Record<string, any>} room @param {{news?: boolean, before?: any}} [options] */
  async show(room, { news = false, before = null } = {}) {
    this.room = room;
    const pin = room.pin;
    if (this.none) this.none.hidden = Boolean(pin) || room.items.length === 0;
    if (!pin) return this.clear();
    const known = this.card;
    const fresh = this.parse(pick(room.pin_html));
    if (!fresh || known?.outerHTML === fresh.outerHTML) return this.patch();
    const chosen = this.chosen();
    const focused = known?.contains(document.activeElement) ? document.activeElement?.getAttribute("data-testid") : null;
    if (known && known.dataset.pin === pin.pin_id) {
      await morph(known, fresh, () => this.room === room);
    } else {
      if (known && before && news) this.offerLast(before);
      if (known) known.replaceWith(fresh);
      else this.place.append(fresh);
      if (news) fresh.classList.add("pin--in");
    }
    this.choose(chosen);
    this.patch();
    if (focused) /** @type {HTMLElement|null} */ (this.card?.querySelector(`[data-testid="${focused}"]`))?.focus();
    if (news) this.tellPin(pin);
  }

  clear() {
    const held = this.card?.contains(document.activeElement);
    this.card?.remove();
    if (held) document.getElementById("main")?.focus({ preventScroll: true });
  }

  /** @param {string} html @returns {HTMLElement|null} */
  parse(html) {
    const box = document.createElement("template");
    box.innerHTML = html; // Drawn by our server from its own template; no text of other people is in it.
    const card = /** @type {HTMLElement|null} */ (box.content.querySelector("#pin-card"));
    return card ? this.fit(card) : null;
  }

  /** On phones the choice happens in the sheet, so the card has no second set of the same fields. @param {HTMLElement} card */
  fit(card) {
    if (this.isNarrow()) for (const part of card.querySelectorAll("[data-pin-choices], [data-pin-add]")) part.remove();
    return card;
  }

  chosen() {
    return /** @type {HTMLInputElement|null} */ (this.card?.querySelector("[data-pin-choices] input:checked"))?.value ?? "";
  }

  /** @param {string} sku */
  choose(sku) {
    if (!sku) return;
    const input = /** @type {HTMLInputElement|null} */ (this.card?.querySelector(`[data-pin-choices] input[value="${CSS.escape(sku)}"]`));
    if (input && !input.disabled) input.checked = true;
  }

  /** Stock, sold out and the state of the line, on the card that stands. */
  patch() {
    const card = this.card;
    const pin = this.room?.pin;
    if (!card || !pin) return;
    const offline = this.line === "offline";
    const text = /** @type {HTMLElement|null} */ (card.querySelector('[data-live="stock-text"]'));
    const meter = /** @type {HTMLProgressElement|null} */ (card.querySelector('[data-live="stock-meter"]'));
    const stock = /** @type {HTMLElement|null} */ (card.querySelector("[data-pin-stock]"));
    if (stock) stock.hidden = !pin.show_stock && !offline;
    if (text) {
      const words = offline ? t("stock_unknown") : stockText(pin.left, pin.total);
      if (text.textContent !== words) text.textContent = words;
      text.dataset.left = String(pin.left);
    }
    if (meter) {
      meter.max = pin.total || 1;
      meter.value = offline ? 0 : pin.left;
    }
    for (const variant of pin.variants) this.patchChoice(card, variant);
    card.toggleAttribute("data-sold-out", pin.sold_out);
    this.patchBadge(card, pin.sold_out);
    for (const button of card.querySelectorAll("[data-pin-buy], [data-pin-add]")) {
      /** @type {HTMLButtonElement} */ (button).disabled = pin.sold_out || offline;
    }
    this.patchNote(card, pin);
    this.tick();
  }

  /** @param {HTMLElement} card @param {{sku: string, left: number}} variant */
  patchChoice(card, variant) {
    const choice = /** @type {HTMLElement|null} */ (card.querySelector(`[data-variant="${CSS.escape(variant.sku)}"]`));
    const input = choice?.querySelector("input");
    if (!choice || !input) return;
    choice.dataset.left = String(variant.left);
    input.disabled = variant.left === 0;
    if (input.disabled) input.checked = false;
  }

  /** @param {HTMLElement} card @param {boolean} soldOut */
  patchBadge(card, soldOut) {
    const head = card.querySelector(".pin__now");
    const badge = head?.querySelector(".badge");
    if (!soldOut) return badge?.remove();
    if (badge || !head) return;
    const words = document.createElement("span");
    words.className = "badge";
    words.textContent = t("sold_out");
    head.append(words);
  }

  /** @param {HTMLElement} card @param {any} pin */
  patchNote(card, pin) {
    const note = /** @type {HTMLElement|null} */ (card.querySelector("[data-pin-note]"));
    if (!note) return;
    note.dataset.text ??= note.textContent ?? "";
    const words = { offline: t("last_price_at", { time: this.seenAt }), reconnecting: t("updates_on_return") }[this.line] ?? note.dataset.text;
    if (note.textContent !== words) note.textContent = words;
    const calm = this.line === "offline" || pin.sold_out || Boolean(this.room?.stream?.away_since);
    card.toggleAttribute("data-calm", calm);
    const label = card.querySelector("[data-pin-label]");
    if (label) label.textContent = calm ? t("pinned") : t("pinned_now");
  }

  /** @param {string} line */
  setLine(line) {
    if (this.line !== "offline" && line === "offline") this.seenAt = hour(new Date().toISOString(), locale());
    this.line = line === "connecting" ? "connected" : line;
    this.patch();
  }

  /** Once a second: the clock of the live price. */
  tick() {
    const card = this.card;
    const pin = this.room?.pin;
    const clock = /** @type {HTMLElement|null} */ (card?.querySelector("[data-pin-clock]") ?? null);
    const timer = /** @type {HTMLElement|null} */ (card?.querySelector('[role="timer"]') ?? null);
    if (!pin || !clock || !timer) return;
    const state = timerState(pin, this.room?.stream?.away_since);
    timer.hidden = this.line === "offline" || pin.sold_out || state.kind === "none";
    if (pin.ends_at) timer.dataset.endsAt = pin.ends_at;
    const words = { paused: t("paused", { time: clockText(state.seconds) }), ending: t("ending") }[state.kind] ?? clockText(state.seconds);
    if (clock.textContent !== words) clock.textContent = words;
    const rest = /** @type {HTMLElement|null} */ (timer.querySelector(".pin__wide"));
    if (rest) rest.hidden = state.kind !== "running";
    if (state.kind === "running" && Math.ceil(state.seconds) === 60 && this.toldMinute !== pin.pin_id) {
      this.toldMinute = pin.pin_id;
      announce(t("minute_left"));
    }
  }

  /** The live price is over: say so on the card and aloud. @param {any} price */
  priceEnded(price) {
    const label = this.card?.querySelector(".pin__now");
    if (label) {
      const words = document.createElement("span");
      words.textContent = t("price_ended_card");
      label.querySelector('[role="timer"]')?.remove();
      label.append(words);
    }
    announce(t("price_ended", { price: money(price, locale()) }));
  }

  /** @param {any} pin */
  tellPin(pin) {
    const words = { title: pick(pin.title), price: money(pin.price, locale()), left: pin.left };
    announce(pin.show_stock ? t("now_showing_left", words) : t("now_showing", words));
  }

  /** Somebody was about to buy the card before: it stays within reach for a moment. @param {any} pin */
  offerLast(pin) {
    this.place.querySelector(".pin__last")?.remove();
    if (Date.now() - this.touchedAt > TOUCHED_FOR) return;
    const box = document.createElement("p");
    box.className = "pin__last";
    const words = document.createElement("span");
    words.textContent = t("still_want", { title: pick(pin.title) });
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm btn-primary";
    button.textContent = t("view");
    button.addEventListener("click", () => {
      box.remove();
      this.onView(pin.slug);
    });
    box.append(words, button);
    this.place.prepend(box);
    setTimeout(() => box.remove(), KEEP_LAST);
  }
}
