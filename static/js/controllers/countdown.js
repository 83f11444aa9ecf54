// <span data-controller="countdown" data-countdown-until-value="…"> counts down on the server's clock, once a second.
import { Controller } from "stimulus";
import { learn, secondsUntil } from "../core/clock.js";
import { clockText } from "../core/format.js";

export default class extends Controller {
  static values = { until: String, now: String, ended: String };

  connect() {
    if (this.nowValue) learn(this.nowValue);
    this.timer = setInterval(() => this.paint(), 1000);
    this.paint();
  }

  disconnect() {
    clearInterval(this.timer);
  }

  paint() {
    const left = secondsUntil(this.untilValue);
    this.element.textContent = left > 0 ? clockText(left) : this.endedValue || clockText(0);
    if (left <= 0) clearInterval(this.timer);
  }
}
