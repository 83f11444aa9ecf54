// The room as the browser knows it: a snapshot plus the state events after it. Pure, so that it can be tested:
// snapshot + event = the snapshot that the server would send now.

/** @typedef {{amount: number, currency: string}} Money */
/** @typedef {{sku: string, variant_id: string, label: any, left: number, price: Money}} Variant */
/**
 * @typedef {{pin_id: string, item_id: string, product_id: string, slug: string, title: Record<string, string>,
 *   image_url: string, price: Money, struck: Money|null, percent: number, ends_at: string|null, left: number,
 *   total: number, show_stock: boolean, sold_out: boolean, variants: Variant[], note: string}} Pin
 */
/**
 * @typedef {{item_id: string, product_id: string, slug: string, title: Record<string, string>, image_url: string,
 *   price: Money, state: string, shown_at_seconds: number|null, left: number}} Item
 */
/**
 * @typedef {{message_id: string, account_id: string, author: string, role: string, text: string, at: string,
 *   reply_to: {message_id: string, author: string, text: string}|null, client_key: string}} Message
 */
/** @typedef {Record<string, any>} Snapshot */
/** @typedef {{name: string, payload: Record<string, any>}} RoomEvent */

export const KEPT_MESSAGES = 150;
const STATE_EVENTS = new Set([
  "stream.started", "stream.ended", "host.left", "host.returned", "pin.added", "pin.removed", "pin.extended", "price.ended",
  "price.changed", "stock.changed", "product.sold_out", "chat.removed", "chat.cleared", "chat.slow_mode_changed", "room.notice_changed",
  "line_up.changed", "video.started",
]);

/** Stock is shown when it is really scarce: a quarter or less, or twenty pieces or fewer. @param {number} left @param {number} total */
export function showsStock(left, total) {
  return left <= 20 || left * 4 <= total;
}

/**
 * What to do with an event that just arrived: "apply" it, drop an "old" one, or fetch the snapshot because of a "gap".
 * @param {Snapshot} state @param {RoomEvent} event
 */
export function judge(state, event) {
  if (event.payload.room_id && event.payload.room_id !== state.room_id) return "old";
  if (event.payload.epoch && event.payload.epoch !== state.epoch) return "gap";
  if (typeof event.payload.seq !== "number") return "apply";
  if (event.payload.seq <= state.seq) return "old";
  return event.payload.seq === state.seq + 1 ? "apply" : "gap";
}

/** @param {RoomEvent} event */
export function isState(event) {
  return STATE_EVENTS.has(event.name);
}

/**
 * The room after an event. Never changes its argument.
 * @param {Snapshot} state @param {RoomEvent} event @returns {Snapshot}
 */
export function reduce(state, event) {
  const change = CHANGES[event.name];
  const next = change ? { ...state, ...change(state, event.payload) } : state;
  return typeof event.payload.seq === "number" ? { ...next, seq: event.payload.seq } : next;
}

/** @type {Record<string, (state: Snapshot, payload: Record<string, any>) => Partial<Snapshot>>} */
const CHANGES = {
  "stream.started": (state, { live_at }) => ({ stream: { ...state.stream, state: "live", live_at, host_present: true } }),
  "stream.ended": (state, { ended_at, replay_url }) => ({
    stream: { ...state.stream, state: "ended", ended_at, replay_url, host_present: false },
    ...withoutPin(state),
  }),
  "host.left": (state, { since }) => ({ stream: { ...state.stream, host_present: false, away_since: since } }),
  "host.returned": (state) => ({ stream: { ...state.stream, host_present: true, away_since: null } }),
  "pin.added": (state, { pin, html, shown_at_seconds }) => ({
    pin,
    pin_html: html,
    items: arrange(shownAt(state.items, pin.item_id, shown_at_seconds), pin),
  }),
  "pin.removed": (state, { pin_id, item_id, shown_at_seconds }) => {
    const items = shownAt(state.items, item_id, shown_at_seconds);
    return !state.pin || state.pin.pin_id === pin_id ? withoutPin({ ...state, items }) : { items: arrange(items, state.pin) };
  },
  "pin.extended": (state, { pin_id, ends_at }) => onPin(state, pin_id, (pin) => ({ ...pin, ends_at })),
  "price.ended": (state, payload) => repriced(state, payload),
  "price.changed": (state, payload) => repriced(state, payload),
  "stock.changed": (state, payload) => restocked(state, payload),
  "product.sold_out": (state, { product_id }) => ({
    ...onProduct(state, product_id, (pin) => ({ ...pin, left: 0, sold_out: true, show_stock: true, variants: pin.variants.map((v) => ({ ...v, left: 0 })) })),
    items: arrange(state.items.map((/** @type {Item} */ item) => (item.product_id === product_id ? { ...item, left: 0 } : item)), state.pin),
  }),
  "chat.posted": (state, { message }) => ({ messages: append(state.messages, message) }),
  "chat.removed": (state, { message_id }) => ({ messages: state.messages.filter((/** @type {Message} */ m) => m.message_id !== message_id) }),
  "chat.cleared": (state, { account_id }) => ({ messages: state.messages.filter((/** @type {Message} */ m) => m.account_id !== account_id) }),
  "chat.slow_mode_changed": (_state, { seconds }) => ({ slow_mode_seconds: seconds }),
  "room.notice_changed": (_state, { text }) => ({ notice: text }),
  "viewers.counted": (_state, { count }) => ({ viewers: count }),
  "reaction.counted": (_state, { hearts }) => ({ hearts }),
};

/** @param {Snapshot} state */
function withoutPin(state) {
  return { pin: null, pin_html: null, items: arrange(state.items, null) };
}

/** @param {Snapshot} state @param {string} pinId @param {(pin: Pin) => Pin} change */
function onPin(state, pinId, change) {
  return state.pin?.pin_id === pinId ? { pin: change(state.pin) } : {};
}

/** @param {Snapshot} state @param {string} productId @param {(pin: Pin) => Pin} change */
function onProduct(state, productId, change) {
  return state.pin?.product_id === productId ? { pin: change(state.pin) } : {};
}

/** @param {Item[]} items @param {string} itemId @param {number|null|undefined} second */
function shownAt(items, itemId, second) {
  return items.map((item) => (item.item_id === itemId ? { ...item, shown_at_seconds: second ?? null } : item));
}

/** A price changed or a live price ended: the event carries the card as it is now. @param {Snapshot} state @param {Record<string, any>} payload */
function repriced(state, { product_id, price, pin, html }) {
  const items = state.items.map((/** @type {Item} */ item) => (item.product_id === product_id ? { ...item, price } : item));
  return pin && state.pin?.pin_id === pin.pin_id ? { items, pin, pin_html: html } : { items };
}

/** @param {Snapshot} state @param {Record<string, any>} payload */
function restocked(state, { product_id, left, total, variants }) {
  const bySku = new Map((variants ?? []).map((/** @type {Variant} */ variant) => [variant.sku, variant.left]));
  const items = state.items.map((/** @type {Item} */ item) => (item.product_id === product_id ? { ...item, left } : item));
  return {
    ...onProduct(state, product_id, (pin) => ({
      ...pin,
      left,
      total,
      sold_out: left === 0,
      show_stock: showsStock(left, total),
      variants: pin.variants.map((variant) => ({ ...variant, left: bySku.get(variant.sku) ?? variant.left })),
    })),
    items: arrange(items, state.pin),
  };
}

/**
 * The run of show with the word for each place: pinned, sold_out, shown, next (the first that is left), later.
 * @param {Item[]} items @param {Pin|null} pin
 * @returns {Item[]}
 */
export function arrange(items, pin) {
  let nextTaken = false;
  return items.map((item) => {
    if (pin && item.item_id === pin.item_id) return { ...item, state: "pinned" };
    if (item.left === 0) return { ...item, state: "sold_out" };
    if (item.shown_at_seconds !== null) return { ...item, state: "shown" };
    if (nextTaken) return { ...item, state: "later" };
    nextTaken = true;
    return { ...item, state: "next" };
  });
}

/** @param {Message[]} messages @param {Message} message */
function append(messages, message) {
  if (messages.some((known) => known.message_id === message.message_id)) return messages;
  return [...messages, message].slice(-KEPT_MESSAGES);
}
