// A message that the server put on the page goes away by itself.
import { Controller } from "stimulus";

export default class extends Controller {
  connect() {
    this.timer = setTimeout(() => this.element.remove(), 6000);
  }

  disconnect() {
    clearTimeout(this.timer);
  }
}
