import assert from "node:assert/strict";
import { test } from "node:test";
import { arrange, judge, KEPT_MESSAGES, reduce, showsStock } from "../../../static/js/live/store.js";

const eur = (amount) => ({ amount, currency: "EUR" });
const pin = {
  pin_id: "pin_1", item_id: "item_1", product_id: "prod_1", slug: "passo-uno", title: { en: "Passo Uno", it: "Passo Uno" }, image_url: "",
  price: eur(8900), struck: eur(10900), percent: 18, ends_at: "2026-11-24T12:05:00Z", left: 7, total: 40, show_stock: true, sold_out: false,
  variants: [{ sku: "A-38", variant_id: "var_1", label: "38", left: 4, price: eur(8900) }, { sku: "A-39", variant_id: "var_2", label: "39", left: 3, price: eur(8900) }], note: "",
};
const item = (n, more = {}) => ({ item_id: `item_${n}`, product_id: `prod_${n}`, slug: `p-${n}`, title: {}, image_url: "", price: eur(10900), state: "later", shown_at_seconds: null, left: 10, ...more });
const message = (n, account = "acct_1") => ({ message_id: `msg_${n}`, account_id: account, author: "Giulia", role: "", text: `text ${n}`, at: "", reply_to: null, client_key: `k${n}` });

function room(more = {}) {
  return {
    room_id: "room_1", epoch: "e1", seq: 4, stream: { state: "live", host_present: true, live_at: "2026-11-24T12:00:00Z", ended_at: null },
    viewers: 3, hearts: 10, slow_mode_seconds: 0, notice: "", pin: null, pin_html: null, items: [item(1), item(2), item(3)], messages: [], ...more,
  };
}
const state = (name, payload, seq = 5) => ({ name, payload: { room_id: "room_1", epoch: "e1", seq, ...payload } });

test("an event that follows is applied, a repeated one is old, a jump or another epoch is a gap", () => {
  const here = room();
  assert.equal(judge(here, state("pin.removed", {}, 5)), "apply");
  assert.equal(judge(here, state("pin.removed", {}, 4)), "old");
  assert.equal(judge(here, state("pin.removed", {}, 7)), "gap");
  assert.equal(judge(here, state("pin.removed", { epoch: "e2" })), "gap");
  assert.equal(judge(here, state("pin.removed", { room_id: "room_2" })), "old");
  assert.equal(judge(here, { name: "viewers.counted", payload: { room_id: "room_1", count: 4 } }), "apply");
});

test("a state event moves seq and leaves its argument alone", () => {
  const before = room();
  const after = reduce(before, state("chat.slow_mode_changed", { seconds: 10 }));
  assert.equal(after.seq, 5);
  assert.equal(after.slow_mode_seconds, 10);
  assert.equal(before.slow_mode_seconds, 0);
});

test("a pin takes its place on the shelf, the one before was shown, the first left is next", () => {
  const first = reduce(room(), state("pin.added", { pin, html: { en: "<b>1</b>", it: "<b>1</b>" }, shown_at_seconds: 60 }));
  assert.deepEqual(first.items.map((i) => i.state), ["pinned", "next", "later"]);
  const second = reduce(first, state("pin.added", { pin: { ...pin, pin_id: "pin_2", item_id: "item_2", product_id: "prod_2" }, html: null, shown_at_seconds: 120 }, 6));
  assert.deepEqual(second.items.map((i) => i.state), ["shown", "pinned", "next"]);
  const gone = reduce(second, state("pin.removed", { pin_id: "pin_2", item_id: "item_2", shown_at_seconds: 120, undone: false }, 7));
  assert.equal(gone.pin, null);
  assert.deepEqual(gone.items.map((i) => i.state), ["shown", "shown", "next"]);
  const undone = reduce(second, state("pin.removed", { pin_id: "pin_2", item_id: "item_2", shown_at_seconds: null, undone: true }, 7));
  assert.deepEqual(undone.items.map((i) => i.state), ["shown", "next", "later"]);
});

test("the removal of an older pin does not take the newer one away", () => {
  const here = room({ pin });
  assert.equal(reduce(here, state("pin.removed", { pin_id: "pin_0" })).pin.pin_id, "pin_1");
});

test("stock changes the number, the variants and the shelf together", () => {
  const after = reduce(room({ pin }), state("stock.changed", { product_id: "prod_1", left: 6, total: 40, variants: [{ sku: "A-38", left: 3 }] }));
  assert.equal(after.pin.left, 6);
  assert.deepEqual(after.pin.variants.map((v) => v.left), [3, 3]);
  assert.equal(after.items[0].left, 6);
});

test("a sold out product keeps its pin and says so", () => {
  const after = reduce(room({ pin }), state("product.sold_out", { product_id: "prod_1" }));
  assert.equal(after.pin.sold_out, true);
  assert.deepEqual(after.pin.variants.map((v) => v.left), [0, 0]);
});

test("an ended live price is the normal price without strike and timer", () => {
  const after = reduce(room({ pin }), state("price.ended", { pin_id: "pin_1", product_id: "prod_1", price: eur(10900), variants: [], html: { en: "x", it: "y" }, pin: { ...pin, price: eur(10900), struck: null, ends_at: null } }));
  assert.deepEqual([after.pin.price, after.pin.struck, after.pin.ends_at], [eur(10900), null, null]);
});

test("a changed price changes card and shelf", () => {
  const after = reduce(room({ pin }), state("price.changed", { product_id: "prod_1", price: eur(8400), variants: [], pin: { ...pin, price: eur(8400) }, html: { en: "x", it: "y" } }));
  assert.deepEqual([after.pin.price, after.items[0].price], [eur(8400), eur(8400)]);
  assert.deepEqual(after.pin_html, { en: "x", it: "y" });
});

test("removed messages and those of a silenced person vanish", () => {
  const here = room({ messages: [message(1), message(2, "acct_2"), message(3)] });
  assert.deepEqual(reduce(here, state("chat.removed", { message_id: "msg_1" })).messages.map((m) => m.message_id), ["msg_2", "msg_3"]);
  assert.deepEqual(reduce(here, state("chat.cleared", { account_id: "acct_1" })).messages.map((m) => m.message_id), ["msg_2"]);
});

test("a message counts once and only the last hundred and fifty stay", () => {
  let here = room();
  for (let n = 0; n < KEPT_MESSAGES + 5; n++) here = reduce(here, { name: "chat.posted", payload: { message: message(n) } });
  here = reduce(here, { name: "chat.posted", payload: { message: message(KEPT_MESSAGES + 4) } });
  assert.equal(here.messages.length, KEPT_MESSAGES);
  assert.equal(here.messages[0].message_id, "msg_5");
});

test("the end takes the pin away and keeps the shelf", () => {
  const after = reduce(room({ pin }), state("stream.ended", { ended_at: "2026-11-24T13:00:00Z", replay_url: "/replay/x" }));
  assert.equal(after.stream.state, "ended");
  assert.equal(after.pin, null);
  assert.equal(after.items.length, 3);
});

test("host away and back", () => {
  const away = reduce(room(), state("host.left", { since: "2026-11-24T12:01:00Z" }));
  assert.equal(away.stream.host_present, false);
  assert.equal(reduce(away, state("host.returned", { away_seconds: 5 }, 6)).stream.host_present, true);
});

test("stock is shown at a quarter or at twenty pieces", () => {
  assert.deepEqual([showsStock(20, 500), showsStock(21, 84), showsStock(21, 80)], [true, true, false]);
});

test("a sold out row is never next", () => {
  assert.deepEqual(arrange([item(1, { left: 0 }), item(2)], null).map((i) => i.state), ["sold_out", "next"]);
});
