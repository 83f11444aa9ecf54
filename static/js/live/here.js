// What the room of a member loads when it is first needed: which friends are here, following its brand, asking it.
import { fragment, request } from "../core/http.js";
import { toast } from "../core/toast.js";

const SETTLE_MS = 250;
let timer = 0;

/** News comes in bursts; one question answers them all. @param {Element} room @param {string} roomId */
export function refresh(room, roomId) {
  clearTimeout(timer);
  timer = window.setTimeout(async () => {
    const button = /** @type {HTMLButtonElement} */ (room.querySelector("[data-room-act=follow]"));
    const part = await fragment(`/friends/here/${roomId}?brand=${button.dataset.slug}`).catch(() => null);
    const place = room.querySelector("[data-here]");
    if (part === null || !place) return;
    place.innerHTML = part; // Drawn by the server.
    show(button, place.querySelector("[data-following=true]") !== null);
    button.hidden = false;
  }, SETTLE_MS);
}

/** Asking keeps the show in sight; without the sheet its page opens. @param {HTMLButtonElement} button @param {any} room the controller */
export async function ask(button, room) {
  try {
    const { openAsk, secondOnScreen } = await import("./ask.js");
    await openAsk(button, secondOnScreen(room.line.room.stream.live_at, room.stage.player?.latency));
  } catch {
    button.form?.requestSubmit(button);
  }
}

/** Shows the change at once and takes it back when it is refused. @param {HTMLButtonElement} button */
export async function follow(button) {
  const on = button.getAttribute("aria-pressed") === "true";
  show(button, !on);
  try {
    await request(`/b/${button.dataset.slug}/${on ? "unfollow" : "follow"}`, { method: "POST", body: new FormData() });
  } catch (error) {
    show(button, on);
    toast(/** @type {Error} */ (error).message);
  }
}

/** @param {HTMLButtonElement} button @param {boolean} on */
function show(button, on) {
  button.setAttribute("aria-pressed", String(on));
  const words = (button.dataset.words ?? "").split("|");
  /** @type {Element} */ (button.firstElementChild).textContent = words[on ? 1 : 0];
}
