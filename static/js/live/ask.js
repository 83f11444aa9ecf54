// Asking the brand from a room or a replay: the video stays behind the sheet. Loaded when somebody asks.
import { serverNow } from "../core/clock.js";
import { fragment, request } from "../core/http.js";
import { t } from "../core/i18n.js";
import { toast } from "../core/toast.js";
import { fill } from "../share/open.js";

/**
 * The second of the show that is on this screen: now, less what the player is behind.
 * @param {string|null|undefined} liveAt @param {number} behind seconds @param {number} [now]
 */
export function secondOnScreen(liveAt, behind, now = serverNow()) {
  if (!liveAt) return null;
  return Math.max(0, Math.floor((now - Date.parse(liveAt)) / 1000 - (Number.isFinite(behind) ? Math.max(0, behind) : 0)));
}

/** The address of the sheet; the stream's card gets the second. @param {string} action @param {string[]} cards @param {number|null} second */
export function sheetAddress(action, cards, second) {
  const exact = cards.map((card) => (card.startsWith("stream:") && second !== null ? `${card}@show${second}` : card));
  return `${action}?${new URLSearchParams([["part", "form"], ...exact.map((card) => ["card", card])])}`;
}

/** Throws when the sheet does not come; the caller then follows the form. @param {HTMLButtonElement} button @param {number|null} second */
export async function openAsk(button, second) {
  const form = /** @type {HTMLFormElement} */ (button.form);
  const cards = new FormData(form, button).getAll("card").map(String);
  await openSheet(sheetAddress(form.getAttribute("action") ?? "", cards, second));
}

/** The same for an address of the sheet. @param {string} address */
export async function openSheet(address) {
  const part = await fragment(address);
  const dialog = document.createElement("dialog");
  dialog.className = "dialog dialog--sheet ask-sheet";
  dialog.setAttribute("aria-labelledby", "ask-sheet-title");
  document.body.append(dialog);
  await fill(dialog, part);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("submit", (event) => send(event, dialog));
  dialog.showModal();
  /** @type {HTMLElement|null} */ (dialog.querySelector("textarea"))?.focus();
}

/** @param {Event} event @param {HTMLDialogElement} dialog */
async function send(event, dialog) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const button = /** @type {HTMLButtonElement} */ (form.querySelector(".btn"));
  button.disabled = true;
  try {
    await request(form.getAttribute("action") ?? "", { method: "POST", body: new FormData(form) });
    const sent = /** @type {HTMLElement|null} */ (dialog.querySelector("[data-ask-sent]"))?.dataset.askSent ?? "";
    dialog.close();
    toast(sent);
  } catch (error) {
    const problem = /** @type {HTMLElement} */ (dialog.querySelector("[data-ask-problem]"));
    /** @type {HTMLElement} */ (problem.querySelector("span")).textContent = /** @type {Error} */ (error).message || t("not_sent");
    problem.hidden = false;
  } finally {
    button.disabled = false;
  }
}
