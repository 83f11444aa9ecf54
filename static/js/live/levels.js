// How loud the microphone is, without an AudioWorklet: one AnalyserNode, read as often as the picture is painted.

const FLOOR_DB = -60;
const PERIOD_MS = 50;

/** Loudness of samples in −1…1 as 0 (−60 dB or less) … 1 (full scale). @param {ArrayLike<number>} samples */
export function level(samples) {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i];
  const rms = samples.length ? Math.sqrt(sum / samples.length) : 0;
  if (rms <= 0) return 0;
  const decibels = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
}

/** Falls slowly and rises at once, as people expect of a meter. @param {number} shown @param {number} now */
export function settle(shown, now) {
  return now >= shown ? now : Math.max(now, shown - 0.05);
}

export class LevelMeter {
  /** @param {MediaStream} stream @param {(level: number) => void} onLevel called about 20 times a second with 0…1 */
  constructor(stream, onLevel) {
    this.onLevel = onLevel;
    this.shown = 0;
    this.paintedAt = 0;
    this.context = new AudioContext();
    this.source = this.context.createMediaStreamSource(stream);
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.source.connect(this.analyser); // Not to the speakers: the host would hear themselves.
    this.samples = new Float32Array(this.analyser.fftSize);
    // A page that was opened without a click may not make sound yet; the meter starts with the first one.
    if (this.context.state === "suspended") void this.context.resume();
    this.frame = requestAnimationFrame((at) => this.paint(at));
  }

  /** @param {number} at */
  paint(at) {
    this.frame = requestAnimationFrame((next) => this.paint(next));
    if (at - this.paintedAt < PERIOD_MS) return;
    this.paintedAt = at;
    this.analyser.getFloatTimeDomainData(this.samples);
    this.shown = settle(this.shown, level(this.samples));
    this.onLevel(this.shown);
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.source.disconnect();
    void this.context.close();
  }
}
