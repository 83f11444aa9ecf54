// The replay: a video with a bar of its own, chapters, speed, and the chat as it was at each second.
import { Controller } from "stimulus";
import { locale, pick } from "../core/i18n.js";
import { request } from "../core/http.js";
import { chapterAt, messagesUntil, moment } from "../live/replay_track.js";

export default class extends Controller {
  static targets = ["video", "error", "track", "range", "play", "sound", "time", "chapterName", "speed", "log", "message", "ask"];
  static values = { grants: String, ready: Boolean };

  connect() {
    this.show = JSON.parse(document.getElementById("replay-data")?.textContent ?? "{}");
    this.placeChapters();
    this.element.addEventListener("click", this.clicked);
    this.rangeTarget.addEventListener("input", this.scrubbed);
    this.speedTarget.addEventListener("change", this.speedChosen);
    for (const kind of ["timeupdate", "play", "pause", "volumechange", "seeked"]) this.videoTarget.addEventListener(kind, this.paint);
    addEventListener("keydown", this.key);
    if (this.readyValue) this.start();
    this.paint();
  }

  disconnect() {
    removeEventListener("keydown", this.key);
    this.player?.destroy();
  }

  async start() {
    try {
      const { Player } = await import("../live/player.js");
      this.player = new Player(this.videoTarget, { getGrant: async () => (await request(this.grantsValue)).grants, isReplay: true, startAt: this.show.start });
      this.player.addEventListener("state", (/** @type {any} */ event) => {
        const state = typeof event.detail === "string" ? event.detail : event.detail.state;
        this.errorTarget.hidden = state !== "error";
      });
      await this.player.start();
    } catch {
      this.errorTarget.hidden = false;
    }
  }

  placeChapters() {
    for (const button of this.trackTarget.querySelectorAll("[data-replay-at]")) {
      const share = Number(button.getAttribute("data-replay-at")) / Math.max(1, this.show.duration);
      /** @type {HTMLElement} */ (button).style.insetInlineStart = `${Math.min(100, share * 100)}%`;
    }
  }

  /** @param {number} seconds */
  seek(seconds) {
    this.videoTarget.currentTime = Math.max(0, Math.min(seconds, this.show.duration));
    this.paint();
  }

  /** @param {Event} event */
  clicked = (event) => {
    const target = /** @type {Element} */ (event.target);
    const jump = target.closest("[data-replay-at]");
    if (jump) {
      this.seek(Number(jump.getAttribute("data-replay-at")));
      this.videoTarget.play()?.catch(() => {});
      return;
    }
    const act = target.closest("[data-replay-act]")?.getAttribute("data-replay-act");
    if (act === "ask") return this.ask(event);
    if (act) this.act(act, /** @type {HTMLElement} */ (target.closest("[data-replay-act]")));
  };

  /** @param {string} name @param {HTMLElement} button */
  act(name, button) {
    const video = this.videoTarget;
    if (name === "play") video.paused ? video.play()?.catch(() => {}) : video.pause();
    if (name === "sound") video.muted = !video.muted;
    if (name === "next") this.step(1);
    if (name === "previous") this.step(-1);
    if (name === "fullscreen") document.fullscreenElement ? document.exitFullscreen() : video.parentElement?.requestFullscreen?.();
    if (name === "hideChat") {
      const hidden = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(hidden));
      this.logTarget.hidden = hidden;
    }
  }

  /** Members ask over the picture, which waits; everybody else on the page that the link names. @param {Event} event */
  async ask(event) {
    if (this.askTarget.dataset.member !== "yes") return;
    event.preventDefault();
    this.videoTarget.pause();
    try {
      const { openSheet } = await import("../live/ask.js");
      await openSheet(`${this.askTarget.getAttribute("href")}&part=form`);
    } catch {
      location.assign(this.askTarget.href);
    }
  }

  /** The link carries the second that is on the screen. @param {number} now */
  paintAsk(now) {
    const second = Math.floor(now);
    if (second === this.askSecond) return;
    this.askSecond = second;
    const [base] = (this.askTarget.getAttribute("href") ?? "").split("@");
    this.askTarget.setAttribute("href", `${base}@${second}`);
    this.askTarget.querySelector(".num").textContent = this.askTarget.dataset.words.replace("%(moment)s", moment(now));
  }

  /** @param {number} by */
  step(by) {
    const next = this.show.chapters[chapterAt(this.show.chapters, this.videoTarget.currentTime) + by];
    this.seek(next ? next.at : 0);
  }

  scrubbed = () => this.seek(Number(this.rangeTarget.value));

  speedChosen = () => {
    this.videoTarget.playbackRate = Number(this.speedTarget.value);
  };

  /** @param {KeyboardEvent} event */
  key = (event) => {
    if (event.target instanceof Element && event.target.closest("input, select, textarea, button, a, dialog")) return;
    const video = this.videoTarget;
    if (event.key === " " || event.key === "k") {
      event.preventDefault();
      video.paused ? video.play()?.catch(() => {}) : video.pause();
    }
    if (event.key === "m") video.muted = !video.muted;
    if (event.key === "ArrowRight") this.seek(video.currentTime + 5);
    if (event.key === "ArrowLeft") this.seek(video.currentTime - 5);
  };

  paint = () => {
    const video = this.videoTarget;
    const now = video.currentTime || 0;
    this.rangeTarget.value = String(Math.floor(now));
    this.rangeTarget.setAttribute("aria-valuetext", moment(now));
    this.timeTarget.textContent = moment(now);
    this.playTarget.toggleAttribute("data-on", !video.paused);
    this.soundTarget.toggleAttribute("data-on", !video.muted);
    this.paintChapter(chapterAt(this.show.chapters, now));
    this.paintChat(now);
    this.paintAsk(now);
  };

  /** @param {number} index */
  paintChapter(index) {
    if (index === this.chapter) return;
    this.chapter = index;
    this.chapterNameTarget.textContent = pick(this.show.chapters[index]?.title);
    this.element.querySelectorAll("[data-chapter]").forEach((row) => row.toggleAttribute("data-current", Number(row.getAttribute("data-chapter")) === index));
    this.trackTarget.querySelectorAll(".chap").forEach((/** @type {Element} */ button, /** @type {number} */ place) => {
      if (place === index) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
  }

  /** @param {number} now */
  paintChat(now) {
    const said = messagesUntil(this.show.messages, now);
    const last = said.at(-1)?.message.message_id ?? "";
    if (last === this.lastMessage) return;
    this.lastMessage = last;
    const list = this.logTarget.querySelector("ol");
    list?.replaceChildren(...said.map((/** @type {any} */ row) => this.row(row)));
    this.logTarget.scrollTop = this.logTarget.scrollHeight;
  }

  /** @param {{at: number, message: any}} said */
  row(said) {
    const row = /** @type {HTMLElement} */ (this.messageTarget.content.firstElementChild?.cloneNode(true));
    const { message } = said;
    row.lang = locale();
    if (message.role) row.classList.add(`msg--${message.role}`);
    /** @type {HTMLImageElement} */ (row.querySelector(".av")).src = `/avatars/${encodeURIComponent(message.account_id)}.svg`;
    const tag = /** @type {HTMLElement} */ (row.querySelector(".msg__tag"));
    tag.hidden = !message.role;
    /** @type {HTMLElement} */ (row.querySelector(".msg__author")).textContent = message.author;
    /** @type {HTMLElement} */ (row.querySelector(".msg__text")).textContent = message.text;
    /** @type {HTMLElement} */ (row.querySelector(".msg__time")).textContent = moment(said.at);
    return row;
  }
}
