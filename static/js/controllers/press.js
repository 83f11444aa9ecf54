// Press and hold to pay: 1.2 s fill the button, letting go or sliding away cancels. Keyboard, switch and screen reader
// get a click without a press: they confirm the same words in a dialog.
import { Controller } from "stimulus";
import { ask } from "../core/ask.js";
import { progress, secondsLeft } from "../core/hold.js";

export default class extends Controller {
  static targets = ["seconds"];
  static values = { confirm: String };

  connect() {
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.element.addEventListener("pointerdown", this.begin);
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) this.element.addEventListener(end, this.cancel);
    this.element.addEventListener("click", this.onClick);
    this.element.addEventListener("contextmenu", this.stop);
  }

  disconnect() {
    this.cancel();
    this.element.removeEventListener("pointerdown", this.begin);
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) this.element.removeEventListener(end, this.cancel);
    this.element.removeEventListener("click", this.onClick);
    this.element.removeEventListener("contextmenu", this.stop);
  }

  /** A long touch would open the browser's menu. @param {Event} event */
  stop = (event) => event.preventDefault();

  /** @param {PointerEvent} event */
  begin = (event) => {
    if (event.button !== 0 || this.element.disabled) return;
    this.startedAt = performance.now();
    this.frame = requestAnimationFrame(this.grow);
  };

  grow = () => {
    const share = progress(this.startedAt, performance.now());
    this.element.style.setProperty("--p", `${share * 100}%`);
    this.secondsTarget.hidden = !this.calm.matches;
    if (this.calm.matches) this.secondsTarget.textContent = String(secondsLeft(share));
    if (share < 1) this.frame = requestAnimationFrame(this.grow);
    else this.send();
  };

  cancel = () => {
    cancelAnimationFrame(this.frame);
    this.element.style.removeProperty("--p");
    this.secondsTarget.hidden = true;
  };

  /** A pointer's click has detail 1 and was decided by the hold; a key's has 0. @param {MouseEvent} event */
  onClick = async (event) => {
    event.preventDefault();
    if (event.detail > 0) return;
    if (await ask(this.confirmValue, { act: this.element.textContent.trim(), danger: false })) this.send();
  };

  send() {
    this.cancel();
    this.element.setAttribute("aria-busy", "true");
    this.element.form?.requestSubmit();
  }
}
