// What the room of a member loads when it is first needed: which friends are here and which of the words
// are theirs, following its brand, asking it.
import { fragment, request } from "../core/http.js";
import { pick, t } from "../core/i18n.js";
import { toast } from "../core/toast.js";

const SETTLE_MS = 250;
const LATEST_ROWS = 5;
let timer = 0;
/** @type {Set<string>} */
let friends = new Set();
/** @type {Set<string>} */
let hidden = new Set();
/** @type {MutationObserver|undefined} */
let watcher;

/** The line stands: look around. @param {any} room the controller */
export function arrive(room) {
  refresh(room.element, room.line.roomId);
  voices(room.element);
}

/** News for this person alone. @param {any} room the controller @param {string} name @param {any} payload */
export function heard(room, name, payload) {
  if (name === "friends.changed") voices(room.element);
  else if (name !== "friends.bought") refresh(room.element, room.line.roomId);
  else if (payload.room_id === room.line.roomId) bought(room.chat, payload);
}

/** Friends' words get their tag, those of people whom one blocked go. @param {Element} room */
async function voices(room) {
  const answer = await request("/friends/voices").catch(() => null);
  const list = room.querySelector(".chat__list");
  if (!answer || !list) return;
  friends = new Set(answer.data.friends);
  hidden = new Set(answer.data.hidden);
  for (const row of list.children) paint(/** @type {HTMLElement} */ (row));
  watcher?.disconnect();
  watcher = new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const row of addedNodes) paint(/** @type {HTMLElement} */ (row));
  });
  watcher.observe(list, { childList: true });
}

/** @param {HTMLElement} row */
function paint(row) {
  const account = row.dataset.account ?? "";
  const tag = /** @type {HTMLElement|null} */ (row.querySelector(".msg__tag"));
  if (!account || !tag) return;
  row.hidden = hidden.has(account);
  const was = row.classList.contains("msg--friend");
  if (!was && !tag.hidden) return; // The crew wears its own tag.
  const is = friends.has(account);
  row.classList.toggle("msg--friend", is);
  tag.hidden = !is;
  tag.textContent = is ? t("friend") : "";
}

/** The name goes into the notice that named nobody, when it is still there. @param {any} chat @param {any} news */
function bought(chat, { display_name, product_title }) {
  const title = pick(product_title);
  const words = t("friend_bought", { name: display_name, title });
  setTimeout(() => {
    const rows = [...chat.list.children].slice(-LATEST_ROWS).reverse();
    const told = rows.map((row) => row.querySelector(".msg__text")).find((text) => text?.textContent === t("bought_one", { title }));
    if (told) told.textContent = words;
    else chat.tell(words, { kind: "sale", icon: "shopping-bag" });
  }, SETTLE_MS * 2); // The notice itself waits for its turn in the chat.
}

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
