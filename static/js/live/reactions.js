// Hearts: taps are batched to one command per half second, at most twelve fly at once, none with reduced motion.
import { drawIcon } from "./chat.js";

const EVERY = 500;
const MOST = 10;
const FLYING = 12;

export class Reactions {
  /** @param {{sky: HTMLElement, send: (count: number) => Promise<any>}} parts */
  constructor({ sky, send }) {
    this.sky = sky;
    this.send = send;
    this.waiting = 0;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
  }

  tap() {
    this.waiting += 1;
    this.fly(1);
    if (!this.timer) this.timer = setTimeout(() => this.flush(), EVERY);
  }

  async flush() {
    const taps = Math.min(this.waiting, MOST);
    this.waiting = 0;
    this.timer = undefined;
    try {
      await this.send(taps);
    } catch {
      // A heart that got lost on the way is not worth a notice; the total comes from the server.
    }
  }

  /** Hearts of others since the last count; the own ones flew when they were tapped. @param {number} added */
  counted(added) {
    if (added > 1) this.fly(Math.min(3, added - 1));
  }

  /** @param {number} number */
  fly(number) {
    if (this.calm.matches || document.hidden) return;
    for (let n = 0; n < number && this.sky.childElementCount < FLYING; n++) {
      const heart = drawIcon("heart");
      heart.setAttribute("class", "ico i24");
      heart.style.insetInlineEnd = `${Math.round(Math.random() * 34)}px`;
      heart.style.setProperty("--drift", `${Math.round(Math.random() * 24 - 12)}px`);
      heart.addEventListener("animationend", () => heart.remove());
      setTimeout(() => heart.remove(), 2500);
      this.sky.append(heart);
    }
  }
}
