// The words of the save bar: what the form's person touched, by the names they see.

/** First two names and how many more. @param {string[]} names @returns {{shown: string, more: number}} */
export function summary(names) {
  const unique = [...new Set(names.filter(Boolean))];
  return { shown: unique.slice(0, 2).join(", "), more: Math.max(0, unique.length - 2) };
}
