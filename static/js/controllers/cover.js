// Cuts a chosen picture to 9:16 before it is sent: drag it, zoom it, or use the arrow keys (1 %, with Shift 5 %).
// Without scripts the whole picture is sent and shown from its middle.
import { Controller } from "stimulus";
import { t } from "../core/i18n.js";

const WIDTH = 1080;
const HEIGHT = 1920;
const FRAME = { width: 136, height: 242 };

/**
 * The part of a picture behind a 9:16 window: `x`, `y` in 0…1 say where the window lies in what is left over.
 * @param {number} width @param {number} height @param {number} zoom 1 and more @param {number} x @param {number} y
 */
export function cut(width, height, zoom, x, y) {
  const scale = Math.max(9 / width, 16 / height) * zoom;
  const w = 9 / scale;
  const h = 16 / scale;
  return { x: (width - w) * x, y: (height - h) * y, width: w, height: h };
}

export default class extends Controller {
  static targets = ["frame", "image", "tools", "zoom", "file"];

  connect() {
    this.x = this.y = 0.5;
    if (!this.hasFileTarget) return;
    this.fileTarget.addEventListener("change", () => this.chosen());
    this.zoomTarget.addEventListener("input", () => this.draw());
    this.zoomTarget.addEventListener("change", () => this.keep());
    this.frameTarget.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.nudge(event));
    this.frameTarget.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.drag(event));
  }

  async chosen() {
    const file = this.fileTarget.files?.[0];
    if (!file || this.cutting) return;
    try {
      this.bitmap = await createImageBitmap(file);
    } catch {
      this.bitmap = null; // No picture the browser can read: the server will say so in words.
      return;
    }
    this.name = file.name;
    this.x = this.y = 0.5;
    this.zoomTarget.value = "100";
    this.toolsTarget.hidden = false;
    this.imageTarget.hidden = false;
    this.imageTarget.src = URL.createObjectURL(file);
    const frame = this.frameTarget;
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", t("crop_label"));
    this.draw();
    await this.keep();
  }

  get zoom() {
    return Number(this.zoomTarget.value) / 100;
  }

  draw() {
    if (!this.bitmap) return;
    const part = cut(this.bitmap.width, this.bitmap.height, this.zoom, this.x, this.y);
    const scale = FRAME.width / part.width;
    Object.assign(this.imageTarget.style, {
      inlineSize: `${this.bitmap.width * scale}px`, blockSize: `${this.bitmap.height * scale}px`,
      inset: `${-part.y * scale}px auto auto ${-part.x * scale}px`,
    });
  }

  /** @param {KeyboardEvent} event */
  nudge(event) {
    const step = event.shiftKey ? 0.05 : 0.01;
    const way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (!way || !this.bitmap) return;
    event.preventDefault();
    this.shift(way[0], way[1]);
    clearTimeout(this.later);
    this.later = setTimeout(() => this.keep(), 400);
  }

  /** @param {number} x @param {number} y */
  shift(x, y) {
    this.x = Math.min(1, Math.max(0, this.x + x));
    this.y = Math.min(1, Math.max(0, this.y + y));
    this.draw();
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (!this.bitmap) return;
    event.preventDefault();
    const frame = this.frameTarget;
    frame.focus();
    frame.setPointerCapture(event.pointerId);
    let last = { x: event.clientX, y: event.clientY };
    const move = (/** @type {PointerEvent} */ step) => {
      const part = cut(this.bitmap.width, this.bitmap.height, this.zoom, this.x, this.y);
      const scale = FRAME.width / part.width;
      const spare = { x: (this.bitmap.width - part.width) * scale, y: (this.bitmap.height - part.height) * scale };
      this.shift(spare.x > 1 ? (last.x - step.clientX) / spare.x : 0, spare.y > 1 ? (last.y - step.clientY) / spare.y : 0);
      last = { x: step.clientX, y: step.clientY };
    };
    frame.addEventListener("pointermove", move);
    frame.addEventListener("lostpointercapture", () => {
      frame.removeEventListener("pointermove", move);
      this.keep();
    }, { once: true });
  }

  /** The cut picture takes the place of the chosen one in the form. */
  async keep() {
    if (!this.bitmap) return;
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
    const part = cut(this.bitmap.width, this.bitmap.height, this.zoom, this.x, this.y);
    canvas.getContext("2d")?.drawImage(this.bitmap, part.x, part.y, part.width, part.height, 0, 0, WIDTH, HEIGHT);
    const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.9 });
    const box = new DataTransfer();
    box.items.add(new File([blob], "cover.webp", { type: blob.type }));
    this.cutting = true;
    this.fileTarget.files = box.files;
    this.cutting = false;
    this.fileTarget.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
