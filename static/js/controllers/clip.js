// Says once that a clip began to play.
import { Controller } from "stimulus";
import { request } from "../core/http.js";

export default class extends Controller {
  static values = { url: String };

  connect() {
    this.element.addEventListener("playing", () => request(this.urlValue, { method: "POST" }).catch(() => {}), { once: true });
  }
}
