// The sheet over a thread with products and orders to send. Loaded when somebody attaches.
import { fragment } from "./http.js";
import { t } from "./i18n.js";

const TYPING_MS = 250;

/** The address of the part. @param {string} url */
export function partOf(url) {
  const found = new URL(url, location.href);
  found.searchParams.set("part", "1");
  return found.pathname + found.search;
}

/** Throws when the part does not come. @param {string} url @param {(ref: string, card: Element) => void} pick */
export async function openAttach(url, pick) {
  const sheet = new Sheet(pick);
  await sheet.load(url);
  sheet.open();
}

class Sheet {
  /** @param {(ref: string, card: Element) => void} pick */
  constructor(pick) {
    this.pick = pick;
    this.dialog = document.createElement("dialog");
    this.dialog.className = "dialog dialog--sheet attach";
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("attach-sheet"));
    this.dialog.append(template.content.cloneNode(true));
    this.dialog.setAttribute("aria-labelledby", "attach-title");
    this.body = /** @type {HTMLElement} */ (this.dialog.querySelector("[data-attach-body]"));
    this.dialog.addEventListener("close", () => this.closed());
    this.dialog.addEventListener("click", (event) => this.clicked(event));
    this.dialog.addEventListener("input", () => this.typed());
    this.dialog.addEventListener("submit", (event) => this.submitted(event));
    document.body.append(this.dialog);
  }

  open() {
    this.dialog.showModal();
    /** @type {HTMLElement|null} */ (this.body.querySelector("input[type=search], .tab[aria-current], [data-attach-pick]"))?.focus();
  }

  closed() {
    clearTimeout(this.timer);
    this.dialog.remove();
  }

  /** @param {string} url */
  async load(url) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const html = await fragment(partOf(url));
    if (turn === this.turn) this.body.innerHTML = html; // Drawn by our server.
  }

  /** Only the list changes while somebody types: the field keeps its words and the cursor. @param {string} url */
  async search(url) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const html = await fragment(partOf(url)).catch(() => null);
    if (turn !== this.turn) return;
    const list = /** @type {Element} */ (this.body.querySelector("[data-attach-list]"));
    if (html === null) {
      list.textContent = t("dm_attach_failed");
      return;
    }
    const found = new DOMParser().parseFromString(html, "text/html").querySelector("[data-attach-list]");
    if (found) list.replaceChildren(...found.childNodes);
  }

  /** @param {Event} event */
  clicked(event) {
    const target = /** @type {Element} */ (event.target);
    const tab = target.closest("a.tab");
    const pick = target.closest("[data-attach-pick]") ?? target.closest(".attach__row")?.querySelector("[data-attach-pick]");
    if (!tab && !pick) return;
    event.preventDefault();
    if (tab) this.load(tab.getAttribute("href") ?? "").then(() => /** @type {HTMLElement|null} */ (this.body.querySelector(".tab[aria-current]"))?.focus());
    else if (pick) this.picked(pick);
  }

  /** @param {Element} pick */
  picked(pick) {
    const card = pick.closest(".attach__row")?.querySelector(".attach__card > *");
    this.dialog.close();
    if (card) this.pick(pick.getAttribute("data-attach-pick") ?? "", card);
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.find(), TYPING_MS);
  }

  /** @param {Event} event */
  submitted(event) {
    event.preventDefault();
    clearTimeout(this.timer);
    this.find();
  }

  find() {
    const form = /** @type {HTMLFormElement|null} */ (this.body.querySelector("form"));
    if (form) this.search(`${form.getAttribute("action")}?${new URLSearchParams(/** @type {any} */ (new FormData(form)))}`);
  }
}
