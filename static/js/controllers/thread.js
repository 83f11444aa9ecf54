// One open thread: sends at once and tries again, shows what comes, tells what was seen. News carries no words; the
// server draws each message for whoever looks.
import { Controller } from "stimulus";
import { announce } from "../core/announce.js";
import { fragment, request } from "../core/http.js";
import { t } from "../core/i18n.js";
import { personalLine } from "../core/line.js";
import { Outbox, newKey } from "../core/outbox.js";
import { OneAtATime, replaceKeeping } from "../core/redraw.js";

const NEAR_END = 80;
const TYPING_EVERY = 3000;
const TYPING_SHOWN = 5000;
const RETRY_MS = 3000;
const MOST_CARDS = 3;
const FINAL = ["not_found", "unreachable", "invalid_input", "same_text", "links_to_strangers", "too_many_strangers", "sign_in_needed", "not_allowed"];

/** What a card says about itself that is worth reading out when it changes. @param {Element} row */
const news = (row) => [...row.querySelectorAll("[data-says]")].map((place) => place.textContent?.trim()).join(". ");

export default class extends Controller {
  static targets = ["list", "scroll", "form", "text", "problem", "seen", "writes", "under", "answering", "answeringText", "replyTo", "cards", "photo", "picked"];
  static values = { id: String, last: Number, seen: Number, kind: String, me: String, live: String };

  connect() {
    this.outbox = new Outbox(this.meValue, this.idValue);
    this.redraws = new OneAtATime((messageId) => this.redraw(messageId));
    this.scrollToStart();
    // Cards with a deadline count it down; the rest of a thread does without.
    import("../core/deadlines.js").then((deadlines) => (this.stopClock = deadlines.watch(this.element)));
    const line = personalLine();
    if (!line || this.liveValue === "no") return;
    this.line = line;
    this.stops = [
      line.on("connect", () => this.open()),
      line.on("message.posted", (news) => this.mine(news) && this.fetchNew()),
      line.on("message.changed", (news) => this.mine(news) && this.redraws.run(news.message_id)),
      line.on("thread.read", (news) => this.mine(news) && this.wasRead(news)),
      line.on("thread.typing", (news) => this.mine(news) && this.isTyping(news)),
      line.on("thread.changed", (news) => this.mine(news) && location.reload()),
      line.on("thread.closed", (news) => this.mine(news) && location.assign("/messages")),
    ];
    if (line.socket.connected) this.open();
    for (const message of this.outbox.all()) this.showWaiting(message);
    this.flush();
    this.online = () => this.flush();
    addEventListener("online", this.online);
    this.element.addEventListener("submit", this.quiet);
    document.addEventListener("visibilitychange", this.look);
  }

  disconnect() {
    this.stopClock?.();
    for (const stop of this.stops ?? []) stop();
    clearTimeout(this.typingTimer);
    clearTimeout(this.retryTimer);
    if (this.online) removeEventListener("online", this.online);
    this.element.removeEventListener("submit", this.quiet);
    document.removeEventListener("visibilitychange", this.look);
  }

  /** @param {{thread_id: string}} news */
  mine(news) {
    return news.thread_id === this.idValue;
  }

  async open() {
    const answer = await this.line.send("thread.open", { thread_id: this.idValue }).catch(() => null);
    if (answer && answer.number > this.lastValue) this.fetchNew();
    this.flush();
  }

  /** One question at a time; what came meanwhile is asked for afterwards. */
  async fetchNew() {
    if (this.fetching) return (this.again = true);
    this.fetching = true;
    const follow = this.nearEnd();
    const html = await fragment(`/messages/${this.idValue}/parts?after=${this.lastValue}`).catch(() => "");
    this.fetching = false;
    if (html) this.append(html, follow);
    if (this.again) {
      this.again = false;
      this.fetchNew();
    }
  }

  /** @param {string} html @param {boolean} follow */
  append(html, follow) {
    const part = document.createElement("template");
    part.innerHTML = html;
    for (const row of [...part.content.children]) {
      const number = Number(row.getAttribute("data-number"));
      if (number <= this.lastValue) continue;
      this.lastValue = number;
      const key = row.getAttribute("data-key");
      if (key) this.waitingRow(key)?.remove();
      const firstWaiting = this.listTarget.querySelector(":scope > .msg--waiting");
      this.listTarget.insertBefore(row, firstWaiting);
      if (!row.classList.contains("msg--mine")) this.writesTarget.hidden = true;
    }
    this.seenTarget.hidden = true;
    if (follow) this.scrollToEnd();
    this.look();
  }

  /** Asked for one at a time: an answer that is late must not be drawn over a newer one. @param {string} messageId */
  async redraw(messageId) {
    const html = await fragment(`/messages/${this.idValue}/parts?message=${encodeURIComponent(messageId)}`).catch(() => "");
    const old = this.listTarget.querySelector(`[data-message="${CSS.escape(messageId)}"]`);
    const part = document.createElement("template");
    part.innerHTML = html;
    const row = part.content.firstElementChild;
    if (!old || !row) return;
    const said = news(old);
    replaceKeeping(old, row);
    import("../core/deadlines.js").then((deadlines) => deadlines.paint(row));
    if (news(row) !== said) announce(news(row));
  }

  look = () => {
    if (document.visibilityState !== "visible" || !this.line || this.lastValue <= (this.toldRead ?? 0)) return;
    this.toldRead = this.lastValue;
    this.line.send("thread.read", { thread_id: this.idValue, number: this.lastValue }).catch(() => {
      this.toldRead = 0;
    });
  };

  /** @param {{reader: string, number: number}} news */
  wasRead(news) {
    if (news.reader === this.meValue || this.kindValue === "group") return;
    const rows = this.listTarget.querySelectorAll(":scope > li[data-number]");
    const last = rows[rows.length - 1];
    this.seenTarget.hidden = !(last?.classList.contains("msg--mine") && Number(last.getAttribute("data-number")) <= news.number);
  }

  /** @param {{writer: string, display_name: string}} news */
  isTyping(news) {
    if (news.writer === this.meValue) return;
    this.writesTarget.textContent = t("dm_typing", { name: news.display_name });
    this.writesTarget.hidden = false;
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => (this.writesTarget.hidden = true), TYPING_SHOWN);
  }

  typing() {
    const now = Date.now();
    if (!this.line || now - (this.typedAt ?? 0) < TYPING_EVERY || !this.textTarget.value.trim()) return;
    this.typedAt = now;
    this.line.send("thread.type", { thread_id: this.idValue }).catch(() => {});
  }

  /** Enter sends, Shift and Enter breaks the line; touch keyboards keep their Enter. @param {KeyboardEvent} event */
  key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    this.formTarget.requestSubmit();
  }

  /** @param {Event} event */
  reply(event) {
    event.preventDefault();
    const row = /** @type {Element} */ (event.target).closest("li");
    if (!row) return;
    this.replyToTarget.value = row.getAttribute("data-message") ?? "";
    this.replyToTarget.disabled = false;
    const author = row.querySelector(".msg__author, .sr")?.textContent ?? "";
    this.answeringTextTarget.textContent = `${author}: ${row.querySelector(".msg__text")?.textContent ?? ""}`;
    this.answeringTarget.hidden = false;
    row.querySelector("details")?.removeAttribute("open");
    this.textTarget.focus();
  }

  /** @param {Event} event */
  dropReply(event) {
    event.preventDefault();
    this.replyToTarget.disabled = true;
    this.replyToTarget.value = "";
    this.answeringTarget.hidden = true;
  }

  /** @param {Event} event */
  dropCards(event) {
    event.preventDefault();
    this.clearCards();
    this.textTarget.focus();
  }

  clearCards() {
    if (!this.hasCardsTarget) return; // A brand's composer has none.
    for (const card of this.cardsTarget.querySelectorAll(".dm-say__card")) card.remove();
    this.cardsTarget.hidden = true;
  }

  /** Products and orders to send, over the thread; without the sheet its page opens. @param {Event} event */
  async attach(event) {
    if (!this.line) return;
    event.preventDefault();
    const link = /** @type {HTMLAnchorElement} */ (event.currentTarget);
    try {
      const { openAttach } = await import("../core/attach.js");
      await openAttach(link.getAttribute("href") ?? "", (ref, card) => this.addCard(ref, card));
    } catch {
      location.assign(link.href);
    }
  }

  /** @param {string} ref @param {Element} card as the server drew it */
  addCard(ref, card) {
    const inputs = /** @type {HTMLInputElement[]} */ ([...this.cardsTarget.querySelectorAll("input[name=card]")]);
    if (!inputs.some((input) => input.value === ref) && inputs.length < MOST_CARDS) {
      const place = document.createElement("div");
      place.className = "dm-say__card";
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = "card";
      input.value = ref;
      place.append(card.cloneNode(true), input);
      this.cardsTarget.insertBefore(place, this.cardsTarget.querySelector(":scope > a"));
    }
    this.cardsTarget.hidden = false;
    this.textTarget.focus();
  }

  /** A brand's saved answer goes into the field, to be read before it is sent. @param {Event} event */
  useReply(event) {
    this.textTarget.value = /** @type {HTMLElement} */ (event.currentTarget).dataset.text ?? "";
    this.textTarget.focus();
  }

  picked() {
    const name = this.photoTarget.files?.[0]?.name ?? "";
    this.pickedTarget.textContent = name;
    this.pickedTarget.hidden = !name;
  }

  /** A photo goes with the form; words go over the line, shown at once. @param {SubmitEvent} event */
  send(event) {
    if (!this.line || this.photoTarget.files?.length) return;
    event.preventDefault();
    const text = this.textTarget.value.trim();
    const cards = [.../** @type {NodeListOf<HTMLInputElement>} */ (this.formTarget.querySelectorAll("input[name=card]"))].map((input) => input.value);
    if (!text && !cards.length) return;
    const message = { key: newKey(), text, cards, reply: this.replyToTarget.disabled ? undefined : this.replyToTarget.value };
    this.textTarget.value = "";
    this.problemTarget.hidden = true;
    this.clearCards();
    this.dropReply(event);
    this.outbox.add(message);
    this.showWaiting(message);
    this.scrollToEnd();
    this.flush();
  }

  /** @param {{key: string, text: string}} message */
  showWaiting(message) {
    if (this.waitingRow(message.key)) return;
    const row = document.createElement("li");
    row.className = "msg msg--mine msg--waiting";
    row.dataset.waiting = message.key;
    const body = document.createElement("div");
    body.className = "msg__body";
    const text = document.createElement("p");
    text.className = "msg__text";
    text.dir = "auto";
    text.textContent = message.text || "…";
    const meta = document.createElement("p");
    meta.className = "msg__meta";
    meta.textContent = t("dm_sending");
    body.append(text, meta);
    row.append(body);
    this.listTarget.append(row);
  }

  /** @param {string} key */
  waitingRow(key) {
    return this.listTarget.querySelector(`[data-waiting="${CSS.escape(key)}"]`);
  }

  /** Sends what waits, in its order; stops at the first that the network does not take. */
  async flush() {
    if (this.flushing || !this.line) return;
    this.flushing = true;
    clearTimeout(this.retryTimer);
    for (const message of this.outbox.all()) {
      if (this.waitingRow(message.key)?.hasAttribute("data-refused")) continue;
      try {
        const payload = { thread_id: this.idValue, text: message.text, client_key: message.key, cards: message.cards ?? [] };
        await this.line.send("message.send", message.reply ? { ...payload, reply_to_id: message.reply } : payload);
        this.outbox.drop(message.key);
        this.fetchNew();
      } catch (error) {
        if (this.refused(message, error)) continue;
        this.say(message.key, t("dm_queued"));
        this.retryTimer = setTimeout(() => this.flush(), RETRY_MS);
        break;
      }
    }
    this.flushing = false;
  }

  /** What the server will never take is given back, with the reason. @param {any} message @param {any} error */
  refused(message, error) {
    if (!FINAL.includes(error?.code)) return false;
    this.outbox.drop(message.key);
    this.problemTarget.textContent = error.fields ? Object.values(error.fields)[0] : error.message;
    this.problemTarget.hidden = false;
    const row = this.waitingRow(message.key);
    row?.setAttribute("data-refused", "");
    this.say(message.key, "");
    const again = document.createElement("button");
    again.type = "button";
    again.className = "btn btn-sec btn-sm";
    again.textContent = t("dm_failed");
    again.addEventListener("click", () => {
      row?.remove();
      this.outbox.add(message);
      this.showWaiting(message);
      this.flush();
    });
    row?.querySelector(".msg__meta")?.append(again);
    return true;
  }

  /** @param {string} key @param {string} words */
  say(key, words) {
    const meta = this.waitingRow(key)?.querySelector(".msg__meta");
    if (meta) meta.textContent = words;
  }

  /** Signs, edits and deletions: sent without leaving the page; the news redraws the message. @param {SubmitEvent} event */
  quiet = async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.hasAttribute("data-messages-quiet")) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    form.closest("details.msg__menu")?.removeAttribute("open");
    form.toggleAttribute("data-sent", true);
    try {
      await request(form.action, { method: "POST", body });
    } catch (error) {
      form.removeAttribute("data-sent");
      const { message, data } = /** @type {import("../core/http.js").Refusal} */ (error);
      this.problemTarget.textContent = Object.values(data?.fields ?? {})[0] ?? message;
      this.problemTarget.hidden = false;
    }
  };

  nearEnd() {
    const box = this.scrollTarget;
    return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
  }

  /** At the message that the address names, a paid offer say; else at the newest. */
  scrollToStart() {
    const named = /^#m\d+$/.test(location.hash) && this.listTarget.querySelector(location.hash);
    if (named) named.scrollIntoView({ block: "center" });
    else this.scrollToEnd();
  }

  scrollToEnd() {
    this.scrollTarget.scrollTop = this.scrollTarget.scrollHeight;
  }
}
