// A link to the share sheet opens it on this page. With `data-share-video-value` the moment of that video is shared.
import { Controller } from "stimulus";

export default class extends Controller {
  static values = { video: String };

  connect() {
    this.element.addEventListener("click", this.open);
  }

  disconnect() {
    this.element.removeEventListener("click", this.open);
  }

  /** @param {MouseEvent} event */
  open = async (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const address = /** @type {HTMLAnchorElement} */ (this.element).href;
    const video = /** @type {HTMLVideoElement|null} */ (this.videoValue ? document.querySelector(this.videoValue) : null);
    try {
      const { openShare } = await import("../share/open.js");
      await openShare(address, video?.currentTime);
    } catch {
      location.assign(address);
    }
  };
}
