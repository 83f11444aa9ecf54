// The arithmetic of the trimmer: times as people write them, and how far each handle may go. Pure.

export const LEAST = 3;
export const MOST = 60;

/** `12:04`, `1:12:04` or `724` as seconds; NaN for anything else. @param {string} text */
export function seconds(text) {
  const found = /^(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,6}(?:[.,]\d{1,3})?)$/.exec(text.trim());
  if (!found) return NaN;
  const rest = Number(found[3].replace(",", "."));
  if (found[2] !== undefined && rest >= 60) return NaN;
  return Number(found[1] ?? 0) * 3600 + Number(found[2] ?? 0) * 60 + rest;
}

/** The nearest place for the start handle. @param {number} wanted @param {number} end @param {number} least */
export function startWithin(wanted, end, least) {
  return Math.round(Math.min(Math.max(wanted, least, end - MOST), end - LEAST));
}

/** The nearest place for the end handle. @param {number} wanted @param {number} start @param {number} most */
export function endWithin(wanted, start, most) {
  return Math.round(Math.max(Math.min(wanted, most, start + MOST), start + LEAST));
}

/** Per cent of the way from least to most. @param {number} at @param {number} least @param {number} most */
export function share(at, least, most) {
  return (100 * Math.min(Math.max(at - least, 0), most - least)) / Math.max(1, most - least);
}
