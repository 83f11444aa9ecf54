// Opens the share sheet of an address in a dialog. Loaded when somebody shares, never before.
import { fragment } from "../core/http.js";

const STYLE_MS = 800;

/** The address of the part for a page's address. @param {string} url @param {number} [seconds] of a video, to share that moment */
export function partOf(url, seconds = 0) {
  const found = new URL(url, location.href);
  if (seconds >= 1) found.searchParams.set("t", String(Math.floor(seconds)));
  found.searchParams.set("part", "1");
  return found.pathname + found.search;
}

/** Throws when the part cannot be fetched; the caller then follows the link. @param {string} url @param {number} [seconds] */
export async function openShare(url, seconds) {
  const part = await fragment(partOf(url, seconds));
  const dialog = document.createElement("dialog");
  dialog.className = "dialog dialog--sheet share-dialog";
  dialog.setAttribute("aria-labelledby", "share-sheet-title");
  dialog.dataset.controller = "sheet";
  const handle = document.createElement("div");
  handle.className = "dialog__handle";
  handle.dataset.sheetTarget = "handle";
  const body = document.createElement("div");
  dialog.append(handle, body);
  document.body.append(dialog);
  await fill(body, part);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  return dialog;
}

/** Put a part into its place and wait for its style sheet. @param {Element} place @param {string} part drawn by our server */
export async function fill(place, part) {
  place.innerHTML = part;
  const style = place.querySelector("link[rel=stylesheet]");
  if (!style) return;
  await new Promise((done) => {
    style.addEventListener("load", done);
    style.addEventListener("error", done);
    setTimeout(done, STYLE_MS);
  });
}
