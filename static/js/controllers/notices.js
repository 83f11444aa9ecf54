// The notice board: following a line reads it; new lines are drawn by the server and put in place.
import { Controller } from "stimulus";
import { fragment, request } from "../core/http.js";
import { personalLine } from "../core/line.js";

const SETTLE_MS = 400;

export default class extends Controller {
  static targets = ["list"];

  connect() {
    const line = personalLine();
    this.stops = line ? ["notice.added", "notices.read"].map((name) => line.on(name, () => this.soon())) : [];
  }

  disconnect() {
    clearTimeout(this.timer);
    for (const stop of this.stops ?? []) stop();
  }

  /** The page is being left: the browser finishes the request on its own. @param {Event & {params: {url: string}}} event */
  follow({ params }) {
    const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
    fetch(params.url, { method: "POST", keepalive: true, headers: { Accept: "application/json", "X-CSRFToken": token } }).catch(() => {});
  }

  /** Reads without loading the page again. @param {SubmitEvent} event */
  async read(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    try {
      await request(form.action, { method: "POST", body: new FormData(form) });
      await this.refresh();
    } catch {
      form.submit();
    }
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), SETTLE_MS);
  }

  async refresh() {
    const page = new DOMParser().parseFromString(await fragment(location.pathname), "text/html");
    const fresh = page.querySelector("[data-notices-target='list']");
    if (!fresh) return;
    const hadFocus = this.listTarget.contains(document.activeElement);
    this.listTarget.replaceChildren(...fresh.childNodes);
    if (hadFocus) this.listTarget.focus();
  }
}
