// The run of show on air: states, figures and clocks of its rows, and what a key or a click pins.
import { clockText, money } from "../core/format.js";
import { locale, t } from "../core/i18n.js";
import { timerState } from "./pin.js";
import { setText, showTime } from "./shelf.js";

/** The item that N pins: the one that is next, else the first that can still be sold. @param {any[]} items */
export function nextItem(items) {
  return items.find((item) => item.state === "next") ?? items.find((item) => item.state !== "pinned" && item.left > 0) ?? null;
}

export class ShowList {
  /** @param {HTMLElement} list @param {HTMLTemplateElement} tools */
  constructor(list, tools) {
    this.list = list;
    this.tools = tools;
    this.timer = setInterval(() => this.tick(), 1000);
  }

  destroy() {
    clearInterval(this.timer);
  }

  /** @param {Record<string, any>} room */
  show(room) {
    this.room = room;
    for (const item of room.items) {
      const row = /** @type {HTMLElement|null} */ (this.list.querySelector(`[data-item="${CSS.escape(item.item_id)}"]`));
      if (row) this.paint(row, item);
    }
    this.tick();
  }

  /** @param {HTMLElement} row @param {any} item */
  paint(row, item) {
    const pin = this.room?.pin?.item_id === item.item_id ? this.room?.pin : null;
    const was = row.dataset.state;
    row.dataset.state = item.state;
    setText(row.querySelector("[data-it-price] bdi"), money(pin?.price ?? item.price, locale()));
    setText(row.querySelector("[data-it-stock]"), pin ? t("left_of", { left: pin.left, total: pin.total }) : item.left ? t("in_stock", { left: item.left }) : t("sold_out"));
    setText(row.querySelector("[data-it-state]"), item.state === "shown" ? t("shown_at", { time: showTime(item.shown_at_seconds ?? 0) }) : "");
    const meter = row.querySelector("progress");
    if (meter) meter.value = pin?.left ?? item.left;
    const button = /** @type {HTMLButtonElement|null} */ (row.querySelector(".it__pin"));
    if (button) button.disabled = item.left === 0;
    this.arm(row, Boolean(pin));
    if (pin && was !== "pinned") row.scrollIntoView({ block: "nearest" });
  }

  /** The pinned row alone carries the tools of a pin. @param {HTMLElement} row @param {boolean} pinned */
  arm(row, pinned) {
    const tools = row.querySelector(".it__tools");
    if (pinned && !tools) row.append(this.tools.content.cloneNode(true));
    if (!pinned) tools?.remove();
  }

  tick() {
    const pin = this.room?.pin;
    for (const clock of this.list.querySelectorAll("[data-it-clock]")) {
      const row = clock.closest("[data-item]");
      const state = pin && row?.getAttribute("data-item") === pin.item_id ? timerState(pin, this.room?.stream?.away_since) : null;
      /** @type {HTMLElement} */ (clock).hidden = !state || state.kind === "none";
      if (state) setText(clock, state.kind === "paused" ? t("paused", { time: clockText(state.seconds) }) : state.kind === "ending" ? t("ending") : clockText(state.seconds));
    }
  }
}
