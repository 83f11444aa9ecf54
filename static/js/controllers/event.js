// The event's page: days and hours left (minutes in the last hour), and the door that opens when the show begins.
import { Controller } from "stimulus";
import { learn, secondsUntil } from "../core/clock.js";
import { locale } from "../core/i18n.js";

const LOOK_EVERY_MS = 15000;
const LOOK_WITHIN_SECONDS = 900;

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

export default class extends Controller {
  static targets = ["left"];
  static values = { until: String, now: String, url: String };

  connect() {
    learn(this.nowValue);
    this.clock = setInterval(() => this.paint(), 10000);
    this.looks = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  disconnect() {
    clearInterval(this.clock);
    clearInterval(this.looks);
  }

  paint() {
    const boxes = this.leftTarget.children;
    const wanted = parts(secondsUntil(this.untilValue), locale());
    while (boxes.length > wanted.length) boxes[boxes.length - 1].remove();
    wanted.forEach(([value, words], place) => {
      if (!boxes[place]) return;
      boxes[place].querySelector("b").textContent = value;
      boxes[place].querySelector("span").textContent = words;
    });
  }

  /** The host may be early: the last quarter of an hour and everything after it asks whether the show began. */
  async look() {
    if (document.visibilityState !== "visible" || secondsUntil(this.untilValue) > LOOK_WITHIN_SECONDS) return;
    const answer = await fetch(this.urlValue, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok && (await answer.json()).done) location.reload();
  }
}
