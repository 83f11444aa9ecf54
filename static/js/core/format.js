// Amounts, counts and times the way the server writes them: same locale, same grouping.

const EXPONENTS = { EUR: 2, USD: 2, GBP: 2, JPY: 0 };

/** @param {{amount: number, currency: string}} value @param {string} locale */
export function money(value, locale) {
  const exponent = EXPONENTS[/** @type {keyof typeof EXPONENTS} */ (value.currency)] ?? 2;
  return new Intl.NumberFormat(locale, { style: "currency", currency: value.currency, useGrouping: "always" }).format(value.amount / 10 ** exponent);
}

/** In full to 99,999, then 128K or 128 mila. @param {number} value @param {string} locale */
export function count(value, locale) {
  const whole = (/** @type {number} */ n) => new Intl.NumberFormat(locale, { useGrouping: "always" }).format(n);
  if (value < 100000) return whole(value);
  return locale === "it" ? `${whole(Math.floor(value / 1000))} mila` : `${whole(Math.floor(value / 1000))}K`;
}

/** 272 → 04:32, 3725 → 1:02:05. @param {number} seconds */
export function clockText(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const minutes = Math.floor(left / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(left % 60)}`;
  return `${two(minutes)}:${two(left % 60)}`;
}

/** Hour and minute. @param {string} iso @param {string} locale */
export function hour(iso, locale) {
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false }).format(new Date(iso));
}
