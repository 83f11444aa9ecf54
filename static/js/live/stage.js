// The video on its stage: starts muted, remembers the wish for sound, follows the player's states.
import { t } from "../core/i18n.js";
import { remember, remembered } from "./keys.js";

export class Stage {
  /**
   * @param {{room: HTMLElement, video: HTMLVideoElement, frame: HTMLElement, soundPill: HTMLElement, soundButton: HTMLElement, playButton: HTMLElement,
   *   pipButton: HTMLElement, fullButton: HTMLElement, errorCard: HTMLElement, getGrant: () => Promise<any[]>}} parts
   */
  constructor(parts) {
    this.parts = parts;
    const { video, pipButton, fullButton } = parts;
    this.wantsSound = remembered("sound", false);
    pipButton.hidden = !document.pictureInPictureEnabled;
    fullButton.hidden = !document.fullscreenEnabled;
    for (const kind of ["play", "playing", "pause", "volumechange", "emptied"]) video.addEventListener(kind, () => this.paint());
    document.addEventListener("fullscreenchange", () => this.paint());
    this.paint();
  }

  /** The player comes after the room: chat and prices never wait for it. */
  async start() {
    this.player?.destroy();
    this.player = undefined;
    this.parts.errorCard.hidden = true;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    try {
      const { Player } = await import("./player.js");
      if (turn !== this.turn) return;
      this.player = new Player(this.parts.video, { getGrant: this.parts.getGrant });
      this.player.addEventListener("state", (/** @type {any} */ event) => this.playerState(event.detail));
      this.player.start();
      this.player.setHostAway(this.parts.room.dataset.host === "away");
    } catch {
      if (turn === this.turn) this.playerState("error");
    }
  }

  stop() {
    this.turn = (this.turn ?? 0) + 1;
    this.player?.destroy();
    this.player = undefined;
    this.parts.room.dataset.video = "off";
    this.parts.soundPill.hidden = true;
  }

  destroy() {
    this.stop();
  }

  /** Pictures began somewhere: no need to wait for the next look. */
  wake() {
    if (this.player) this.player.wake();
    else this.start();
  }

  /** @param {boolean} isAway */
  setHostAway(isAway) {
    this.player?.setHostAway(isAway);
    if (!isAway && this.parts.room.dataset.video === "error") this.start();
  }

  /** @param {string} state */
  playerState(state) {
    if (state === "error") {
      this.parts.errorCard.hidden = this.parts.room.dataset.host === "away" || this.parts.room.dataset.state !== "live";
      this.parts.room.dataset.video = "error";
    } else {
      this.parts.errorCard.hidden = true;
      if (state === "playing") this.firstPicture();
      this.parts.room.dataset.video = state;
    }
    this.paint();
  }

  firstPicture() {
    if (this.wantsSound && this.parts.video.muted && !this.triedSound) {
      this.triedSound = true;
      this.setSound(true, false);
    }
  }

  toggleSound() {
    this.setSound(this.parts.video.muted, true);
  }

  /** @param {boolean} on @param {boolean} chosen by the person, so it is remembered */
  setSound(on, chosen) {
    const { video } = this.parts;
    video.muted = !on;
    if (chosen) {
      this.wantsSound = on;
      remember("sound", on);
    }
    // A browser that wants a tap first pauses the video; picture without sound is better than neither.
    if (on) video.play().catch(() => {
      video.muted = true;
      video.play().catch(() => this.paint());
    });
    this.paint();
  }

  togglePlay() {
    const { video } = this.parts;
    if (!this.player) return;
    if (video.paused) video.play().catch(() => this.paint());
    else video.pause();
  }

  async togglePip() {
    const { video } = this.parts;
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else if (document.pictureInPictureEnabled && video.readyState > 0) await video.requestPictureInPicture();
    } catch {
      this.parts.pipButton.hidden = true; // The browser has it switched off; do not offer it again.
    }
  }

  async toggleFull() {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else if (document.fullscreenEnabled) await this.parts.frame.requestFullscreen();
    } catch {
      this.parts.fullButton.hidden = true;
    }
  }

  paint() {
    const { video, soundPill, soundButton, playButton, fullButton, room } = this.parts;
    const sound = !video.muted;
    soundButton.toggleAttribute("data-on", sound);
    soundButton.setAttribute("aria-label", sound ? t("mute") : t("unmute"));
    soundPill.hidden = sound || video.paused || !this.player || room.dataset.video !== "playing";
    playButton.toggleAttribute("data-on", !video.paused);
    playButton.setAttribute("aria-label", video.paused ? t("play") : t("pause"));
    fullButton.setAttribute("aria-label", document.fullscreenElement ? t("leave_fullscreen") : t("fullscreen"));
  }
}
