// Counts every [data-until] inside an element down, in words and on the server's clock: 36 min, 5 h, 3 days. The last
// minute is counted in seconds. What happens at the end is the server's word; until then it says data-ended.
import { learn, secondsUntil } from "./clock.js";

/** @param {number} seconds @returns {[number, string]} */
export function unitOf(seconds) {
  if (seconds <= 60) return [Math.max(0, Math.ceil(seconds)), "second"];
  const minutes = Math.ceil(seconds / 60);
  if (minutes <= 120) return [minutes, "minute"];
  return minutes <= 48 * 60 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"];
}

/** @param {number} seconds @param {string} language */
export function timeLeft(seconds, language) {
  const [value, unit] = unitOf(seconds);
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(value);
}

/** @param {ParentNode} root */
export function paint(root) {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-until]"))) {
    if (place.dataset.now) {
      learn(place.dataset.now);
      delete place.dataset.now; // It was the server's time when this was drawn.
    }
    const left = secondsUntil(place.dataset.until ?? "");
    const words = left > 0 ? timeLeft(left, document.documentElement.lang) : place.dataset.ended ?? "";
    if (place.textContent !== words) place.textContent = words;
  }
}

/** Once a second until the returned function is called. @param {ParentNode} root */
export function watch(root) {
  paint(root);
  const timer = setInterval(() => paint(root), 1000);
  return () => clearInterval(timer);
}
