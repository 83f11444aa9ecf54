// The event's page: days and hours left (minutes in the last hour), and the door that opens when the show begins.
import { Controller } from "stimulus";
import { learn, secondsUntil } from "../core/clock.js";
import { locale } from "../core/i18n.js";
import { parts } from "../core/left.js";

const LOOK_EVERY_MS = 15000;
const LOOK_WITHIN_SECONDS = 900;

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
