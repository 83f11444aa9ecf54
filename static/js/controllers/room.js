// The live room: joins the line, keeps the store, and hands each change to the part that shows it.
import { Controller } from "stimulus";
import { io } from "socket.io";
import { announce } from "../core/announce.js";
import { learn } from "../core/clock.js";
import { count } from "../core/format.js";
import { locale, pick, t } from "../core/i18n.js";
import { request } from "../core/http.js";
import { toast } from "../core/toast.js";
import { ChatLog, purchaseText, spoken } from "../live/chat.js";
import { Composer } from "../live/composer.js";
import { listenForKeys, remember, remembered } from "../live/keys.js";
import { PinCard } from "../live/pin.js";
import { Shelf, addToBag, busy, draggable, sendSeen } from "../live/shelf.js";
import { RoomLine } from "../live/socket.js";
import { Stage } from "../live/stage.js";

const SPEAK_EVERY = 5000;
const NARROW = "(max-width: 719px) and (min-height: 481px), (max-width: 559px)";

export default class extends Controller {
  static targets = [
    "frame", "video", "banner", "awayCard", "waitCard", "endedCard", "replayWait", "replayLink", "errorCard", "liveBadge", "overBadge",
    "soundPill", "soundButton", "playButton", "pipButton", "fullButton", "hearts", "pinPlace", "noPin", "pinForm", "shelfPanel", "shelfList",
    "notice", "log", "list", "chatEmpty", "newPill", "composer", "input", "sendButton", "composerNote", "sheet", "sheetBody",
    "keysDialog", "keysOn", "aloud",
  ];

  connect() {
    const data = JSON.parse(document.getElementById("room-data")?.textContent ?? "{}");
    this.page = data;
    this.me = data.snapshot.me;
    learn(data.snapshot.server_now);
    this.narrow = matchMedia(NARROW);
    this.buildParts(data);
    this.line = new RoomLine({ roomId: data.snapshot.room_id, token: data.token, state: data.snapshot, connect: io });
    this.line.addEventListener("state", (event) => this.lineChanged(/** @type {CustomEvent} */ (event).detail));
    this.line.addEventListener("snapshot", (event) => this.drawAll(/** @type {CustomEvent} */ (event).detail.room));
    this.line.addEventListener("event", (event) => this.happened(/** @type {CustomEvent} */ (event).detail));
    this.line.addEventListener("personal", (event) => this.personal(/** @type {CustomEvent} */ (event).detail));
    this.line.addEventListener("refused", (event) => this.refused(/** @type {CustomEvent} */ (event).detail));
    this.fitPin();
    this.drawState(data.snapshot);
    this.listen();
    this.line.open();
    if (data.snapshot.stream.state === "live") this.stage.start();
  }

  disconnect() {
    this.line.close();
    this.stage.destroy();
    this.chat.destroy();
    this.composer.destroy();
    this.pin.destroy();
    clearInterval(this.speaker);
    this.stopKeys?.();
  }

  /** @param {any} data */
  buildParts(data) {
    const template = (/** @type {string} */ id) => /** @type {HTMLTemplateElement} */ (document.getElementById(id));
    this.chat = new ChatLog({
      log: this.logTarget, list: this.listTarget, row: template("message-row"), news: template("news-row"),
      pill: this.newPillTarget, empty: this.chatEmptyTarget, own: this.me.account_id,
    });
    this.pin = new PinCard({
      place: this.pinPlaceTarget, none: this.noPinTarget, isNarrow: () => this.narrow.matches,
      onView: (slug) => this.openSheet(slug),
    });
    this.shelf = new Shelf(this.hasShelfListTarget ? this.shelfListTarget : null);
    this.composer = new Composer({
      form: this.composerTarget, input: this.inputTarget, button: this.sendButtonTarget, note: this.composerNoteTarget, guest: data.guest,
      post: (text, key) => this.post(text, key),
      optimistic: (text, key) => this.chat.pending(this.ownMessage(text, key)),
      failed: (key) => this.chat.drop(key),
    });
    if (this.me.muted_until) this.composer.silenced("mute", this.me.muted_until);
    this.stage = new Stage({
      room: /** @type {HTMLElement} */ (this.element), video: this.videoTarget, frame: this.frameTarget, soundPill: this.soundPillTarget,
      soundButton: this.soundButtonTarget, playButton: this.playButtonTarget, pipButton: this.pipButtonTarget, fullButton: this.fullButtonTarget,
      errorCard: this.errorCardTarget, getGrant: async () => (await request(data.urls.playback)).grants,
    });
    draggable(this.shelfPanelTarget);
  }

  listen() {
    this.element.addEventListener("click", (event) => this.clicked(event));
    this.pinFormTarget.addEventListener("submit", (event) => this.pinSubmitted(/** @type {SubmitEvent} */ (event)));
    this.pinPlaceTarget.addEventListener("change", (event) => this.pinChosen(/** @type {Element} */ (event.target)));
    this.narrow.addEventListener("change", () => this.pin.show(this.line.room));
    this.inputTarget.addEventListener("focus", () => this.typing(true));
    this.inputTarget.addEventListener("blur", () => this.typing(false));
    this.videoTarget.addEventListener("dblclick", () => this.heart());
    visualViewport?.addEventListener("resize", () => this.fitViewport());
    this.keysOnTarget.checked = remembered("keys", true);
    this.keysOnTarget.addEventListener("change", () => remember("keys", this.keysOnTarget.checked));
    this.heard = [];
    this.speaker = setInterval(() => this.speak(), SPEAK_EVERY);
    this.stopKeys = listenForKeys(
      {
        " ": () => this.stage.togglePlay(), k: () => this.stage.togglePlay(), m: () => this.stage.toggleSound(), f: () => this.stage.toggleFull(),
        p: () => this.stage.togglePip(), l: () => this.heart(), b: () => this.openShelf(), "?": () => this.keysDialogTarget.showModal(),
        "/": () => this.focusChat(),
      },
      { enabled: () => this.keysOnTarget.checked },
    );
  }

  // What happened in the room.

  /** @param {{event: {name: string, payload: any}, room: any, before: any}} detail */
  happened({ event, room, before }) {
    const { name, payload } = event;
    this.stampState(room);
    const handlers = {
      "stream.started": () => this.started(room),
      "stream.ended": () => this.ended(room),
      "video.started": () => this.stage.wake(),
      "host.left": () => this.hostLeft(room),
      "host.returned": () => this.hostReturned(room),
      "pin.added": () => this.pinAdded(room, before),
      "pin.removed": () => this.redraw(room),
      "pin.extended": () => this.pin.show(room),
      "price.ended": () => this.priceEnded(payload, room),
      "price.changed": () => this.priceChanged(payload, room),
      "stock.changed": () => this.stockChanged(payload, room),
      "product.sold_out": () => this.soldOut(payload, room),
      "chat.posted": () => this.posted(payload.message),
      "chat.removed": () => this.chat.remove(payload.message_id),
      "chat.cleared": () => this.chat.clear(payload.account_id),
      "chat.slow_mode_changed": () => this.slowMode(payload.seconds),
      "room.notice_changed": () => this.showNotice(payload.text),
      "viewers.counted": () => this.showViewers(payload.count),
      "reaction.counted": () => this.showHearts(payload.hearts, payload.added),
      "purchase.made": () => this.chat.tell(purchaseText(payload, pick), { kind: "sale", icon: "shopping-bag" }),
      "replay.ready": () => this.replayReady(payload.replay_url),
    };
    handlers[/** @type {keyof typeof handlers} */ (name)]?.();
  }

  /** @param {any} room */
  drawAll(room) {
    this.me = room.me;
    this.chat.own = room.me.account_id;
    this.chat.reset(room.messages);
    this.pin.show(room);
    this.drawState(room);
    this.composer.silenced(room.me.muted_until ? "mute" : "none", room.me.muted_until);
  }

  /** @param {any} room */
  drawState(room) {
    this.pin.room = room;
    this.pin.patch();
    this.shelf.show(room.items);
    this.showViewers(room.viewers);
    this.showHearts(room.hearts);
    this.showNotice(room.notice);
    this.stampState(room);
    this.composer.setOpen(room.stream.state === "live");
    if (room.stream.state === "ended" || room.stream.state === "replay") this.ended(room);
  }

  /** The words on the root element that styles look at. @param {any} room */
  stampState(room) {
    const root = /** @type {HTMLElement} */ (this.element);
    root.dataset.state = room.stream.state;
    root.dataset.host = room.stream.host_present ? "here" : "away";
    const live = room.stream.state === "live";
    this.liveBadgeTarget.hidden = !live;
    this.awayCardTarget.hidden = !live || room.stream.host_present;
  }

  /** @param {any} room */
  async redraw(room) {
    this.shelf.show(room.items);
    await this.pin.show(room);
  }

  /** @param {any} room @param {any} before */
  pinAdded(room, before) {
    this.pin.show(room, { news: true, before: before.pin });
    this.shelf.show(room.items);
    this.sheet?.priceMoved(room.pin.product_id);
  }

  /** @param {any} payload @param {any} room */
  async priceEnded(payload, room) {
    await this.redraw(room);
    if (room.pin?.pin_id === payload.pin_id) this.pin.priceEnded(payload.price);
    this.sheet?.priceMoved(payload.product_id);
  }

  /** @param {any} payload @param {any} room */
  priceChanged(payload, room) {
    this.redraw(room);
    this.sheet?.priceMoved(payload.product_id);
  }

  /** @param {any} payload @param {any} room */
  stockChanged(payload, room) {
    this.pin.room = room;
    this.pin.patch();
    this.shelf.show(room.items);
    this.sheet?.stockMoved(payload.product_id, payload.variants);
  }

  /** @param {any} payload @param {any} room */
  soldOut(payload, room) {
    this.redraw(room);
    const item = room.items.find((/** @type {any} */ each) => each.product_id === payload.product_id);
    if (item) this.chat.tell(t("sold_out_news", { title: pick(item.title) }), { icon: "shopping-bag" });
  }

  /** @param {any} message */
  posted(message) {
    this.chat.add(message);
    if (message.account_id === this.me.account_id) return;
    const wish = this.aloudTarget.value;
    if (wish === "all" || (wish === "host" && message.role === "host")) this.heard?.push(message);
  }

  speak() {
    const words = spoken(this.heard ?? []);
    this.heard = [];
    if (words) announce(words);
  }

  /** @param {number} seconds */
  slowMode(seconds) {
    this.chat.tell(seconds ? t("slow_on", { seconds }) : t("slow_off"), { icon: "timer" });
  }

  /** @param {string} text */
  showNotice(text) {
    this.noticeTarget.hidden = !text;
    /** @type {HTMLElement} */ (this.noticeTarget.querySelector("[data-notice-text]")).textContent = text;
  }

  /** @param {number} viewers */
  showViewers(viewers) {
    const place = this.element.querySelector('[data-live="viewers"]');
    if (place) place.textContent = count(viewers, locale());
  }

  /** @param {any} room */
  started(room) {
    if (this.hasWaitCardTarget) this.waitCardTarget.remove();
    this.composer.setOpen(true);
    this.redraw(room);
    this.stage.start();
    announce(t("started", { name: t("host_name") }));
  }

  /** @param {any} room */
  ended(room) {
    this.stage.stop();
    this.redraw(room);
    this.composer.setOpen(false);
    this.overBadgeTarget.hidden = false;
    this.errorCardTarget.hidden = true;
    if (!this.endedCardTarget.hidden) return;
    this.endedCardTarget.hidden = false;
    if (room.stream.state === "replay") this.replayReady(room.stream.replay_url ?? this.page.urls.replay);
    announce(t("stream_ended"));
  }

  /** @param {string} address */
  replayReady(address) {
    this.replayWaitTarget.hidden = true;
    this.replayLinkTarget.hidden = false;
    this.replayLinkTarget.setAttribute("href", address);
  }

  /** @param {any} room */
  hostLeft(room) {
    this.pin.room = room;
    this.pin.patch();
    this.stage.setHostAway(true);
    announce(t("host_away", { name: t("host_name") }));
  }

  /** @param {any} room */
  hostReturned(room) {
    this.pin.room = room;
    this.pin.patch();
    this.stage.setHostAway(false);
    announce(t("host_back", { name: t("host_name") }));
  }

  // The line.

  /** @param {{state: string, before: string}} detail */
  lineChanged({ state, before }) {
    /** @type {HTMLElement} */ (this.element).dataset.line = state;
    this.banner(state === "reconnecting" || state === "offline" ? state : "");
    this.pin.setLine(state);
    this.composer.setLine(state);
    if (state === "connected" && before !== "connecting") announce(t("reconnected"));
    if (state !== "connected") return;
    this.composer.joined();
    if (!this.element.querySelector("[data-here]")) return; // Members only.
    this.here((here) => here.arrive(this));
    this.claims((claims) => claims.refresh());
  }

  /** @param {string} kind */
  banner(kind, words = kind ? t(kind) : "") {
    this.bannerTarget.hidden = !kind;
    this.bannerTarget.dataset.kind = kind;
    /** @type {HTMLElement} */ (this.bannerTarget.querySelector("[data-banner-text]")).textContent = words;
  }

  /** @param {{name: string, payload: any}} detail */
  personal({ name, payload }) {
    if (name.startsWith("friends.")) return this.here((here) => here.heard(this, name, payload));
    if (name !== "chat.silenced") return this.claims((claims) => claims.heard(name, payload));
    if (payload.room_id !== this.line.roomId) return;
    this.composer.silenced(payload.kind, payload.until);
    if (payload.kind === "none") announce(t("unmuted"));
  }

  /** Friends, following and asking come when first needed. @param {(here: any) => void} then */
  async here(then) {
    then(await import("../live/here.js"));
  }

  /** What was claimed by a comment. @param {(claims: any) => void} then */
  async claims(then) {
    this.claiming ??= import("../live/claims.js").then(({ Claims }) => new Claims(this));
    then(await this.claiming);
  }

  /** @param {{code?: string, message?: string}} error */
  refused(error) {
    if (error.code === "banned" || error.code === "not_allowed") {
      this.composer.silenced("ban", null);
      this.stage.stop();
      this.banner("banned", error.message || t("banned"));
    }
  }

  /** @param {string} text @param {string} key */
  async post(text, key) {
    const receipt = await this.line.send("chat.post", { room_id: this.line.roomId, text, client_key: key });
    const wait = this.line.room.slow_mode_seconds;
    if (wait && !this.me.role) this.composer.waitSeconds(wait);
    if (receipt.claim) this.claims((claims) => claims.answered(receipt));
    return receipt;
  }

  /** @param {string} text @param {string} key */
  ownMessage(text, key) {
    return { message_id: "", account_id: this.me.account_id, author: this.me.name, role: this.me.role, text, at: new Date().toISOString(), reply_to: null, client_key: key };
  }

  // What people do.

  /** @param {Event} event */
  clicked(event) {
    const target = /** @type {Element} */ (event.target);
    const act = target.closest("[data-room-act]");
    if (act) return this.act(act.getAttribute("data-room-act") ?? "", act);
    const ask = target.closest(".pin__ask");
    if (ask && !this.page.guest) {
      event.preventDefault();
      return this.here((here) => here.ask(ask, this));
    }
    const sheet = target.closest("[data-sheet]");
    if (sheet && !(/** @type {MouseEvent} */ (event).metaKey || /** @type {MouseEvent} */ (event).ctrlKey)) {
      event.preventDefault();
      this.openSheet(sheet.getAttribute("data-sheet") ?? "");
    }
  }

  /** @param {string} name @param {Element} element */
  act(name, element) {
    const acts = {
      sound: () => this.stage.toggleSound(), play: () => this.stage.togglePlay(), pip: () => this.stage.togglePip(), fullscreen: () => this.stage.toggleFull(),
      retryVideo: () => this.stage.start(), heart: () => this.heart(), share: () => this.share(),
      follow: () => this.here((here) => here.follow(element)), toEnd: () => this.chat.toEnd(), toggleChat: () => this.toggleLayer(element, "chat"), toggleHearts: () => this.toggleLayer(element, "hearts"),
      showKeys: () => this.fromMenu(() => this.keysDialogTarget.showModal()), panelShelf: () => this.panel("shelf"), panelChat: () => this.panel("chat"),
    };
    acts[/** @type {keyof typeof acts} */ (name)]?.();
  }

  /** @param {SubmitEvent} event */
  async pinSubmitted(event) {
    const button = /** @type {HTMLButtonElement|null} */ (event.submitter);
    const card = this.pin.card;
    if (card && this.narrow.matches) {
      event.preventDefault();
      return this.openSheet(card.dataset.product ?? "");
    }
    if (!button?.hasAttribute("data-pin-add")) return busy(button, t("to_payment"));
    event.preventDefault();
    const form = new FormData(this.pinFormTarget, button);
    button.disabled = true;
    try {
      await addToBag(form);
    } catch (error) {
      toast(/** @type {Error} */ (error).message || t("generic_error"));
    } finally {
      button.disabled = Boolean(this.line.room.pin?.sold_out);
    }
  }

  /** @param {Element} input */
  pinChosen(input) {
    const choice = /** @type {HTMLElement|null} */ (input.closest("[data-variant]"));
    const buy = /** @type {HTMLButtonElement|null} */ (this.pin.card?.querySelector("[data-pin-buy]"));
    if (choice && buy) sendSeen(buy, choice.dataset.amount ?? "");
  }

  /** @param {string} slug */
  async openSheet(slug) {
    if (this.shelfPanelTarget.matches(":popover-open")) this.shelfPanelTarget.hidePopover();
    try {
      const { BuySheet } = await import("../live/buy_sheet.js");
      this.sheet ??= new BuySheet({ dialog: this.sheetTarget, body: this.sheetBodyTarget, address: this.page.urls.sheet });
      await this.sheet.open(slug);
    } catch {
      location.assign(`/p/${encodeURIComponent(slug)}`);
    }
  }

  openShelf() {
    if (this.narrow.matches) this.shelfPanelTarget.togglePopover();
    else this.panel("shelf");
  }

  focusChat() {
    this.panel("chat");
    this.inputTarget.focus();
  }

  /** @param {string} name */
  panel(name) {
    /** @type {HTMLElement} */ (this.element).dataset.panel = name;
    for (const tab of this.element.querySelectorAll(".room__tabs [role=tab]")) {
      const on = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(on));
      tab.setAttribute("tabindex", on ? "0" : "-1");
    }
    if (name === "chat") this.chat.toEnd();
  }

  async heart() {
    (await this.sky()).tap();
  }

  /** The flying hearts come with the first one. */
  async sky() {
    const { Reactions } = await import("../live/reactions.js");
    const send = (/** @type {number} */ taps) => this.line.send("reaction.send", { room_id: this.line.roomId, count: taps });
    return (this.reactions ??= new Reactions({ sky: this.heartsTarget, send }));
  }

  /** @param {number} hearts @param {number} [added] */
  async showHearts(hearts, added = 0) {
    for (const place of this.element.querySelectorAll("[data-hearts]")) place.textContent = count(hearts, locale());
    if (added > 1) (await this.sky()).counted(added);
  }

  /** The sheet comes when somebody shares; without it, its page does. */
  share() {
    this.fromMenu(async () => {
      try {
        await (await import("../share/open.js")).openShare(this.page.urls.share);
      } catch {
        location.assign(this.page.urls.share);
      }
    });
  }

  /** @param {() => void} then */
  fromMenu(then) {
    const menu = document.getElementById("more-menu");
    if (menu?.matches(":popover-open")) menu.hidePopover();
    then();
  }

  /** @param {Element} button @param {"chat"|"hearts"} layer */
  toggleLayer(button, layer) {
    const show = button.getAttribute("aria-checked") !== "true";
    button.setAttribute("aria-checked", String(show));
    /** @type {HTMLElement} */ (button.querySelector("[data-menu-state]")).textContent = show ? t("shown") : t("hidden");
    /** @type {HTMLElement} */ (this.element).dataset[layer] = show ? "shown" : "hidden";
  }

  fitPin() {
    if (this.pin.card) this.pin.fit(this.pin.card);
  }

  /** @param {boolean} on */
  typing(on) {
    const root = /** @type {HTMLElement} */ (this.element);
    root.toggleAttribute("data-typing", on && this.narrow.matches && (visualViewport?.height ?? innerHeight) < innerHeight - 120);
    this.fitViewport();
  }

  /** The keyboard takes its part of the screen; the dock stands on it. */
  fitViewport() {
    const root = /** @type {HTMLElement} */ (this.element);
    const height = visualViewport?.height ?? innerHeight;
    const keyboard = this.narrow.matches && height < innerHeight - 120;
    root.style.blockSize = keyboard ? `${height}px` : "";
    root.toggleAttribute("data-typing", keyboard && document.activeElement === this.inputTarget);
  }
}
