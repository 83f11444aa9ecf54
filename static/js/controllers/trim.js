// Two handles over a stretch of video. The two fields below are the truth; the handles only write into them.
import { Controller } from "stimulus";
import { moment } from "../live/replay_track.js";
import { endWithin, seconds, share, startWithin } from "../share/trim.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 };

export default class extends Controller {
  static targets = ["track", "before", "after", "window", "start", "end", "from", "until"];
  static values = { least: Number, most: Number, words: String };

  connect() {
    for (const field of [this.fromTarget, this.untilTarget]) field.addEventListener("input", this.paint);
    for (const handle of [this.startTarget, this.endTarget]) {
      handle.addEventListener("pointerdown", this.grab);
      handle.addEventListener("pointermove", this.drag);
      handle.addEventListener("keydown", this.key);
    }
    this.paint();
  }

  /** @param {PointerEvent} event */
  grab = (event) => {
    event.preventDefault();
    const handle = /** @type {HTMLElement} */ (event.currentTarget);
    handle.setPointerCapture(event.pointerId);
    handle.focus();
  };

  /** @param {PointerEvent} event */
  drag = (event) => {
    const handle = /** @type {HTMLElement} */ (event.currentTarget);
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const box = this.trackTarget.getBoundingClientRect();
    this.move(handle, this.leastValue + ((event.clientX - box.left) / box.width) * (this.mostValue - this.leastValue));
  };

  /** @param {KeyboardEvent} event */
  key = (event) => {
    const handle = /** @type {HTMLElement} */ (event.currentTarget);
    const now = handle === this.startTarget ? this.times.start : this.times.end;
    const wanted = event.key === "Home" ? this.leastValue : event.key === "End" ? this.mostValue : now + (STEPS[event.key] ?? NaN);
    if (Number.isNaN(wanted)) return;
    event.preventDefault();
    this.move(handle, wanted);
  };

  /** @param {HTMLElement} handle @param {number} wanted */
  move(handle, wanted) {
    const { start, end } = this.times;
    if (handle === this.startTarget) this.fromTarget.value = moment(startWithin(wanted, end, this.leastValue));
    else this.untilTarget.value = moment(endWithin(wanted, start, this.mostValue));
    this.paint();
  }

  /** What the fields say; a field that cannot be read counts as the handle's last place. */
  get times() {
    const read = (/** @type {HTMLInputElement} */ field, /** @type {HTMLElement} */ handle) => {
      const found = seconds(field.value);
      return Number.isNaN(found) ? Number(handle.getAttribute("aria-valuenow")) : found;
    };
    return { start: read(this.fromTarget, this.startTarget), end: read(this.untilTarget, this.endTarget) };
  }

  paint = () => {
    const { start, end } = this.times;
    const [left, right] = [start, end].map((at) => share(at, this.leastValue, this.mostValue));
    this.startTarget.style.insetInlineStart = this.windowTarget.style.insetInlineStart = `${left}%`;
    this.endTarget.style.insetInlineStart = `${right}%`;
    this.windowTarget.style.inlineSize = `${Math.max(0, right - left)}%`;
    this.beforeTarget.style.inlineSize = `${left}%`;
    this.afterTarget.style.inlineSize = `${100 - right}%`;
    this.say(this.startTarget, start);
    this.say(this.endTarget, end);
    const words = this.wordsValue.replace("{seconds}", String(Math.max(0, Math.round(end - start))));
    this.dispatch("length", { detail: words });
  };

  /** @param {HTMLElement} handle @param {number} at */
  say(handle, at) {
    handle.setAttribute("aria-valuenow", String(Math.round(at)));
    handle.setAttribute("aria-valuetext", moment(at));
  }
}
