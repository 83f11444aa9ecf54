// Comment to buy: the cards of what somebody claimed, the questions behind unclear words, the hint while typing.
// Loaded with the first connection of somebody who is signed in; the server draws and decides everything.
import { announce } from "../core/announce.js";
import { secondsUntil } from "../core/clock.js";
import { clockText } from "../core/format.js";
import { toast } from "../core/toast.js";
import { drawIcon } from "./chat.js";
import { clientKey } from "./composer.js";

const SETTLE_MS = 180;
const HEARD_MS = 250;
const RECENT_MS = 1500;
const OPEN = ["held", "waiting", "paying", "ending"];

/**
 * Whether a text has a word in it that may claim, pass or cancel here; the server looks closer.
 * @param {string} text @param {Set<string>} words
 */
export function worthAsking(text, words) {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).some((word) => words.has(word));
}

/** How much of a hold is left, from 1 to 0. @param {string} since @param {string} until @param {number} left seconds */
export function share(since, until, left) {
  const whole = (Date.parse(until) - Date.parse(since)) / 1000;
  return whole > 0 ? Math.min(1, Math.max(0, left / whole)) : 0;
}

export class Claims {
  /** @param {any} room the room's controller: its line, its chat, its composer */
  constructor(room) {
    this.room = room;
    this.words = new Set();
    /** @type {any[]} */
    this.news = [];
    this.tookAt = 0;
    this.askedFor = "";
    /** @type {Promise<any>|undefined} */
    this.style = undefined;
    this.place = document.createElement("div");
    this.place.className = "claimplace";
    this.bar = room.composerTarget.closest(".bar");
    this.bar.before(this.place);
    this.place.addEventListener("click", (event) => this.clicked(event));
    this.bar.addEventListener("click", (/** @type {Event} */ event) => this.clicked(event));
    room.inputTarget.addEventListener("input", () => this.typed());
    room.composerTarget.addEventListener("submit", () => this.unhint());
    this.timer = setInterval(() => this.tick(), 1000);
  }

  /** @param {string} name @param {Record<string, any>} [more] */
  send(name, more = {}) {
    return this.room.line.send(name, { room_id: this.room.line.roomId, ...more });
  }

  /** What this person has, asked anew. */
  async refresh() {
    const answer = await this.send("claim.show").catch(() => null);
    if (!answer) return;
    const isFirst = this.words.size === 0;
    this.words = new Set(answer.words);
    if (isFirst) this.typed(); // Whoever was faster than the words.
    this.recognised = answer.recognised;
    this.style ??= this.dress(answer.style);
    await this.style;
    if (this.question) this.cards = answer.claim.cards;
    else this.draw(answer.claim);
    this.mark(answer.claim.messages);
  }

  /** The sheet comes with the first card. @param {string} address */
  dress(address) {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
    return new Promise((done) => {
      link.addEventListener("load", done);
      link.addEventListener("error", done);
      document.head.append(link);
    });
  }

  /** News for this person alone. @param {string} name @param {any} payload */
  heard(name, payload) {
    if (name === "claim.changed" && payload.room_id !== this.room.line.roomId) return;
    this.news.push(payload);
    clearTimeout(this.hearing);
    this.hearing = setTimeout(() => this.changed(this.news.splice(0)), HEARD_MS);
  }

  /** Whether the cards show already what happened: the answer to the own comment carries the same news. @param {any} news */
  shows({ claim_id, offer_id, state }) {
    const about = claim_id ? `[data-claim="${CSS.escape(claim_id)}"]` : `[data-offer="${CSS.escape(offer_id)}"]`;
    const card = this.place.querySelector(about);
    return card ? card.getAttribute("data-state") === state : !OPEN.includes(state);
  }

  /** @param {any[]} news */
  async changed(news) {
    if (Date.now() - this.tookAt < RECENT_MS && news.every((one) => this.shows(one))) return;
    const waited = Boolean(this.place.querySelector('[data-state="waiting"]'));
    await this.refresh();
    const now = /** @type {HTMLElement|null} */ (this.place.querySelector('[data-state="held"] h2'));
    if (waited && now) toast(now.textContent ?? "");
  }

  /** The receipt of a comment that was more than chatter. @param {{claim: any, message_id: string}} receipt */
  async answered(receipt) {
    this.messageId = receipt.message_id;
    if (receipt.claim.question) this.askedFor = receipt.message_id;
    await this.style;
    this.take(receipt.claim);
  }

  /** @param {{kind: string, cards: string, question: string, words: string, messages: string[]}} told */
  take(told) {
    this.tookAt = Date.now();
    if (told.kind === "refused") toast(told.words);
    else if (told.words) announce(told.words);
    this.draw(told);
    this.mark(told.messages);
  }

  /** A question stands in front of the cards until it is answered. @param {{cards: string, question?: string}} told */
  draw(told) {
    const held = this.place.contains(document.activeElement);
    this.cards = told.cards;
    this.question = told.question || "";
    this.place.innerHTML = this.question || this.cards; // Drawn by the server from its own templates.
    for (const field of this.place.querySelectorAll("[data-claim-csrf]")) {
      /** @type {HTMLInputElement} */ (field).value = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
    }
    this.tick();
    if (held) (/** @type {HTMLElement|null} */ (this.place.querySelector(".claim")) ?? this.room.inputTarget).focus({ preventScroll: true });
  }

  /** The own comments that were understood turn green. @param {string[]} messages */
  mark(messages) {
    for (const id of messages) {
      const row = this.room.chat.find(`[data-message="${CSS.escape(id)}"]`);
      if (!row) {
        if (id === this.messageId) this.later = setTimeout(() => this.mark([id]), 300);
        continue;
      }
      if (row.classList.contains("msg--claim")) continue;
      row.classList.add("msg--claim");
      const check = document.createElement("span");
      check.className = "msg__check";
      const words = Object.assign(document.createElement("span"), { className: "sr", textContent: this.recognised ?? "" });
      check.append(drawIcon("circle-check"), words);
      row.querySelector(".msg__body")?.append(check);
    }
    this.messageId = "";
  }

  tick() {
    for (const ring of /** @type {NodeListOf<HTMLElement>} */ (this.place.querySelectorAll("[data-claim-until]"))) {
      const { claimUntil = "", claimSince = "", claimPaused } = ring.dataset;
      const whole = (Date.parse(claimUntil) - Date.parse(claimSince)) / 1000;
      const left = claimPaused ? Number(claimPaused) : Math.min(secondsUntil(claimUntil), whole > 0 ? whole : Infinity);
      ring.style.setProperty("--left", String(share(claimSince, claimUntil, left)));
      /** @type {HTMLElement} */ (ring.querySelector("[data-claim-clock]")).textContent = clockText(Math.max(0, left));
      if (left <= 0 && !this.ending) this.ending = setTimeout(() => this.ended(), 1500);
    }
  }

  ended() {
    this.ending = undefined;
    this.refresh();
  }

  /** @param {Event} event */
  clicked(event) {
    const button = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("[data-claim-act]"));
    const claim = button?.closest("[data-claim]")?.getAttribute("data-claim") ?? "";
    const acts = {
      choose: () => this.choose(/** @type {HTMLElement} */ (button), claim),
      ask: () => this.act("claim.change", { claim_id: claim }),
      release: () => this.act("claim.release", { claim_id: claim }),
      more: () => this.more(/** @type {HTMLElement} */ (button)),
      dismiss: () => this.draw({ cards: this.cards ?? "" }),
      nohint: () => this.refuseHint(),
    };
    acts[/** @type {keyof typeof acts} */ (button?.dataset.claimAct ?? "")]?.();
  }

  /** @param {HTMLElement} button @param {string} claim */
  choose(button, claim) {
    const { item = "", variant = "", quantity = "1" } = button.dataset;
    const more = { quantity: Number(quantity), client_key: clientKey(), ...(variant && { variant_id: variant }) };
    if (claim) return this.act("claim.change", { claim_id: claim, ...more });
    return this.act("claim.choose", { item_id: item, ...more, ...(this.askedFor && { message_id: this.askedFor }) });
  }

  /** @param {string} name @param {Record<string, any>} payload */
  async act(name, payload) {
    if (this.busy) return;
    this.busy = true;
    try {
      this.take((await this.send(name, payload)).claim);
    } catch (error) {
      toast(/** @type {Error} */ (error).message || this.room.element.dataset.line);
      this.question = "";
      await this.refresh();
    } finally {
      this.busy = false;
    }
  }

  /** @param {HTMLElement} button */
  more(button) {
    const hidden = /** @type {NodeListOf<HTMLElement>} */ (this.place.querySelectorAll("[data-more]"));
    for (const choice of hidden) choice.hidden = false;
    hidden[0]?.focus();
    button.remove();
  }

  // The hint.

  typed() {
    clearTimeout(this.typing);
    const text = this.room.inputTarget.value.trim();
    if (!text || !worthAsking(text, this.words)) return this.unhint();
    this.typing = setTimeout(() => this.preview(text), SETTLE_MS);
  }

  /** @param {string} text */
  async preview(text) {
    if (text === this.refused) return;
    const answer = await this.send("claim.preview", { text }).catch(() => null);
    if (this.room.inputTarget.value.trim() !== text) return;
    this.unhint();
    if (!answer?.hint) return;
    await this.style;
    const box = document.createElement("template");
    box.innerHTML = answer.hint; // Drawn by the server.
    this.bar.prepend(box.content);
  }

  unhint() {
    this.bar.querySelector(".claim-hint")?.remove();
  }

  /** "It is only a message": no hint for these words any more. */
  refuseHint() {
    this.refused = this.room.inputTarget.value.trim();
    this.unhint();
    this.room.inputTarget.focus();
  }
}
