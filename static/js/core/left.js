// How long an event still is away, in words.

/** What is left as `[[3, "days"], [22, "hours"]]`, in the page's language. @param {number} seconds @param {string} language */
export function parts(seconds, language) {
  const left = Math.max(0, seconds);
  const days = Math.floor(left / 86400);
  const hours = Math.floor((left % 86400) / 3600);
  if (left < 3600) return [unit(Math.ceil(left / 60), "minute", language)];
  return days ? [unit(days, "day", language), unit(hours, "hour", language)] : [unit(hours, "hour", language)];
}

/** @param {number} value @param {string} name @param {string} language @returns {[string, string]} */
function unit(value, name, language) {
  const pieces = new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long" }).formatToParts(value);
  const text = (/** @type {string} */ type) => pieces.filter((piece) => piece.type === type).map((piece) => piece.value).join("");
  return [text("integer"), text("unit")];
}
