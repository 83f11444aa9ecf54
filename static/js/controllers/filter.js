// Narrows a list that is already on the page: an input (target "query") hides the rows (targets "row") that do not hold
// its words; target "none" shows when nothing is left.
import { Controller } from "stimulus";
import { matches } from "../core/search.js";

export default class extends Controller {
  static targets = ["query", "row", "none"];

  connect() {
    this.queryTarget.addEventListener("input", this.narrow);
  }

  disconnect() {
    this.queryTarget.removeEventListener("input", this.narrow);
  }

  narrow = () => {
    let shown = 0;
    for (const row of this.rowTargets) {
      row.hidden = !matches(row.dataset.filterText ?? row.textContent ?? "", this.queryTarget.value);
      shown += row.hidden ? 0 : 1;
    }
    if (this.hasNoneTarget) this.noneTarget.hidden = shown > 0;
  };
}
