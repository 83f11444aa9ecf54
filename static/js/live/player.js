// Plays a stream or its replay into a <video>: hls.js with measured settings, or the browser's own HLS on Apple devices.

/** @typedef {{kind: string, url: string, expires_at: string|number}} Grant */
/** @typedef {"idle"|"loading"|"playing"|"host-away"|"ended"|"error"} PlayerState */

// Measured (glass to glass 1.5 s): without a rate above 1 a player never catches up, and without a largest latency a
// viewer once eight seconds behind stays there. Both must be given as durations.
export const LIVE_SETTINGS = {
  lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.1, liveSyncDuration: 1.2, liveMaxLatencyDuration: 3.5, backBufferLength: 10, maxBufferLength: 10,
};
export const PLAIN_SETTINGS = { lowLatencyMode: false, maxLiveSyncPlaybackRate: 1.1, liveSyncDurationCount: 2, liveMaxLatencyDurationCount: 6, backBufferLength: 10 };
export const REPLAY_SETTINGS = { lowLatencyMode: false, backBufferLength: 60, maxBufferLength: 30 };

const NOT_YET_MS = 1000;
const WAITS_MS = [700, 1000, 1500, 2000, 3000, 5000];
const REFRESH_BEFORE_MS = 90_000;
const TICK_MS = 1000;
const STALL_TICKS = 4;
const REBUILD_TICKS = 9;
const FAR_BEHIND_SECONDS = 6;
const STEP_SECONDS = 0.25;
const LAST_SECONDS = 1;
const HLS_TYPE = "application/vnd.apple.mpegurl";

/** The first grant this player can use. @param {Grant[]} grants best first @param {boolean} isReplay @returns {Grant|null} */
export function choose(grants, isReplay) {
  const kinds = isReplay ? ["replay"] : ["ll-hls", "hls"];
  return grants.find((grant) => kinds.includes(grant.kind)) ?? null;
}

/** The same file under a newer grant: all files of a stream lie in one folder, whose name is the grant. @param {string} url @param {string} grantUrl */
export function underGrant(url, grantUrl) {
  return grantUrl.slice(0, grantUrl.lastIndexOf("/") + 1) + url.slice(url.lastIndexOf("/") + 1);
}

/** Milliseconds until a grant should be renewed. @param {string|number} expiresAt RFC 3339 or seconds since 1970 @param {number} now milliseconds */
export function refreshIn(expiresAt, now) {
  const end = typeof expiresAt === "number" ? expiresAt * 1000 : Date.parse(expiresAt);
  return Math.max(5000, (Number.isFinite(end) ? end : now) - now - REFRESH_BEFORE_MS);
}

/** Milliseconds before another try, or null to give up. @param {number} failures so far, at least 1 */
export function waitAfter(failures) {
  return WAITS_MS[failures - 1] ?? null;
}

/**
 * What to do about a picture that stands still. @param {number} ticks seconds without progress @param {boolean} isHostAway
 * @returns {"wait"|"jump"|"rebuild"}
 */
export function cureFor(ticks, isHostAway) {
  if (isHostAway || ticks < STALL_TICKS) return "wait";
  return ticks % REBUILD_TICKS === 0 ? "rebuild" : ticks === STALL_TICKS ? "jump" : "wait";
}

/**
 * Where to go on when the picture stands before a hole in the buffer; null when there is none, or nothing behind it.
 * A host who came back, or the last parts of a stream, can leave a hole that is too wide for hls.js to step over.
 * @param {[number, number][]} ranges buffered @param {number} time
 */
export function behindHole(ranges, time) {
  if (ranges.some(([start, end]) => start <= time && end > time + 0.2)) return null;
  const starts = ranges.map(([start]) => start).filter((start) => start > time);
  return starts.length ? Math.min(...starts) + 0.01 : null;
}

/**
 * Whether the browser's own HLS is the better player. Chromium has one, too, but it knows no parts and stays seconds
 * behind, so the answer of canPlayType counts on Apple's browsers and where there are no Media Source Extensions.
 * @param {string} answer of canPlayType @param {string} vendor @param {boolean} hasMediaSource
 */
export function prefersNative(answer, vendor, hasMediaSource) {
  return answer !== "" && (vendor.startsWith("Apple") || !hasMediaSource);
}

/**
 * Events: `state` (detail: PlayerState) and, each second while playing live, `latency` (detail: seconds).
 */
export class Player extends EventTarget {
  /**
   * @param {HTMLVideoElement} video
   * @param {{getGrant: () => Promise<Grant[]>, isReplay?: boolean, startAt?: number, autoplay?: boolean, loadHls?: () => Promise<any>}} options
   */
  constructor(video, { getGrant, isReplay = false, startAt = 0, autoplay = true, loadHls = () => import("hls.js") }) {
    super();
    this.video = video;
    this.getGrant = getGrant;
    this.isReplay = isReplay;
    this.startAt = startAt;
    this.autoplay = autoplay;
    this.loadHls = loadHls;
    /** @type {PlayerState} */
    this.state = "idle";
    /** @type {any} */
    this.hls = null;
    /** @type {Grant|null} */
    this.grant = null;
    this.run = 0; // Each start or stop makes answers to earlier questions stale.
    this.failures = 0;
    this.isHostAway = false;
    this.still = 0;
    this.lastTime = -1;
    this.timer = 0;
    this.refreshTimer = 0;
    this.recoveredAt = 0;
    this.listeners = new AbortController();
    this.watch();
  }

  /** Loads and plays; waits until there is something to load. Also "try again" after an error. */
  start() {
    this.failures = 0;
    this.change("loading");
    void this.load();
  }

  /** The page heard that pictures began: no need to wait for the next look. */
  wake() {
    if (this.state !== "playing" && this.state !== "ended") void this.load();
  }

  /** The page heard that the host is gone, or back. @param {boolean} isAway */
  setHostAway(isAway) {
    if (isAway === this.isHostAway) return;
    this.isHostAway = isAway;
    this.still = 0;
    if (isAway) return this.state !== "ended" && this.change("host-away");
    this.change(this.isMoving() ? "playing" : "loading");
    if (!this.hls && !this.isNative()) void this.load();
  }

  /** Seconds behind the camera; NaN when not known. */
  get latency() {
    if (this.isReplay || !this.grant) return NaN;
    if (this.hls) return this.hls.latency || NaN;
    const { seekable, currentTime } = this.video;
    return seekable.length ? seekable.end(seekable.length - 1) - currentTime : NaN;
  }

  /** To a place in the replay, or back to the live edge when seconds are left out. @param {number} [seconds] */
  seek(seconds) {
    const target = seconds ?? this.edge();
    if (target === null) return;
    if (this.video.readyState === 0) this.startAt = target;
    this.video.currentTime = target;
  }

  destroy() {
    this.run += 1;
    this.listeners.abort();
    window.clearInterval(this.ticker);
    this.release();
    this.change("idle");
  }

  async load() {
    const run = ++this.run;
    this.release();
    try {
      const grants = await this.getGrant();
      if (run !== this.run) return;
      this.grant = choose(grants, this.isReplay);
      if (!this.grant) return this.change("error");
      if (!(await this.isThere(this.grant.url))) return this.later(NOT_YET_MS, run);
      if (run !== this.run) return;
      this.refreshLater();
      await (this.isNative() ? this.playNative() : this.playHls(run));
    } catch (error) {
      if (run === this.run) this.failed(error);
    }
  }

  /** Whether the play list exists; before the first segment there is nothing to load, and that is no error. @param {string} url */
  async isThere(url) {
    const answer = await fetch(url, { credentials: "omit", cache: "no-store" });
    if (answer.ok) return true;
    if (answer.status === 404) return false;
    throw new Error(`HTTP ${answer.status}`);
  }

  async playNative() {
    this.video.src = /** @type {Grant} */ (this.grant).url;
    if (this.startAt) this.video.addEventListener("loadedmetadata", () => (this.video.currentTime = this.startAt), { once: true });
    await this.play();
  }

  /** @param {number} run */
  async playHls(run) {
    const module = await this.loadHls();
    const Hls = module.default ?? module;
    if (run !== this.run || !this.grant) return;
    if (!Hls.isSupported()) return this.change("error");
    const settings = this.isReplay ? { ...REPLAY_SETTINGS, startPosition: this.startAt || -1 } : this.grant.kind === "ll-hls" ? LIVE_SETTINGS : PLAIN_SETTINGS;
    const hls = (this.hls = new Hls({
      ...settings,
      // Addresses in hls.js carry the grant they were loaded with; every request goes out under the newest.
      xhrSetup: (/** @type {XMLHttpRequest} */ xhr, /** @type {string} */ url) => xhr.open("GET", this.grant ? underGrant(url, this.grant.url) : url, true),
    }));
    hls.on(Hls.Events.ERROR, (/** @type {any} */ _event, /** @type {any} */ data) => this.hls === hls && this.hlsError(Hls, data));
    hls.on(Hls.Events.MANIFEST_PARSED, () => void this.play());
    hls.loadSource(this.grant.url);
    hls.attachMedia(this.video);
  }

  /** Picture without sound is better than neither: browsers let a page play by itself only when it is silent. */
  async play() {
    if (!this.autoplay) return;
    try {
      await this.video.play();
    } catch (error) {
      if (/** @type {any} */ (error)?.name !== "NotAllowedError" || this.video.muted) return;
      this.video.muted = true;
      await this.video.play().catch(() => null); // The page's own play button is the last way.
    }
  }

  /** @param {any} Hls @param {any} data */
  hlsError(Hls, data) {
    if (data.details === Hls.ErrorDetails.LEVEL_EMPTY_ERROR) return this.later(NOT_YET_MS, this.run);
    if (!data.fatal) return;
    if (this.isOver()) return this.finish();
    // One decoding fault is mended in place; a second soon after needs a new start.
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && performance.now() - this.recoveredAt > 5000) {
      this.recoveredAt = performance.now();
      return this.hls.recoverMediaError();
    }
    this.failed(data.error);
  }

  /** @param {unknown} _error */
  failed(_error) {
    this.failures += 1;
    const wait = waitAfter(this.failures);
    // While the host is away nothing is wrong here, so the player never gives up.
    if (wait === null && !this.isHostAway) {
      this.release();
      return this.change("error");
    }
    if (!this.isHostAway) this.change("loading");
    this.later(wait ?? WAITS_MS[WAITS_MS.length - 1], this.run);
  }

  /** @param {number} wait @param {number} run */
  later(wait, run) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => run === this.run && void this.load(), wait);
  }

  refreshLater() {
    window.clearTimeout(this.refreshTimer);
    if (this.grant) this.refreshTimer = window.setTimeout(() => void this.refresh(), refreshIn(this.grant.expires_at, Date.now()));
  }

  /** A new grant in good time; playing goes on with it without a new start. */
  async refresh() {
    const run = this.run;
    try {
      const grant = choose(await this.getGrant(), this.isReplay);
      if (run === this.run && grant) this.grant = grant;
    } catch {
      // The old grant holds a while longer; the next try is soon enough.
    }
    if (run === this.run) this.refreshLater();
  }

  watch() {
    const { video } = this;
    const options = { signal: this.listeners.signal };
    video.addEventListener("playing", () => this.moving(), options);
    video.addEventListener("timeupdate", () => this.state === "loading" && this.isMoving() && this.moving(), options);
    video.addEventListener("ended", () => this.change("ended"), options);
    video.addEventListener("play", () => this.resumed(), options);
    video.addEventListener("error", () => this.nativeError(), options);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.catchUp(), options);
    this.ticker = window.setInterval(() => this.tick(), TICK_MS);
  }

  moving() {
    this.failures = 0;
    if (!this.isHostAway && this.state !== "ended") this.change("playing");
  }

  /** Played again after the end, or after a pause. */
  resumed() {
    if (this.state === "ended") this.change("loading");
    this.catchUp();
  }

  isMoving() {
    return !this.video.paused && this.video.readyState > 2 && this.video.currentTime > 0;
  }

  /** After a pause or a sleeping tab the live edge is elsewhere. */
  catchUp() {
    if (!this.isReplay && this.latency > FAR_BEHIND_SECONDS) this.seek();
  }

  edge() {
    if (this.hls?.liveSyncPosition) return this.hls.liveSyncPosition;
    const { seekable } = this.video;
    return seekable.length ? Math.max(0, seekable.end(seekable.length - 1) - 1) : null;
  }

  /** The browser's own player cannot change its grant on the way: it starts again, a replay where it was. */
  nativeError() {
    if (!this.isNative() || !this.grant || this.state === "idle") return;
    if (this.isReplay) this.startAt = this.video.currentTime;
    this.failed(this.video.error);
  }

  tick() {
    const { video } = this;
    if (this.isReplay || video.paused || !["playing", "loading", "host-away"].includes(this.state) || !this.grant) return;
    // Small steps are hls.js nudging a picture that stands; `playing` events come with them and mean nothing.
    const stands = Math.abs(video.currentTime - this.lastTime) < STEP_SECONDS;
    this.lastTime = video.currentTime;
    this.still = stands ? this.still + 1 : 0;
    if (!stands && this.isHostAway === false) this.dispatchEvent(new CustomEvent("latency", { detail: this.latency }));
    if (this.still >= 2 && this.isOver()) return this.finish();
    const next = this.still >= 1 ? behindHole(this.ranges(), video.currentTime) : null;
    if (next !== null) return void (video.currentTime = next);
    const cure = cureFor(this.still, this.isHostAway);
    if (cure === "jump") {
      this.change("loading");
      this.seek();
      this.hls?.startLoad();
    } else if (cure === "rebuild") {
      this.failed(new Error("stalled"));
    }
  }

  /** @returns {[number, number][]} */
  ranges() {
    const { buffered } = this.video;
    return Array.from({ length: buffered.length }, (_, i) => [buffered.start(i), buffered.end(i)]);
  }

  /** The list is final and everything of it was shown; some last pictures are shorter than the list says. */
  isOver() {
    return this.hls?.latestLevelDetails?.live === false && this.video.duration - this.video.currentTime < LAST_SECONDS;
  }

  finish() {
    this.video.pause();
    this.change("ended");
  }

  isNative() {
    const answer = this.video.canPlayType(HLS_TYPE);
    return prefersNative(answer, navigator.vendor || "", "MediaSource" in window || "ManagedMediaSource" in window);
  }

  release() {
    window.clearTimeout(this.timer);
    window.clearTimeout(this.refreshTimer);
    this.hls?.destroy();
    this.hls = null;
    this.still = 0;
    if (this.isNative() && this.video.getAttribute("src")) {
      this.video.removeAttribute("src");
      this.video.load();
    }
  }

  /** @param {PlayerState} state */
  change(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
