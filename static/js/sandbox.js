// The sandbox's payment page: test cards fill the fields in place, numbers are spaced while typing, one click pays once.
// Without this file the same buttons and the same form work by loading pages.

const EXPIRY = "12 / 34";
const CVC = "123";

/** @param {string} name @returns {HTMLInputElement | null} */
function input(name) {
  const found = document.getElementById(name);
  return found instanceof HTMLInputElement ? found : null;
}

/** @param {string} name @param {string} value */
function put(name, value) {
  const field = input(name);
  if (field) field.value = value;
}

/** @param {string} text */
export function spaced(text) {
  return text.replace(/\D/g, "").slice(0, 19).replace(/(\d{4})(?=\d)/g, "$1 ");
}

function markPressed() {
  const typed = (input("card")?.value ?? "").replace(/\D/g, "");
  for (const button of document.querySelectorAll("[data-fill]")) {
    const fits = (button.getAttribute("data-fill") ?? "").replace(/\D/g, "") === typed;
    button.setAttribute("aria-pressed", String(fits));
  }
}

/** @param {Event} event */
function fill(event) {
  const button = /** @type {HTMLElement} */ (event.currentTarget);
  event.preventDefault();
  put("card", button.dataset.fill ?? "");
  put("expiry", EXPIRY);
  put("cvc", CVC);
  markPressed();
  document.querySelector(".sandbox__pay")?.scrollIntoView({ block: "nearest" });
}

/** Spaces appear while typing at the end; in the middle of a number the caret would jump. @param {HTMLInputElement} field */
function typing(field) {
  const end = field.selectionStart === field.value.length;
  if (end && /^[\d\s-]*$/.test(field.value)) field.value = spaced(field.value);
  markPressed();
}

/** @param {HTMLFormElement} form */
function payOnce(form) {
  const button = document.querySelector(".sandbox__pay");
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    button?.setAttribute("aria-busy", "true");
    const label = button?.querySelector("span");
    if (label) label.textContent = form.dataset.busy ?? label.textContent;
  });
  // A page that comes back from the history can be paid again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}

function localClock() {
  for (const time of document.querySelectorAll("time[data-clock]")) {
    const moment = new Date(time.getAttribute("datetime") ?? "");
    time.textContent = moment.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  }
}

for (const button of document.querySelectorAll("[data-fill]")) button.addEventListener("click", fill);
const card = input("card");
card?.addEventListener("input", () => typing(card));
const form = document.querySelector("[data-pay]");
if (form instanceof HTMLFormElement) payOnce(form);
localClock();
