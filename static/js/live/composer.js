// Where people write: the text is never lost, a wait is counted down, signed-out people are taken to sign in.
import { hour } from "../core/format.js";
import { locale, t } from "../core/i18n.js";
import { toast } from "../core/toast.js";
import { serverNow } from "../core/clock.js";
import { secondsLeft } from "./pace.js";

/** @returns {string} */
export function clientKey() {
  return crypto.getRandomValues(new Uint32Array(3)).join("-").slice(0, 40);
}

export class Composer {
  /**
   * @param {{form: HTMLFormElement, input: HTMLInputElement, button: HTMLButtonElement, note: HTMLElement, guest: boolean,
   *   post: (text: string, key: string) => Promise<any>, optimistic?: (text: string, key: string) => void, failed?: (key: string) => void}} parts
   */
  constructor({ form, input, button, note, guest, post, optimistic, failed }) {
    this.form = form;
    this.input = input;
    this.button = button;
    this.note = note;
    this.guest = guest;
    this.post = post;
    this.optimistic = optimistic;
    this.failed = failed;
    this.waitUntil = 0;
    /** @type {{kind: string, until: string|null}|null} */
    this.silence = null;
    this.line = "connecting";
    form.addEventListener("submit", (event) => this.submit(event));
    input.addEventListener("input", () => this.paint());
    this.timer = setInterval(() => this.paint(), 500);
    this.restore();
  }

  destroy() {
    clearInterval(this.timer);
  }

  get path() {
    return location.pathname;
  }

  /** After sign-in the kept text is back; it goes out once the room is joined. */
  async restore() {
    if (!sessionStorage.length) return;
    this.kept = await import("../controllers/kept_text.js");
    const text = this.kept.keptText(this.path);
    if (!text || this.input.value) return;
    this.input.value = text;
    if (this.guest) return;
    this.sendOnJoin = true;
    if (this.line === "connected") this.joined();
  }

  joined() {
    if (!this.sendOnJoin || !this.input.value.trim()) return;
    this.sendOnJoin = false;
    this.deliver(this.input.value.trim());
  }

  /** @param {Event} event */
  submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    if (this.line !== "connected") {
      // It goes out by itself once the line is back.
      this.sendOnJoin = true;
      return this.paint();
    }
    if (this.blocked()) return this.paint();
    this.deliver(text);
  }

  /** To the room, or to the sign-in page with the text kept. @param {string} text */
  deliver(text) {
    if (this.guest) this.signIn(text);
    else this.send(text);
  }

  /** @param {string} text */
  async signIn(text) {
    const { keepText } = await import("../controllers/kept_text.js");
    keepText(this.path, text);
    location.assign(`/signin?next=${encodeURIComponent(this.path)}`);
  }

  blocked() {
    return this.silence !== null || secondsLeft(this.waitUntil, serverNow()) > 0;
  }

  /** @param {string} text */
  async send(text) {
    const key = clientKey();
    this.optimistic?.(text, key);
    this.input.value = "";
    try {
      await this.post(text, key);
      this.kept?.forgetText();
    } catch (error) {
      this.refused(/** @type {any} */ (error), text, key);
    }
    this.paint();
  }

  /** @param {{code?: string, message?: string, data?: any}} error @param {string} text @param {string} key */
  refused(error, text, key) {
    this.failed?.(key);
    if (!this.input.value) this.input.value = text;
    if (error.code === "rate_limited") this.waitSeconds(Number(error.data?.retry_after ?? 2));
    else if (error.code === "muted") this.silenced("mute", error.data?.until ?? null);
    else if (error.code === "banned") this.silenced("ban", null);
    else if (error.code === "sign_in_needed") this.signIn(text);
    else toast(error.message || t("not_sent"));
  }

  /** @param {number} seconds */
  waitSeconds(seconds) {
    this.waitUntil = Math.max(this.waitUntil, serverNow() + seconds * 1000);
    this.paint();
  }

  /** @param {string} kind mute, ban or none @param {string|null} until */
  silenced(kind, until) {
    this.silence = kind === "none" || !kind ? null : { kind, until };
    this.paint();
  }

  /** @param {string} line */
  setLine(line) {
    this.line = line;
    this.paint();
  }

  /** @param {boolean} open */
  setOpen(open) {
    this.input.disabled = !open;
    this.button.disabled = !open;
  }

  /** What stands in the way, in words; empty when nothing does. */
  words() {
    if (this.silence?.until && Date.parse(this.silence.until) <= serverNow()) this.silence = null;
    if (this.silence?.kind === "ban") return t("banned");
    if (this.silence) return this.silence.until ? t("muted_until", { time: hour(this.silence.until, locale()) }) : t("muted");
    if (this.sendOnJoin && this.line !== "connected" && this.input.value) return t("kept_offline", { text: this.input.value });
    return this.wait ? t("wait_seconds", { seconds: this.wait }) : "";
  }

  /** Seconds until the next message may go; signed-out people have not begun to count. */
  get wait() {
    return this.guest ? 0 : secondsLeft(this.waitUntil, serverNow());
  }

  paint() {
    const words = this.words();
    if (this.note.textContent !== words) this.note.textContent = words;
    this.note.hidden = !words;
    // Whoever goes on writing while waiting sees the seconds on the button instead of over the own words.
    const aside = this.wait > 0 && !this.silence && Boolean(this.input.value);
    this.note.toggleAttribute("data-aside", aside);
    if (aside) this.button.dataset.seconds = String(this.wait);
    else delete this.button.dataset.seconds;
  }
}
