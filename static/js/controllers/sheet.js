// A sheet from the bottom that can be dragged by its handle: down closes it, up makes it tall. It has a close button as
// well; <dialog> keeps the focus inside and gives it back.
import { Controller } from "stimulus";
import { settle } from "../core/drag.js";

export default class extends Controller {
  static targets = ["handle"];

  connect() {
    this.snap = this.element.dataset.snap;
    this.element.addEventListener("close", this.onClose);
    this.handleTarget.addEventListener("pointerdown", this.onDown);
    this.handleTarget.addEventListener("pointermove", this.onMove);
    this.handleTarget.addEventListener("pointerup", this.onUp);
    this.handleTarget.addEventListener("pointercancel", this.onCancel);
  }

  disconnect() {
    this.element.removeEventListener("close", this.onClose);
    this.handleTarget.removeEventListener("pointerdown", this.onDown);
    this.handleTarget.removeEventListener("pointermove", this.onMove);
    this.handleTarget.removeEventListener("pointerup", this.onUp);
    this.handleTarget.removeEventListener("pointercancel", this.onCancel);
  }

  onClose = () => {
    if (this.snap) this.element.dataset.snap = this.snap;
    this.release();
  };

  /** @param {PointerEvent} event */
  onDown = (event) => {
    this.handleTarget.setPointerCapture(event.pointerId);
    this.start = event.clientY;
    this.last = { y: event.clientY, at: event.timeStamp, speed: 0 };
  };

  /** @param {PointerEvent} event */
  onMove = (event) => {
    if (this.start === undefined) return;
    const passed = event.timeStamp - this.last.at || 1;
    this.last = { y: event.clientY, at: event.timeStamp, speed: (event.clientY - this.last.y) / passed };
    this.element.style.setProperty("--drag", `${Math.max(0, event.clientY - this.start)}px`);
  };

  onUp = () => {
    if (this.start === undefined) return;
    const end = settle(this.last.y - this.start, this.element.offsetHeight, this.last.speed);
    this.release();
    if (end === "close") this.element.close();
    if (end === "tall" && this.snap) this.element.dataset.snap = "92";
  };

  onCancel = () => this.release();

  release() {
    this.start = undefined;
    this.element.style.removeProperty("--drag");
  }
}
