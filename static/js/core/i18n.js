// Strings of scripts: the page carries them as JSON in its own language.

/** @type {Record<string, string> | null} */
let strings = null;

/** @returns {Record<string, string>} */
function table() {
  if (strings) return strings;
  /** @type {Record<string, string>} */
  const found = {};
  for (const script of document.querySelectorAll("script[data-strings]")) Object.assign(found, JSON.parse(script.textContent || "{}"));
  strings = found;
  return found;
}

/** Fills %(name)s placeholders. @param {string} text @param {Record<string, string|number>} params */
export function fill(text, params) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in params ? String(params[name]) : whole));
}

/** The string for a key; the key itself when the page lacks it. @param {string} key @param {Record<string, string|number>} [params] */
export function t(key, params = {}) {
  return fill(table()[key] ?? key, params);
}

/** `key_one` or `key_other` by the language's plural rule. @param {string} key @param {number} count @param {Record<string, string|number>} [params] */
export function tn(key, count, params = {}) {
  const form = new Intl.PluralRules(locale()).select(count) === "one" ? "one" : "other";
  return t(`${key}_${form}`, { count, ...params });
}

/** `en` or `it`. */
export function locale() {
  return document.documentElement.lang || "en";
}

/** The text of an {en, it} pair in the page's language. @param {Record<string, string>|null|undefined} texts */
export function pick(texts) {
  if (!texts) return "";
  return texts[locale()] || texts.en || Object.values(texts)[0] || "";
}
