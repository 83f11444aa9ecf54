// Finds rows by words, the way people type them: no accents, no capitals, in any order.

/** @param {string} text */
export function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Whether a text holds every word of the query. @param {string} text @param {string} query */
export function matches(text, query) {
  const haystack = plain(text);
  return plain(query).split(/\s+/).filter(Boolean).every((word) => haystack.includes(word));
}
