// One-key shortcuts: outside text fields, without modifiers, and only while they are switched on.

/** @param {KeyboardEvent} event */
export function isTyping(event) {
  const target = /** @type {Element|null} */ (event.target);
  return Boolean(target?.closest?.("input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]"));
}

/**
 * Calls the action of a key. Returns a function that stops listening.
 * @param {Record<string, () => void>} actions by `event.key`, letters in lower case
 * @param {{enabled?: () => boolean}} [options]
 */
export function listenForKeys(actions, { enabled = () => true } = {}) {
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event) || !enabled()) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = actions[key];
    if (!action) return;
    const target = /** @type {Element|null} */ (event.target);
    // Space belongs to whatever button has the focus.
    if (key === " " && target?.closest?.("button, a, summary, label, input")) return;
    if (document.querySelector("dialog[open]") && key !== "?") return;
    event.preventDefault();
    action();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

/** A yes or no that this browser remembers; `fallback` where nothing may be kept. @param {string} name @param {boolean} fallback */
export function remembered(name, fallback) {
  try {
    const kept = localStorage.getItem(`vetrina.${name}`);
    return kept === null ? fallback : kept === "1";
  } catch {
    return fallback; // Storage is forbidden here; the choice holds for this page.
  }
}

/** @param {string} name @param {boolean} value */
export function remember(name, value) {
  try {
    localStorage.setItem(`vetrina.${name}`, value ? "1" : "0");
  } catch {
    // As above.
  }
}
