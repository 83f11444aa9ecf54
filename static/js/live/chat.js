// The chat log: rows cloned from a template, text only, at most 150 in the page and ten new ones a second.
import { hour } from "../core/format.js";
import { locale, t, tn } from "../core/i18n.js";
import { KEPT_MESSAGES } from "./store.js";

const NEAR_END = 80;
const ROWS_A_SECOND = 10;

/**
 * What may wait to be drawn: when more arrives than can be read, the oldest waiting rows give way.
 * @template T @param {T[]} waiting @param {boolean} hidden @returns {T[]}
 */
export function trimQueue(waiting, hidden) {
  return waiting.slice(hidden ? -KEPT_MESSAGES : -ROWS_A_SECOND * 3);
}

/**
 * One spoken sentence for the messages of the last seconds, or nothing.
 * @param {{author: string, text: string}[]} messages
 */
export function spoken(messages) {
  const last = messages.at(-1);
  if (!last) return "";
  const words = { author: last.author, text: last.text };
  return messages.length === 1 ? t("read_one", words) : t("read_batch", { count: messages.length, ...words });
}

/** @param {{kind: string, product_title: Record<string, string>, count: number}} news @param {(texts: any) => string} pick */
export function purchaseText(news, pick) {
  const title = pick(news.product_title);
  if (news.kind === "several") return t("bought_mixed", { count: news.count });
  return news.kind === "many" ? t("bought_other", { count: news.count, title }) : t("bought_one", { title });
}

export class ChatLog {
  /**
   * @param {{log: HTMLElement, list: HTMLElement, row: HTMLTemplateElement, news: HTMLTemplateElement, pill?: HTMLElement|null,
   *   empty?: HTMLElement|null, own?: string|null, decorate?: (row: HTMLElement, message: any) => void}} parts
   */
  constructor({ log, list, row, news, pill = null, empty = null, own = null, decorate }) {
    this.pill = pill;
    this.empty = empty;
    this.own = own;
    this.decorate = decorate;
    this.log = log;
    this.list = list;
    this.rowTemplate = row;
    this.newsTemplate = news;
    /** @type {(() => void)[]} */
    this.queue = [];
    this.unread = 0;
    this.timer = setInterval(() => this.drain(), 1000 / ROWS_A_SECOND);
    this.onScroll = () => this.atEnd() && this.clearUnread();
    log.addEventListener("scroll", this.onScroll, { passive: true });
    this.toEnd();
  }

  destroy() {
    clearInterval(this.timer);
    this.log.removeEventListener("scroll", this.onScroll);
  }

  atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight <= NEAR_END;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.clearUnread();
  }

  clearUnread() {
    this.unread = 0;
    if (this.pill) this.pill.hidden = true;
  }

  /** All messages anew. @param {any[]} messages */
  reset(messages) {
    this.queue = [];
    this.list.replaceChildren(...messages.map((message) => this.draw(message)));
    this.toggleEmpty();
    this.toEnd();
  }

  /** @param {any} message */
  add(message) {
    const mine = message.account_id === this.own && this.find(`[data-key="${CSS.escape(message.client_key)}"]`);
    if (mine) return this.confirm(mine, message);
    if (this.find(`[data-message="${CSS.escape(message.message_id)}"]`)) return;
    this.enqueue(() => this.append(this.draw(message)));
  }

  /** @param {string} text @param {{kind?: string, icon?: string}} [options] */
  tell(text, { kind = "", icon = "" } = {}) {
    this.enqueue(() => {
      const row = /** @type {HTMLElement} */ (/** @type {Element} */ (this.newsTemplate.content.firstElementChild).cloneNode(true));
      if (kind) row.classList.add(`msg--${kind}`);
      const place = row.querySelector(".msg__icon");
      if (icon && place) place.append(drawIcon(icon));
      /** @type {HTMLElement} */ (row.querySelector(".msg__text")).textContent = text;
      this.append(row);
    });
  }

  /** The own message at once, paler until the server has it. @param {any} message */
  pending(message) {
    const row = this.draw(message);
    row.classList.add("msg--sending");
    row.dataset.key = message.client_key;
    this.append(row);
    this.toEnd();
  }

  /** @param {HTMLElement} row @param {any} message */
  confirm(row, message) {
    row.classList.remove("msg--sending");
    row.dataset.message = message.message_id;
    delete row.dataset.key;
  }

  /** The own message came back with an error: it goes, its text stays with the composer. @param {string} key */
  drop(key) {
    this.find(`[data-key="${CSS.escape(key)}"]`)?.remove();
    this.toggleEmpty();
  }

  /** @param {string} messageId */
  remove(messageId) {
    this.find(`[data-message="${CSS.escape(messageId)}"]`)?.remove();
    this.toggleEmpty();
  }

  /** @param {string} accountId */
  clear(accountId) {
    for (const row of this.list.querySelectorAll(`[data-account="${CSS.escape(accountId)}"]`)) row.remove();
    this.toggleEmpty();
  }

  /** @param {string} selector @returns {HTMLElement|null} */
  find(selector) {
    return this.list.querySelector(selector);
  }

  /** @param {() => void} work */
  enqueue(work) {
    this.queue = trimQueue([...this.queue, work], document.hidden);
  }

  drain() {
    if (document.hidden) return;
    this.queue.shift()?.();
  }

  /** @param {HTMLElement} row */
  append(row) {
    const follow = this.atEnd();
    this.list.append(row);
    while (this.list.children.length > KEPT_MESSAGES) this.list.firstElementChild?.remove();
    this.toggleEmpty();
    if (follow) this.toEnd();
    else this.countUnread();
  }

  countUnread() {
    this.unread += 1;
    if (!this.pill) return;
    this.pill.textContent = tn("new", this.unread);
    this.pill.hidden = false;
  }

  toggleEmpty() {
    if (this.empty) this.empty.hidden = this.list.childElementCount > 0;
  }

  /** @param {any} message @returns {HTMLElement} */
  draw(message) {
    const row = /** @type {HTMLElement} */ (/** @type {Element} */ (this.rowTemplate.content.firstElementChild).cloneNode(true));
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (row.querySelector(`.msg__${name}`));
    row.dataset.message = message.message_id;
    row.dataset.account = message.account_id;
    if (message.role) row.classList.add(`msg--${message.role}`);
    /** @type {HTMLImageElement} */ (row.querySelector("img")).src = `/avatars/${encodeURIComponent(message.account_id)}.svg`;
    part("tag").hidden = !message.role;
    part("tag").textContent = message.role === "moderator" ? t("moderator") : "HOST";
    part("author").textContent = message.author;
    part("reply").hidden = !message.reply_to;
    if (message.reply_to) part("reply").textContent = t("to_name", { name: message.reply_to.author });
    part("text").textContent = message.text;
    const time = /** @type {HTMLTimeElement} */ (part("time"));
    time.dateTime = message.at;
    if (message.at) time.textContent = hour(message.at, locale());
    this.decorate?.(row, message);
    return row;
  }
}

/** An icon of the page's sprite, copied from one that the server drew. @param {string} name */
export function drawIcon(name) {
  const known = document.querySelector("svg.ico use");
  const address = (known?.getAttribute("href") ?? "").split("#")[0];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "ico i16");
  svg.setAttribute("aria-hidden", "true");
  for (const [key, value] of Object.entries({ fill: "none", stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round" })) svg.setAttribute(key, value);
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${address}#${name}`);
  svg.append(use);
  return svg;
}
