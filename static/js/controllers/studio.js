// The studio: camera on air, run of show, chat and moderation. The room's store is the same one that viewers have.
import { Controller } from "stimulus";
import { io } from "socket.io";
import { announce } from "../core/announce.js";
import { learn, serverNow } from "../core/clock.js";
import { clockText, count, money } from "../core/format.js";
import { request } from "../core/http.js";
import { locale, pick, t, tn } from "../core/i18n.js";
import { toast } from "../core/toast.js";
import { ChatLog } from "../live/chat.js";
import { Composer } from "../live/composer.js";
import { listenForKeys, remember, remembered } from "../live/keys.js";
import { setText } from "../live/shelf.js";
import { RoomLine } from "../live/socket.js";
import { Camera } from "../live/studio_camera.js";
import { Questions } from "../live/studio_questions.js";
import { ShowList, nextItem } from "../live/studio_show.js";

const UNDO_SECONDS = 5;
const MORE_SECONDS = 120;
const REQUIRED = ["camera", "microphone", "connection"];

export default class extends Controller {
  static targets = [
    "liveBadge", "liveClock", "offBadge", "connection", "bitrate", "endButton", "alarm", "resume", "preview", "guide", "format", "onlyYou", "problem",
    "muteButton", "cameraButton", "guideButton", "cameraSelect", "microphoneSelect", "levels", "levelWord", "secureNote", "before", "checkWords",
    "checkCount", "checkMeter", "goButton", "figures", "watching", "peak", "orders", "lastSale", "gmv", "pinToOrder", "bags", "hearts", "show",
    "notice", "log", "list", "chatEmpty", "newPill", "rules", "reply", "composer", "input", "sendButton", "composerNote", "person", "personName",
    "shareDialog", "keys", "keysOn", "endDialog", "endTitle", "endForm", "countDialog", "countNumber", "side", "questions", "questionCount",
  ];

  connect() {
    const page = JSON.parse(document.getElementById("studio-data")?.textContent ?? "{}");
    this.page = page;
    this.onStage = page.on_stage;
    learn(page.snapshot.server_now);
    this.mostWatching = 0;
    this.line = new RoomLine({ roomId: page.snapshot.room_id, token: page.token, crew: true, state: page.snapshot, connect: io });
    this.line.addEventListener("state", (event) => this.lineChanged(/** @type {CustomEvent} */ (event).detail));
    this.line.addEventListener("snapshot", (event) => this.drawAll(/** @type {CustomEvent} */ (event).detail.room));
    this.line.addEventListener("event", (event) => this.happened(/** @type {CustomEvent} */ (event).detail));
    this.line.addEventListener("personal", (event) => this.personal(/** @type {CustomEvent} */ (event).detail));
    this.line.addEventListener("refused", (event) => this.alarm(/** @type {CustomEvent} */ (event).detail.message ?? ""));
    this.buildChat(page);
    this.buildQuestions(page);
    if (this.onStage) this.buildStage(page);
    this.listen();
    this.drawAll(page.snapshot);
    this.line.open();
  }

  disconnect() {
    this.line.close();
    this.chat.destroy();
    this.composer.destroy();
    this.questions.destroy();
    this.show?.destroy();
    this.camera?.destroy();
    clearInterval(this.ticker);
    this.stopKeys?.();
    removeEventListener("beforeunload", this.leaving);
  }

  /** @param {any} page */
  buildChat(page) {
    const template = (/** @type {string} */ id) => /** @type {HTMLTemplateElement} */ (document.getElementById(id));
    this.chat = new ChatLog({
      log: this.logTarget, list: this.listTarget, row: template("message-row"), news: template("news-row"), pill: this.newPillTarget,
      empty: this.chatEmptyTarget, own: page.snapshot.me.account_id, decorate: (row, message) => this.addTools(row, message),
    });
    this.composer = new Composer({
      form: this.composerTarget, input: this.inputTarget, button: this.sendButtonTarget, note: this.composerNoteTarget, guest: false,
      post: (text, key) => this.post(text, key), optimistic: (text, key) => this.chat.pending(this.ownMessage(text, key)), failed: (key) => this.chat.drop(key),
    });
  }

  /** @param {any} page */
  buildQuestions(page) {
    this.questions = new Questions({
      place: this.questionsTarget, badge: this.questionCountTarget, address: page.questions,
      send: (name, payload) => this.command(name, payload), pin: (itemId) => this.pinItem(itemId),
    });
  }

  /** Chat or questions. @param {"chat"|"questions"} name */
  side(name) {
    for (const panel of this.sideTarget.querySelectorAll("[data-side-panel]")) panel.hidden = panel.getAttribute("data-side-panel") !== name;
    for (const tab of this.sideTarget.querySelectorAll("[role=tab]")) {
      const on = tab.id === `side-${name}`;
      tab.setAttribute("aria-selected", String(on));
      tab.setAttribute("tabindex", on ? "0" : "-1");
    }
    if (name === "chat") this.chat.toEnd();
  }

  /** Arrows move between the two tabs. @param {KeyboardEvent} event */
  sideKey(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const name = this.questionsTarget.hidden ? "questions" : "chat";
    this.side(name);
    document.getElementById(`side-${name}`)?.focus();
  }

  /** @param {any} page */
  buildStage(page) {
    if (this.hasShowTarget) this.show = new ShowList(this.showTarget, /** @type {HTMLTemplateElement} */ (document.getElementById("pin-tools")));
    this.camera = new Camera({
      preview: this.previewTarget, cameras: this.cameraSelectTarget, microphones: this.microphoneSelectTarget, levels: this.levelsTarget,
      levelWord: this.levelWordTarget, problem: this.problemTarget, getGrant: async () => (await request(page.ingest, { method: "POST" })).grant,
    });
    this.camera.addEventListener("ready", (event) => this.cameraReady(/** @type {CustomEvent} */ (event).detail));
    this.camera.addEventListener("heard", () => this.setCheck("microphone", true, t("heard")));
    this.camera.addEventListener("air", (event) => this.airChanged(/** @type {CustomEvent} */ (event).detail));
    this.camera.addEventListener("bitrate", (event) => this.showBitrate(/** @type {CustomEvent} */ (event).detail));
    this.camera.addEventListener("refused", (event) => this.refusedOnAir(/** @type {CustomEvent} */ (event).detail));
    this.secureNoteTarget.hidden = window.isSecureContext;
    this.camera.open();
    addEventListener("beforeunload", this.leaving);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.keepAwake());
  }

  listen() {
    this.element.addEventListener("click", (event) => this.clicked(/** @type {Element} */ (event.target)));
    this.sideTarget.querySelector("[role=tablist]")?.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.sideKey(event));
    for (const form of this.element.querySelectorAll("[data-studio-form]")) form.addEventListener("submit", (event) => this.settingsSent(event));
    this.keysOnTarget.checked = remembered("keys", true);
    this.keysOnTarget.addEventListener("change", () => remember("keys", this.keysOnTarget.checked));
    this.ticker = setInterval(() => this.tick(), 1000);
    if (this.hasEndFormTarget) this.endFormTarget.addEventListener("submit", (/** @type {Event} */ event) => this.end(event));
    if (this.hasCountDialogTarget) this.countDialogTarget.addEventListener("close", () => clearInterval(this.counting));
    /** @type {Record<string, () => void>} */
    const keys = { c: () => this.writeInChat(), q: () => this.openQuestions(), "?": () => this.keysTarget.showModal() };
    if (this.onStage) {
      Object.assign(keys, {
        n: () => this.pinNext(), u: () => this.unpin(), e: () => this.extend(), m: () => this.toggleMute(), v: () => this.toggleCamera(), g: () => this.toggleGuide(),
      });
      for (let place = 1; place <= 9; place++) keys[String(place)] = () => this.pinItem(this.page.order[place - 1]);
    }
    this.stopKeys = listenForKeys(keys, { enabled: () => this.keysOnTarget.checked });
  }

  writeInChat() {
    this.side("chat");
    this.inputTarget.focus();
  }

  openQuestions() {
    this.side("questions");
    document.getElementById("side-questions")?.focus();
  }

  // What happened in the room.

  /** @param {any} room */
  drawAll(room) {
    this.chat.own = room.me.account_id;
    this.chat.reset(room.messages);
    this.drawRoom(room);
  }

  /** @param {any} room */
  drawRoom(room) {
    const root = /** @type {HTMLElement} */ (this.element);
    const live = room.stream.state === "live";
    root.dataset.state = room.stream.state;
    root.dataset.host = room.stream.host_present ? "here" : "away";
    this.liveBadgeTarget.hidden = !live;
    this.offBadgeTarget.hidden = live;
    this.composer.setOpen(live);
    this.noticeTarget.hidden = !room.notice;
    setText(this.noticeTarget.querySelector("[data-notice-text]"), room.notice);
    setText(this.rulesTarget, room.slow_mode_seconds ? t("slow_on", { seconds: room.slow_mode_seconds }) : t("slow_off"));
    if (this.onStage) {
      this.endButtonTarget.hidden = !live;
      this.beforeTarget.hidden = live;
      this.figuresTarget.hidden = !live;
      this.onlyYouTarget.hidden = live;
      this.show?.show(room);
      this.showAlarm(room);
    }
    this.tick();
  }

  /** @param {{event: {name: string, payload: any}, room: any}} detail */
  happened({ event: { name, payload }, room }) {
    if (name === "chat.posted") this.chat.add(payload.message);
    else if (name === "chat.removed") this.chat.remove(payload.message_id);
    else if (name === "chat.cleared") this.chat.clear(payload.account_id);
    else if (name === "viewers.counted") this.showWatching(payload.count);
    else if (name === "stream.ended") this.over();
    else if (name === "questions.changed") this.questions.refresh();
    if (name !== "chat.posted" && name !== "viewers.counted" && name !== "reaction.counted") this.drawRoom(room);
  }

  over() {
    this.camera?.stop();
    removeEventListener("beforeunload", this.leaving);
    if (!this.ending) location.assign(this.page.summary);
  }

  /** @param {{name: string, payload: any}} detail */
  personal({ name, payload }) {
    if (name === "studio.counted") this.showFigures(payload);
    if (name === "sale.made") this.showSale(payload);
    if (name === "claims.changed") window.dispatchEvent(new Event("claims:changed"));
  }

  /** @param {any} figures */
  showFigures(figures) {
    this.showWatching(figures.watching);
    if (!this.onStage) return;
    setText(this.ordersTarget, count(figures.orders, locale()));
    setText(this.gmvTarget, money(figures.gmv, locale()));
    setText(this.pinToOrderTarget, figures.pin_to_order_seconds === null ? "–" : clockText(figures.pin_to_order_seconds));
    setText(this.bagsTarget, count(figures.bags, locale()));
    setText(this.heartsTarget, t("hearts", { count: count(figures.hearts, locale()) }));
  }

  /** @param {number} watching */
  showWatching(watching) {
    this.watchingNow = watching;
    if (!this.onStage) return;
    this.mostWatching = Math.max(this.mostWatching ?? 0, watching);
    setText(this.watchingTarget, count(watching, locale()));
    setText(this.peakTarget, t("peak", { count: count(this.mostWatching, locale()) }));
  }

  /** @param {any} sale */
  showSale(sale) {
    const amount = money(sale.amount, locale());
    this.chat.tell(t("sale", { number: sale.number, quantity: sale.quantity, title: pick(sale.title), amount }), { kind: "sale", icon: "shopping-bag" });
    if (this.onStage) setText(this.lastSaleTarget, t("last_sale", { amount }));
  }

  /** @param {{state: string, before: string}} detail */
  lineChanged({ state, before }) {
    this.composer.setLine(state);
    this.setCheck("connection", state === "connected" ? true : state === "connecting" ? null : false, t(state === "connected" ? "connected" : state === "connecting" ? "connecting" : "no_connection"));
    if (state === "connected" && before !== "connecting") announce(t("reconnected"));
    if (this.onStage) this.showAlarm(this.line.room);
    else this.alarm(state === "offline" || state === "reconnecting" ? t("reconnecting") : "");
    if (state !== "connected") return;
    this.composer.joined();
    this.questions.refresh();
  }

  /** Once a second: how long we are on air, how long the signal is gone. */
  tick() {
    const { stream } = this.line.room;
    if (stream.state === "live" && stream.live_at) {
      const seconds = Math.max(0, Math.floor((serverNow() - Date.parse(stream.live_at)) / 1000));
      setText(this.liveClockTarget, `${Math.floor(seconds / 3600) ? "" : "00:"}${clockText(seconds)}`);
    }
    if (this.onStage && stream.away_since) this.showAlarm(this.line.room);
  }

  // On air.

  /** @param {{camera: string, width: number, height: number}|null} ready */
  cameraReady(ready) {
    if (!ready) {
      this.setCheck("camera", false, this.problemTarget.querySelector("[data-problem-title]")?.textContent ?? "");
      this.setCheck("microphone", false, t("say_something"));
      return;
    }
    this.setCheck("camera", true, t("camera_words", { name: ready.camera, width: ready.width, height: ready.height }));
    setText(this.formatTarget, `${ready.width} × ${ready.height}`);
    // A quiet room is no fault: an open microphone passes, being heard says so.
    this.setCheck("microphone", true, this.camera?.heard ? t("heard") : t("say_something"));
    this.showAlarm(this.line.room);
  }

  /** @param {string} key @param {boolean|null} passed @param {string} words */
  setCheck(key, passed, words) {
    const row = /** @type {HTMLElement|null} */ (this.element.querySelector(`[data-check="${key}"]`));
    if (!row) return;
    row.dataset.passed = passed === null ? "" : passed ? "yes" : "no";
    setText(row.querySelector("[data-check-words]"), words);
    this.countChecks();
  }

  countChecks() {
    const rows = /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll("[data-check]")]);
    const passed = rows.filter((row) => row.dataset.passed === "yes").length;
    const ready = REQUIRED.every((key) => rows.find((row) => row.dataset.check === key)?.dataset.passed === "yes");
    setText(this.checkCountTarget, t("check_count", { passed, total: rows.length }));
    this.checkMeterTarget.max = rows.length;
    this.checkMeterTarget.value = passed;
    setText(this.checkWordsTarget, ready ? t("all_passed") : t("not_ready"));
    this.goButtonTarget.disabled = !ready;
  }

  /** Three, two, one; Cancel stops it. */
  goLive() {
    let left = 3;
    setText(this.countNumberTarget, String(left));
    this.countDialogTarget.showModal();
    clearInterval(this.counting);
    this.counting = setInterval(() => {
      left -= 1;
      if (left > 0) return setText(this.countNumberTarget, String(left));
      this.countDialogTarget.close();
      this.startShow();
    }, 800);
  }

  async startShow() {
    try {
      this.goButtonTarget.disabled = true;
      await this.line.send("stream.start", { stream_id: this.page.stream_id });
      this.camera?.start();
      this.keepAwake();
      announce(t("you_are_live"));
    } catch (error) {
      toast(/** @type {Error} */ (error).message || t("generic_error"));
    } finally {
      this.countChecks();
    }
  }

  /** @param {string} state */
  airChanged(state) {
    /** @type {HTMLElement} */ (this.element).dataset.air = state;
    setText(this.connectionTarget, t(`state_${state}`));
    this.showAlarm(this.line.room);
  }

  /** @param {{bitsPerSecond: number, buffered: number}} detail */
  showBitrate({ bitsPerSecond, buffered }) {
    const number = new Intl.NumberFormat(locale(), { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(bitsPerSecond / 1e6);
    setText(this.bitrateTarget, `${number} Mbps`);
    if (this.camera?.publisher.state === "live") setText(this.connectionTarget, t(buffered > 300_000 ? "state_slow" : "state_live"));
  }

  /** @param {string} code */
  refusedOnAir(code) {
    const known = ["taken_over", "kicked", "ended", "quota"].includes(code) ? code : "other";
    this.finalWords = t(`final_${known}`);
    this.showAlarm(this.line.room);
  }

  /** What the red bar says, if anything. @param {any} room */
  showAlarm(room) {
    if (!this.onStage || !this.camera) return;
    const live = room.stream.state === "live";
    const sending = this.camera.isSending;
    if (sending) this.finalWords = "";
    let words = "";
    if (this.line.state === "offline" || this.line.state === "reconnecting") words = t("reconnecting");
    else if (live && room.stream.away_since) words = t("signal_lost", { seconds: Math.max(0, Math.floor((serverNow() - Date.parse(room.stream.away_since)) / 1000)) });
    else if (live && this.finalWords) words = this.finalWords;
    else if (live && !sending) words = room.stream.host_present ? t("elsewhere") : t("not_sending");
    this.alarm(words, words === t("elsewhere") ? "info" : "");
    this.resumeTarget.hidden = !live || sending || !this.camera.hasPicture;
  }

  /** @param {string} words @param {string} [kind] info where nothing is wrong */
  alarm(words, kind = "") {
    this.alarmTarget.hidden = !words;
    this.alarmTarget.dataset.kind = kind;
    setText(this.alarmTarget.querySelector("[data-alarm-words]"), words);
  }

  resume() {
    this.camera?.start();
    this.keepAwake();
    this.showAlarm(this.line.room);
  }

  async keepAwake() {
    if (!this.camera?.isSending || !("wakeLock" in navigator)) return;
    try {
      this.wakeLock = await navigator.wakeLock.request("screen");
    } catch {
      this.wakeLock = null; // Saving power forbids it; the stream goes on all the same.
    }
  }

  /** @param {BeforeUnloadEvent} event */
  leaving = (event) => {
    if (this.camera?.isSending && !this.ending) event.preventDefault();
  };

  /** @param {Event} event */
  async end(event) {
    if (this.ending) return;
    event.preventDefault();
    this.ending = true;
    const button = /** @type {HTMLButtonElement|null} */ (this.endFormTarget.querySelector(".studio__end"));
    if (button) button.disabled = true;
    try {
      await Promise.race([this.camera?.stop(), new Promise((done) => setTimeout(done, 3000))]);
    } finally {
      this.endFormTarget.submit();
    }
  }

  // Pins.

  /** @param {string|undefined} itemId */
  async pinItem(itemId) {
    const item = this.line.room.items.find((/** @type {any} */ each) => each.item_id === itemId);
    if (!item || item.state === "pinned" || item.left === 0 || this.line.room.stream.state !== "live") return;
    const row = this.element.querySelector(`[data-item="${CSS.escape(item.item_id)}"] .it__pin`);
    row?.setAttribute("aria-busy", "true");
    const done = await this.command("pin.add", { item_id: item.item_id });
    row?.removeAttribute("aria-busy");
    if (!done) return;
    const words = t("pinned", { title: pick(item.title) });
    announce(words);
    toast(words, { action: t("undo"), seconds: UNDO_SECONDS, onAction: () => this.command("pin.undo", { pin_id: done.pin_id }) });
  }

  pinNext() {
    this.pinItem(nextItem(this.line.room.items)?.item_id);
  }

  async unpin() {
    const { pin } = this.line.room;
    if (pin && (await this.command("pin.remove", { pin_id: pin.pin_id }))) announce(t("unpinned"));
  }

  async extend() {
    const { pin } = this.line.room;
    if (pin?.ends_at && (await this.command("pin.extend", { pin_id: pin.pin_id, seconds: MORE_SECONDS }))) toast(t("extended"));
  }

  /** Sends a command about this room; tells what was refused. @param {string} name @param {Record<string, any>} payload @returns {Promise<any>} */
  async command(name, payload) {
    try {
      return (await this.line.send(name, { room_id: this.line.roomId, ...payload })) ?? {};
    } catch (error) {
      toast(/** @type {Error} */ (error).message || t("generic_error"));
      return null;
    }
  }

  // Chat and moderation.

  /** @param {string} text @param {string} key */
  async post(text, key) {
    const replyTo = this.replyTo?.message_id;
    this.dropReply();
    return this.line.send("chat.post", { room_id: this.line.roomId, text, client_key: key, ...(replyTo ? { reply_to_id: replyTo } : {}) });
  }

  /** @param {string} text @param {string} key */
  ownMessage(text, key) {
    const { me } = this.line.room;
    return { message_id: "", account_id: me.account_id, author: me.name, role: me.role, text, at: new Date(serverNow()).toISOString(), reply_to: this.replyTo ?? null, client_key: key };
  }

  /** @param {HTMLElement} row @param {any} message */
  addTools(row, message) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("message-tools"));
    const tools = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
    if (message.account_id === this.line?.room.me.account_id) tools.querySelector('[data-message-act="person"]')?.remove();
    if (message.role) tools.querySelector('[data-message-act="question"]')?.remove(); // The crew answers, it does not ask.
    row.append(tools);
  }

  /** @param {string} act @param {HTMLElement} row */
  async messageAct(act, row) {
    const message = { message_id: row.dataset.message ?? "", author: row.querySelector(".msg__author")?.textContent ?? "", text: row.querySelector(".msg__text")?.textContent ?? "" };
    if (act === "reply") this.startReply(message);
    if (act === "question" && message.message_id && (await this.command("question.take", { message_id: message.message_id }))) toast(t("question_taken"));
    if (act === "person") this.openPerson(row.dataset.account ?? "", message.author);
    if (act === "remove" && message.message_id && (await this.command("chat.remove", { message_id: message.message_id }))) toast(t("removed"));
  }

  /** @param {{message_id: string, author: string, text: string}} message */
  startReply(message) {
    this.replyTo = message;
    this.replyTarget.hidden = false;
    setText(this.replyTarget.querySelector("[data-reply-words]"), t("replying", { name: message.author, text: message.text }));
    this.inputTarget.focus();
  }

  dropReply() {
    this.replyTo = undefined;
    this.replyTarget.hidden = true;
  }

  /** @param {string} accountId @param {string} name */
  openPerson(accountId, name) {
    this.personId = accountId;
    setText(this.personNameTarget, name);
    this.personTarget.showModal();
  }

  /** @param {string} act mute, ban or unmute */
  async personAct(act) {
    const payload = { account_id: this.personId, ...(act === "mute" ? { seconds: 300 } : {}) };
    const done = await this.command(`chat.${act}`, payload);
    if (done && act === "unmute") await this.command("chat.unban", { account_id: this.personId });
    this.personTarget.close();
    if (done) toast(t({ mute: "muted", ban: "banned", unmute: "unmuted" }[act] ?? "set"));
  }

  /** @param {Event} event */
  async settingsSent(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const data = new FormData(form);
    const done =
      form.dataset.studioForm === "slow"
        ? await this.command("room.slow_mode", { seconds: Number(data.get("seconds")) })
        : await this.command("room.notice", { text: String(data.get("text")).trim() });
    if (done) form.closest("dialog")?.close();
  }

  // What people do.

  /** @param {Element} target */
  clicked(target) {
    const act = target.closest("[data-studio-act]");
    if (act) return this.act(act.getAttribute("data-studio-act") ?? "", act);
    const message = target.closest("[data-message-act]");
    const row = /** @type {HTMLElement|null} */ (message?.closest("[data-message]") ?? null);
    if (message && row) return this.messageAct(message.getAttribute("data-message-act") ?? "", row);
    const person = target.closest("[data-person]");
    if (person) this.personAct(person.getAttribute("data-person") ?? "");
    if (target.closest('[data-dialog-open="end-dialog"]')) setText(this.endTitleTarget, tn("end", this.watchingNow ?? 0, { count: count(this.watchingNow ?? 0, locale()) }));
  }

  /** @param {string} name @param {Element} element */
  act(name, element) {
    const acts = {
      goLive: () => this.goLive(), openCamera: () => this.camera?.open(), resume: () => this.resume(), mute: () => this.toggleMute(), cameraOff: () => this.toggleCamera(),
      toggleGuide: () => this.toggleGuide(), pin: () => this.pinItem(element.closest("[data-item]")?.getAttribute("data-item") ?? undefined),
      unpin: () => this.unpin(), extend: () => this.extend(), toEnd: () => this.chat.toEnd(), dropReply: () => this.dropReply(), share: () => this.shareDialogTarget.showModal(),
      copyLink: () => this.copyLink(), sideChat: () => this.side("chat"), sideQuestions: () => this.side("questions"),
    };
    acts[/** @type {keyof typeof acts} */ (name)]?.();
  }

  toggleMute() {
    const muted = this.muteButtonTarget.getAttribute("aria-pressed") !== "true";
    this.muteButtonTarget.setAttribute("aria-pressed", String(muted));
    this.camera?.setMuted(muted);
  }

  toggleCamera() {
    const off = this.cameraButtonTarget.getAttribute("aria-pressed") !== "true";
    this.cameraButtonTarget.setAttribute("aria-pressed", String(off));
    this.camera?.setCameraOff(off);
  }

  toggleGuide() {
    const shown = this.guideTarget.hidden;
    this.guideTarget.hidden = !shown;
    this.guideButtonTarget.setAttribute("aria-pressed", String(shown));
  }

  async copyLink() {
    const field = /** @type {HTMLInputElement} */ (document.getElementById("share-link"));
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // Without a secure origin there is no clipboard interface; the selection still copies.
    }
    this.shareDialogTarget.close();
    toast(t("link_copied"));
  }
}
