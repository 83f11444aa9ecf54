// Tells screen readers: politely for news, assertively for payment errors only.

/** @param {string} text */
export function announce(text) {
  say("polite", text);
}

/** @param {string} text */
export function alertReader(text) {
  say("assertive", text);
}

/** @param {string} id @param {string} text */
function say(id, text) {
  const region = document.getElementById(id);
  if (!region) return;
  region.textContent = "";
  // A region that is filled in the same frame as it was emptied is not read again.
  requestAnimationFrame(() => (region.textContent = text));
}
