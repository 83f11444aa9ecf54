// The share sheet: copies the link, hands it to other apps, and cuts a clip while it shows how far that is.
import { Controller } from "stimulus";
import { locale, t } from "../core/i18n.js";
import { fragment, request } from "../core/http.js";
import { toast } from "../core/toast.js";
import { fill, partOf } from "../share/open.js";

const LOOK_MS = 700;
const LOOKS = 180;

export default class extends Controller {
  static targets = ["link", "named", "system", "form", "error", "cut", "progress", "length", "send", "sendError", "sendButton"];
  static values = { link: String, named: String, title: String };

  connect() {
    if (this.hasSystemTarget) this.systemTarget.hidden = !navigator.share;
    if (!this.hasFormTarget) return;
    this.formTarget.addEventListener("submit", this.submitted);
    this.formTarget.addEventListener("trim:length", (/** @type {CustomEvent} */ event) => {
      this.lengthTarget.textContent = event.detail;
    });
  }

  disconnect() {
    this.gone = true;
  }

  /** The link with or without the sender's name. */
  write() {
    this.linkTarget.value = this.hasNamedTarget && this.namedTarget.checked ? this.namedValue : this.linkValue;
  }

  async copy() {
    this.linkTarget.select();
    try {
      await navigator.clipboard.writeText(this.linkTarget.value);
    } catch {
      document.execCommand("copy"); // Without a secure origin there is no clipboard interface; the selection still copies.
    }
    toast(t("copied"));
    this.element.closest("dialog")?.close();
  }

  async system() {
    try {
      await navigator.share({ title: this.titleValue, url: this.linkTarget.value });
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "AbortError") await this.copy();
    }
  }

  /** The button says who will get it. */
  chosen() {
    const names = [...this.sendTarget.querySelectorAll("input:checked")].map((box) => /** @type {HTMLElement} */ (box).dataset.name ?? "");
    const words = /** @type {HTMLElement} */ (this.sendButtonTarget.querySelector("[data-words]"));
    const list = new Intl.ListFormat(locale(), { type: "conjunction" }).format(names);
    words.textContent = names.length ? (words.dataset.words ?? "").replace("{names}", () => list) : (words.dataset.empty ?? "");
    this.sendErrorTarget.hidden = true;
  }

  /** @param {SubmitEvent} event */
  async send(event) {
    event.preventDefault();
    this.sendButtonTarget.disabled = true;
    try {
      const { data } = await request(this.sendTarget.action, { method: "POST", body: new FormData(this.sendTarget) });
      toast(data.told);
      const dialog = this.element.closest("dialog");
      if (dialog) dialog.close();
      else this.sendTarget.reset();
    } catch (error) {
      const { message, data } = /** @type {any} */ (error);
      this.sendErrorTarget.textContent = Object.values(data?.fields ?? {}).join(" ") || message || t("generic_error");
      this.sendErrorTarget.hidden = false;
    }
    this.sendButtonTarget.disabled = false;
  }

  /** @param {SubmitEvent} event */
  submitted = async (event) => {
    event.preventDefault();
    this.busy(true);
    try {
      const { data } = await request(this.formTarget.action, { method: "POST", body: new FormData(this.formTarget) });
      await this.follow(data.url);
    } catch (error) {
      this.fail(/** @type {any} */ (error));
    }
  };

  /** Look until the clip is made, then show it. @param {string} url */
  async follow(url) {
    for (let look = 0; look < LOOKS && !this.gone; look += 1) {
      const clip = await request(url).catch(() => ({}));
      if (clip.done && clip.state === "ready") return this.show(url);
      if (clip.done) return location.assign(url);
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
    if (!this.gone) location.assign(url);
  }

  /** @param {string} url */
  async show(url) {
    const place = this.element.closest("dialog") && this.element.parentElement;
    if (!place) return location.assign(url);
    await fill(place, await fragment(partOf(url.replace("/clips/", "/share/clip/"))));
    /** @type {HTMLElement|null} */ (place.querySelector("[data-testid=share-copy]"))?.focus();
  }

  /** @param {{data?: {fields?: Record<string, string>}, message: string}} error */
  fail(error) {
    this.busy(false);
    const fields = error.data?.fields ?? {};
    this.errorTarget.textContent = Object.values(fields).join(" ") || error.message || t("generic_error");
    this.errorTarget.hidden = false;
    for (const input of this.formTarget.querySelectorAll("input[name=start], input[name=end]")) {
      input.toggleAttribute("aria-invalid", input.name in fields);
      input.closest(".field")?.toggleAttribute("data-invalid", input.name in fields);
    }
    const [first] = Object.keys(fields);
    if (first) this.formTarget.elements[first]?.focus();
  }

  /** @param {boolean} on */
  busy(on) {
    this.cutTarget.disabled = on;
    this.cutTarget.hidden = on;
    this.progressTarget.hidden = !on;
    this.errorTarget.hidden = true;
  }
}
