// The sign-in page shows the message that somebody had begun: the page it was written on keeps it in this tab.
import { Controller } from "stimulus";

export const KEPT_TEXT = "vetrina.kept-text";

/** Remember a text for the page at `path`, until it is sent. @param {string} path @param {string} text */
export function keepText(path, text) {
  sessionStorage.setItem(KEPT_TEXT, JSON.stringify({ path, text: text.slice(0, 200) }));
}

/** The text kept for this path, or an empty string. @param {string} path */
export function keptText(path) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT_TEXT) ?? "null");
    return kept && kept.path === path && typeof kept.text === "string" ? kept.text : "";
  } catch {
    return ""; // Not ours, or cut off: there is nothing to show.
  }
}

/** Once it is sent. */
export function forgetText() {
  sessionStorage.removeItem(KEPT_TEXT);
}

export default class extends Controller {
  static targets = ["empty", "kept", "text"];
  static values = { path: String };

  connect() {
    const text = keptText(this.pathValue.split("?")[0]);
    if (!text) return;
    this.textTarget.textContent = text;
    this.keptTarget.hidden = false;
    this.emptyTarget.hidden = true;
  }
}
