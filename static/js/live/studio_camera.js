// Camera and microphone before and on air: preview, pickers, level, and what went wrong in words.
import { t } from "../core/i18n.js";
import { LevelMeter } from "./levels.js";
import { Publisher } from "./publisher.js";

const HEARD = 0.25;
const LOUD = 0.92;
const DEVICE_PROBLEMS = new Set(["permission", "insecure", "no_device", "in_use", "unsupported", "device_lost"]);
const FINAL_PROBLEMS = new Set(["taken_over", "kicked", "ended", "quota"]);

/** The word for a loudness of 0…1. @param {number} level */
export function levelKey(level) {
  if (level < HEARD) return "level_silent";
  return level > LOUD ? "level_loud" : "level_good";
}

/** The keys of the words for a problem. @param {string} code */
export function problemKeys(code) {
  const known = DEVICE_PROBLEMS.has(code) ? code : "other";
  return { title: `problem_${known}`, words: `problem_${known}_words` };
}

/** @param {string} code */
export function isFinal(code) {
  return FINAL_PROBLEMS.has(code);
}

/** Events: `ready` (detail: {camera, width, height} or null), `heard`, `air` (detail: publisher state), `bitrate`, `refused` (detail: code). */
export class Camera extends EventTarget {
  /**
   * @param {{preview: HTMLVideoElement, cameras: HTMLSelectElement, microphones: HTMLSelectElement, levels: HTMLElement, levelWord: HTMLElement,
   *   problem: HTMLElement, getGrant: () => Promise<any>}} parts
   */
  constructor(parts) {
    super();
    this.parts = parts;
    this.bars = [...parts.levels.children];
    this.publisher = new Publisher({ getGrant: parts.getGrant });
    this.publisher.addEventListener("state", (event) => this.tell("air", /** @type {CustomEvent} */ (event).detail));
    this.publisher.addEventListener("bitrate", (event) => this.tell("bitrate", /** @type {CustomEvent} */ (event).detail));
    this.publisher.addEventListener("error", (event) => this.failed(/** @type {CustomEvent} */ (event).detail.code));
    parts.cameras.addEventListener("change", () => this.open());
    parts.microphones.addEventListener("change", () => this.open());
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.list());
  }

  /** @param {string} name @param {any} [detail] */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** Asks for the devices and shows the picture. */
  async open() {
    this.parts.problem.hidden = true;
    const choice = { cameraId: this.parts.cameras.value || undefined, microphoneId: this.parts.microphones.value || undefined };
    const stream = await this.publisher.open(choice);
    if (!stream) return;
    const { preview } = this.parts;
    preview.srcObject = stream;
    preview.setAttribute("data-on", "");
    preview.play().catch(() => {}); // A muted preview is allowed; should a browser refuse, the first click starts it.
    this.measure(stream);
    await this.list();
    const track = stream.getVideoTracks()[0];
    const { width = 0, height = 0 } = track?.getSettings() ?? {};
    this.tell("ready", { camera: track?.label || t("camera_unnamed"), width, height });
  }

  /** @param {MediaStream} stream */
  measure(stream) {
    this.meter?.destroy();
    this.meter = new LevelMeter(stream, (level) => this.paintLevel(level));
  }

  /** @param {number} level */
  paintLevel(level) {
    const lit = Math.round(level * this.bars.length);
    this.bars.forEach((bar, place) => {
      if (place < lit) bar.setAttribute("data-on", place > this.bars.length * 0.75 ? "hot" : "");
      else bar.removeAttribute("data-on");
    });
    this.parts.levels.setAttribute("aria-valuenow", String(Math.round(level * 100)));
    const words = t(levelKey(level));
    if (this.parts.levelWord.textContent !== words) this.parts.levelWord.textContent = words;
    if (level >= HEARD && !this.heard) {
      this.heard = true;
      this.tell("heard");
    }
  }

  async list() {
    const { cameras, microphones } = await Publisher.devices();
    const tracks = this.publisher.stream?.getTracks() ?? [];
    const used = (/** @type {string} */ kind) => tracks.find((track) => track.kind === kind)?.getSettings().deviceId ?? "";
    fill(this.parts.cameras, cameras, used("video"), t("camera_unnamed"));
    fill(this.parts.microphones, microphones, used("audio"), t("microphone_unnamed"));
  }

  /** @param {string} code */
  failed(code) {
    if (isFinal(code) || code === "unreadable" || code === "refused" || code === "full") return this.tell("refused", code);
    if (code === "congested") return;
    const { problem, preview } = this.parts;
    const keys = problemKeys(code);
    /** @type {HTMLElement} */ (problem.querySelector("[data-problem-title]")).textContent = t(keys.title);
    /** @type {HTMLElement} */ (problem.querySelector("[data-problem-words]")).textContent = t(keys.words);
    problem.hidden = false;
    preview.removeAttribute("data-on");
    this.tell("ready", null);
  }

  get hasPicture() {
    return Boolean(this.publisher.stream);
  }

  get isSending() {
    return this.publisher.wanted;
  }

  start() {
    this.publisher.start();
  }

  stop() {
    return this.publisher.stop();
  }

  /** @param {boolean} muted */
  setMuted(muted) {
    this.publisher.setMuted(muted);
  }

  /** @param {boolean} off */
  setCameraOff(off) {
    this.publisher.setCameraOff(off);
  }

  destroy() {
    this.meter?.destroy();
    this.publisher.destroy();
  }
}

/** @param {HTMLSelectElement} select @param {MediaDeviceInfo[]} devices @param {string} used @param {string} unnamed */
function fill(select, devices, used, unnamed) {
  const options = devices.map((device, place) => {
    const option = document.createElement("option");
    option.value = device.deviceId;
    option.textContent = device.label || `${unnamed} ${place + 1}`;
    option.selected = device.deviceId === used;
    return option;
  });
  if (!options.length) return;
  select.replaceChildren(...options);
  select.disabled = false;
}
