// The offer composer: any link with [data-offer-open] opens it over the conversation. The server draws it anew for what is
// typed so far; what has the focus is left alone. Without this script the link leads to the same form as a page.
import { Controller } from "stimulus";
import { announce } from "../core/announce.js";
import { fragment } from "../core/http.js";

const PAUSE_MS = 250;

export default class extends Controller {
  static targets = ["dialog", "place", "form", "found", "failed"];
  static values = { back: String };

  connect() {
    document.addEventListener("click", this.onClick);
    this.element.addEventListener("input", this.onInput);
    this.element.addEventListener("submit", this.onSubmit);
  }

  disconnect() {
    document.removeEventListener("click", this.onClick);
    this.element.removeEventListener("input", this.onInput);
    this.element.removeEventListener("submit", this.onSubmit);
    this.forget();
  }

  onClick = async (/** @type {MouseEvent} */ event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-offer-open]");
    if (!link || !this.hasDialogTarget || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const address = new URL(/** @type {HTMLAnchorElement} */ (link).href);
    address.searchParams.set("part", "form");
    const html = await fragment(String(address)).catch(() => null);
    if (html === null) return location.assign(/** @type {HTMLAnchorElement} */ (link).href);
    this.placeTarget.innerHTML = html; // Drawn by the server.
    if (!this.dialogTarget.open) this.dialogTarget.showModal();
    this.start();
  };

  /** Where one begins: the price when the variant is known, else the variant, else the search. */
  start() {
    const form = this.formTarget;
    const place = form.querySelector("[name=variant_id]:checked") ? "#value" : "[name=variant_id]:not(:disabled)";
    (form.querySelector(place) ?? form.querySelector("#q")).focus();
  }

  onInput = (/** @type {InputEvent} */ event) => {
    const field = event.target;
    if (!(field instanceof HTMLElement) || !this.hasFormTarget || !this.formTarget.contains(field)) return;
    this.forget();
    if (field.id === "offer-text") return; // The words are not part of the card.
    this.timer = setTimeout(() => this.draw(), PAUSE_MS);
  };

  /** What comes late is not drawn over what was typed since. */
  forget() {
    clearTimeout(this.timer);
    this.asked?.abort();
  }

  onSubmit = (/** @type {SubmitEvent} */ event) => {
    if (event.target !== this.formTarget) return;
    event.preventDefault();
    this.forget();
    if (event.submitter?.hasAttribute("data-send")) this.send();
    else this.draw();
  };

  async draw() {
    this.asked = new AbortController();
    const form = this.formTarget;
    const answer = await this.post(form.dataset.draft, this.asked.signal).catch(() => null);
    if (answer?.ok && form === this.formTarget) this.show(await answer.text());
  }

  async send() {
    if (this.isSending) return;
    this.isSending = true;
    this.formTarget.setAttribute("aria-busy", "true");
    this.failedTarget.hidden = true;
    const answer = await this.post(this.formTarget.dataset.send).catch(() => null);
    this.isSending = false;
    this.formTarget.removeAttribute("aria-busy");
    const kind = answer?.headers.get("Content-Type") ?? "";
    if (answer?.ok) return this.sent();
    if (!answer || !kind.startsWith("text/html") || answer.status >= 500) return (this.failedTarget.hidden = false);
    await this.show(await answer.text());
    const wrong = this.formTarget.querySelector("[aria-invalid], .err:not([hidden])");
    const place = wrong?.matches("[aria-invalid]") ? wrong : wrong?.closest("fieldset")?.querySelector("input:not(:disabled)");
    place?.focus();
    if (wrong) announce([...this.formTarget.querySelectorAll(".err:not([hidden]), [role=alert]:not([hidden])")].map((one) => one.textContent.trim()).join(" "));
  }

  sent() {
    if (this.backValue) return location.assign(this.backValue);
    this.dialogTarget.close();
    this.placeTarget.replaceChildren();
    document.getElementById("dm-text")?.focus();
  }

  /** @param {string} address @param {AbortSignal} [signal] */
  post(address, signal) {
    return fetch(address, { method: "POST", body: new FormData(this.formTarget), headers: { Accept: "text/html" }, credentials: "same-origin", signal });
  }

  /** @param {string} html */
  async show(html) {
    const { Idiomorph } = await import("idiomorph");
    const part = document.createElement("template");
    part.innerHTML = html;
    const form = part.content.querySelector("form");
    if (!form) return;
    const isOpen = this.formTarget.querySelector("details")?.open;
    Idiomorph.morph(this.formTarget, form, { ignoreActiveValue: true });
    const more = this.formTarget.querySelector("details");
    if (more && isOpen) more.open = true;
  }

  /** Down leads from the search field into what was found; there the arrows are the radio buttons' own. @param {KeyboardEvent} event */
  toResults(event) {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    (this.foundTarget.querySelector("input:checked") ?? this.foundTarget.querySelector("input"))?.focus();
  }
}
