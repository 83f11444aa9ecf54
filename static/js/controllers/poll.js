// Looks again every two seconds until the page says it is done (payment confirmation), then loads the page anew.
import { Controller } from "stimulus";

export default class extends Controller {
  static values = { url: String, seconds: { type: Number, default: 2 }, limit: { type: Number, default: 60 } };

  connect() {
    this.count = 0;
    this.timer = setInterval(() => this.look(), this.secondsValue * 1000);
  }

  disconnect() {
    clearInterval(this.timer);
  }

  async look() {
    this.count += 1;
    if (this.count > this.limitValue) return this.disconnect();
    const answer = await fetch(this.urlValue, { headers: { Accept: "application/json" }, credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok) return;
    const body = await answer.json();
    if (body.done) {
      this.disconnect();
      location.replace(body.url);
    }
  }
}
