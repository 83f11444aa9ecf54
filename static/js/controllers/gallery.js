// Pictures of a product: a strip that scrolls by touch and arrow keys; thumbnails follow and lead.
import { Controller } from "stimulus";

export default class extends Controller {
  static targets = ["track", "thumb"];

  connect() {
    if (!this.hasTrackTarget) return;
    this.watcher = new IntersectionObserver((entries) => this.mark(entries), { root: this.trackTarget, threshold: 0.6 });
    for (const image of this.trackTarget.children) this.watcher.observe(image);
  }

  disconnect() {
    this.watcher?.disconnect();
  }

  /** @param {IntersectionObserverEntry[]} entries */
  mark(entries) {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const thumb of this.thumbTargets) {
        if (thumb.getAttribute("href") === `#${entry.target.id}`) thumb.setAttribute("aria-current", "true");
        else thumb.removeAttribute("aria-current");
      }
    }
  }

  /** @param {MouseEvent} event */
  show(event) {
    const link = /** @type {HTMLAnchorElement} */ (event.currentTarget);
    const image = document.querySelector(link.getAttribute("href") ?? "");
    if (!(image instanceof HTMLElement)) return;
    event.preventDefault();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.trackTarget.scrollTo({ left: image.offsetLeft - this.trackTarget.offsetLeft, behavior: calm ? "auto" : "smooth" });
  }
}
