// Asks before something happens, in a native dialog; resolves to the answer. Cancel is focused first, Esc says no.
import { t } from "./i18n.js";

/** @param {string} question @param {{act?: string, text?: string, danger?: boolean}} [options] @returns {Promise<boolean>} */
export function ask(question, { act, text, danger = true } = {}) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const title = document.createElement("h2");
  title.textContent = question;
  title.id = "ask-title";
  dialog.setAttribute("aria-labelledby", title.id);
  const actions = document.createElement("div");
  actions.className = "dialog__actions";
  actions.append(button(t("cancel"), "btn btn-sec", "no"), button(act ?? t("confirm"), danger ? "btn btn-danger-fill" : "btn btn-primary", "yes"));
  dialog.append(title);
  if (text) dialog.append(paragraph(text));
  dialog.append(actions);
  document.body.append(dialog);
  dialog.addEventListener("click", (event) => {
    if (event.target instanceof HTMLButtonElement) dialog.close(event.target.value);
  });
  dialog.showModal();
  actions.querySelector("button")?.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

/** @param {string} words @param {string} className @param {string} value */
function button(words, className, value) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.value = value;
  made.textContent = words;
  return made;
}

/** @param {string} words */
function paragraph(words) {
  const made = document.createElement("p");
  made.className = "muted";
  made.textContent = words;
  return made;
}
