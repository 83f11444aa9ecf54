// Panels of one page under tabs: arrow keys, Home and End move; without scripts every panel shows. A tab with
// aria-controls of a panel is selected by its button or by location.hash.
import { Controller } from "stimulus";

export default class extends Controller {
  static targets = ["tab", "panel"];

  connect() {
    this.element.addEventListener("click", this.onClick);
    this.element.addEventListener("keydown", this.onKey);
    const named = this.tabTargets.find((tab) => `#${tab.getAttribute("aria-controls")}` === location.hash);
    this.select(named ?? this.tabTargets.find((tab) => tab.getAttribute("aria-selected") === "true") ?? this.tabTargets[0]);
  }

  disconnect() {
    this.element.removeEventListener("click", this.onClick);
    this.element.removeEventListener("keydown", this.onKey);
  }

  /** @param {MouseEvent} event */
  onClick = (event) => {
    const tab = this.tabTargets.find((/** @type {Element} */ one) => one.contains(/** @type {Node} */ (event.target)));
    if (tab) this.select(tab);
  };

  /** @param {KeyboardEvent} event */
  onKey = (event) => {
    const tabs = this.tabTargets;
    const at = tabs.indexOf(event.target);
    if (at < 0) return;
    const forward = getComputedStyle(this.element).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    const to = { [forward]: at + 1, [back]: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    this.select(tab);
    tab.focus();
  };

  /** @param {Element} chosen */
  select(chosen) {
    for (const tab of this.tabTargets) {
      const on = tab === chosen;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (!panel) continue;
      panel.hidden = !on;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
    }
    this.dispatch("selected", { detail: { panel: chosen.getAttribute("aria-controls") } });
  }
}
