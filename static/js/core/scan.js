// Reads a friend's QR code with the camera: by the browser itself where it can, else by a small library that comes with the
// first scan. Nothing is recorded and no picture leaves the page.

const LOOK_EVERY_MS = 150;
const LARGEST_SIDE = 720; // Enough for a code that fills a third of the picture, and quick on an old phone.
const OURS = /^\/friends\/(?:add|with)\/[A-Za-z0-9_-]{4,64}$/;
const CODE = /^[A-Z0-9]{6}$/;

/**
 * Where a code's text leads, or null when it is not ours. Only the path counts: whatever site a code names, we stay here.
 * @param {string} text
 */
export function pathOf(text) {
  const plain = text.trim();
  if (CODE.test(plain)) return `/friends/add/${plain}`;
  try {
    const { pathname } = new URL(plain);
    return OURS.test(pathname) ? pathname : null;
  } catch {
    return null;
  }
}

/** Why a camera did not open: a word for the sentence that says it. @param {any} error */
export function reasonOf(error) {
  const words = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "none", OverconstrainedError: "none" };
  return words[/** @type {keyof typeof words} */ (error?.name)] ?? "broken";
}

/** The browser's own reader, or the library's with the same interface. */
async function makeDetector() {
  const native = /** @type {any} */ (globalThis).BarcodeDetector;
  if (native && (await native.getSupportedFormats().catch(() => [])).includes("qr_code")) return new native({ formats: ["qr_code"] });
  const { BarcodeDetector } = await import("qr/decode.js");
  return new BarcodeDetector({ formats: ["qr_code"] });
}

/** @param {any} template @param {() => void} type what "Write the code" does */
export function openScanner(template, type) {
  const scanner = new Scanner(template, type);
  scanner.start();
  return scanner;
}

class Scanner {
  /** @param {HTMLTemplateElement} template @param {() => void} type */
  constructor(template, type) {
    this.dialog = /** @type {HTMLDialogElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
    this.video = /** @type {HTMLVideoElement} */ (this.dialog.querySelector("[data-scan-video]"));
    this.stage = /** @type {HTMLElement} */ (this.dialog.querySelector("[data-scan-stage]"));
    this.says = /** @type {HTMLElement} */ (this.dialog.querySelector("[data-scan-says]"));
    this.canvas = document.createElement("canvas");
    this.dialog.addEventListener("close", () => this.stop());
    this.dialog.querySelector("[data-scan-type]")?.addEventListener("click", () => {
      this.dialog.close();
      type();
    });
    document.body.append(this.dialog);
  }

  async start() {
    this.dialog.showModal();
    if (!navigator.mediaDevices?.getUserMedia) return this.give("insecure");
    this.say("starting");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
      if (!this.dialog.open) return stop(stream); // Closed while the browser asked.
      this.stream = stream;
      this.video.srcObject = stream;
      await this.video.play();
      this.detector = await makeDetector();
      this.say("looking");
      this.look();
    } catch (error) {
      if (this.dialog.open) this.give(reasonOf(error));
    }
  }

  async look() {
    if (!this.dialog.open) return;
    const text = await this.read().catch(() => "");
    const path = text ? pathOf(text) : null;
    if (path) return this.found(path);
    if (text) this.say("other");
    this.timer = setTimeout(() => this.look(), LOOK_EVERY_MS);
  }

  /** What stands in the picture now; empty when nothing does. */
  async read() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width || !height) return "";
    const scale = Math.min(1, LARGEST_SIDE / Math.max(width, height));
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.getContext("2d", { willReadFrequently: true })?.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    const [first] = await this.detector.detect(this.canvas);
    return first?.rawValue ?? "";
  }

  /** @param {string} path */
  found(path) {
    this.say("found");
    stop(this.stream);
    location.assign(path);
  }

  /** No camera: the sentence, and the way that is left. @param {string} reason */
  give(reason) {
    stop(this.stream);
    this.stage.hidden = true;
    this.say(reason);
    /** @type {HTMLElement|null} */ (this.dialog.querySelector("[data-scan-type]"))?.focus();
  }

  /** @param {string} word */
  say(word) {
    const words = this.says.dataset[word] ?? "";
    if (this.says.textContent !== words) this.says.textContent = words;
  }

  stop() {
    clearTimeout(this.timer);
    stop(this.stream);
    this.dialog.remove();
  }
}

/** The camera's light goes off. @param {MediaStream|undefined} stream */
function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
