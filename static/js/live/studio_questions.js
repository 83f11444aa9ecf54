// The queue of questions in the studio. The server draws the list; news of the room makes us ask for it again.
import { fragment } from "../core/http.js";
import { t } from "../core/i18n.js";
import { toast } from "../core/toast.js";

const SETTLE_MS = 200;

export class Questions {
  /**
   * @param {{place: HTMLElement, badge: HTMLElement, address: string, send: (name: string, payload: Record<string, any>) => Promise<any>,
   *   pin: (itemId: string) => void}} parts
   */
  constructor({ place, badge, address, send, pin }) {
    this.place = place;
    this.badge = badge;
    this.address = address;
    this.send = send;
    this.pin = pin;
    this.timer = 0;
    place.addEventListener("click", (event) => this.clicked(/** @type {Element} */ (event.target)));
    place.addEventListener("submit", (event) => this.written(event));
  }

  /** News comes in bursts. While somebody writes an answer the list stands still. */
  refresh() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.draw(), SETTLE_MS);
  }

  destroy() {
    clearTimeout(this.timer);
  }

  async draw() {
    const part = await fragment(this.address).catch(() => null);
    if (part === null) return;
    const parsed = new DOMParser().parseFromString(part, "text/html");
    const writing = this.place.querySelector(".q__form:not([hidden])")?.closest("[data-question]");
    const same = writing && parsed.querySelector(`[data-question="${CSS.escape(writing.getAttribute("data-question") ?? "")}"]`);
    if (same && writing) same.replaceWith(document.adoptNode(writing)); // What was typed stays, focus comes back below.
    const back = this.focusIn();
    this.place.replaceChildren(...parsed.body.childNodes);
    back?.();
    this.count(Number(this.place.querySelector("[data-waiting]")?.getAttribute("data-waiting") ?? 0));
  }

  /** How focus finds its place again: the same field or button, else the list. */
  focusIn() {
    const active = /** @type {HTMLElement|null} */ (document.activeElement);
    if (!active || !this.place.contains(active)) return null;
    if (active.matches("textarea")) return () => active.focus();
    const id = active.closest("[data-question]")?.getAttribute("data-question") ?? "";
    const act = active.getAttribute("data-question-act") ?? "";
    return () => {
      const same = this.place.querySelector(`[data-question="${CSS.escape(id)}"] [data-question-act="${CSS.escape(act)}"]`);
      /** @type {HTMLElement} */ (same ?? this.place).focus();
    };
  }

  /** @param {number} waiting */
  count(waiting) {
    this.badge.textContent = String(waiting);
    this.badge.hidden = !waiting;
  }

  /** @param {Element} target */
  async clicked(target) {
    const pin = target.closest("[data-question-pin]");
    if (pin) return this.pin(pin.getAttribute("data-question-pin") ?? "");
    const button = target.closest("[data-question-act]");
    const row = button?.closest("[data-question]");
    if (!button || !row) return;
    const act = button.getAttribute("data-question-act");
    if (act === "write") return this.open(row, button);
    const done = await this.send(act === "drop" ? "question.drop" : "question.answer", { question_id: row.getAttribute("data-question") });
    if (done) this.gone(row, t(act === "drop" ? "question_dropped" : "question_answered"));
  }

  /** @param {Element} row @param {Element} button */
  open(row, button) {
    const form = /** @type {HTMLElement} */ (row.querySelector("form"));
    form.hidden = !form.hidden;
    button.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) form.querySelector("textarea")?.focus();
  }

  /** @param {Event} event */
  async written(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const row = /** @type {Element} */ (form.closest("[data-question]"));
    const text = String(new FormData(form).get("text")).trim();
    if (!text) return;
    const done = await this.send("question.answer", { question_id: row.getAttribute("data-question"), text });
    if (done) this.gone(row, t("question_sent"));
  }

  /** The row goes at once; focus stays in the list. @param {Element} row @param {string} words */
  gone(row, words) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    /** @type {HTMLElement} */ (next?.querySelector("[data-question-act]") ?? this.place).focus();
    toast(words);
    this.refresh();
  }
}
