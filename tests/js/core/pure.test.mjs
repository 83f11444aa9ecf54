// The logic of the script base that needs no browser.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { summary } from "../../../static/js/core/changes.js";
import { learn, secondsUntil, serverNow } from "../../../static/js/core/clock.js";
import { settle } from "../../../static/js/core/drag.js";
import { clockText, count, money } from "../../../static/js/core/format.js";
import { HOLD_MS, progress, secondsLeft } from "../../../static/js/core/hold.js";
import { fill } from "../../../static/js/core/i18n.js";
import { matches, plain } from "../../../static/js/core/search.js";

describe("format", () => {
  it("writes amounts the way the server does", () => {
    assert.equal(money({ amount: 8900, currency: "EUR" }, "en"), "€89.00");
    assert.equal(money({ amount: 8900, currency: "EUR" }, "it"), "89,00\u00a0€");
    assert.equal(money({ amount: 1200, currency: "JPY" }, "en"), "¥1,200");
  });
  it("groups Italian thousands that have four digits", () => {
    assert.equal(money({ amount: 128400, currency: "EUR" }, "it"), "1.284,00\u00a0€");
    assert.equal(count(1284, "it"), "1.284");
  });
  it("writes counts in full up to 99,999 and then in thousands, never rounded up", () => {
    assert.equal(count(99999, "en"), "99,999");
    assert.equal(count(128999, "en"), "128K");
    assert.equal(count(128999, "it"), "128 mila");
  });
  it("writes what is left of a countdown", () => {
    assert.equal(clockText(272), "04:32");
    assert.equal(clockText(0.2), "00:01");
    assert.equal(clockText(-5), "00:00");
    assert.equal(clockText(3725), "1:02:05");
  });
});

describe("clock", () => {
  it("counts on the server's clock, not on the phone's", () => {
    learn(new Date(Date.now() + 3600_000).toISOString());
    assert.ok(Math.abs(serverNow() - Date.now() - 3600_000) < 50);
    assert.ok(Math.abs(secondsUntil(new Date(Date.now() + 3660_000).toISOString()) - 60) < 1);
  });
  it("keeps its offset when the server's time is unreadable", () => {
    const before = serverNow() - Date.now();
    learn("soon");
    assert.ok(Math.abs(serverNow() - Date.now() - before) < 50);
  });
});

describe("strings", () => {
  it("fills placeholders and leaves unknown ones", () => {
    assert.equal(fill("%(left)s left of %(total)s", { left: 7 }), "7 left of %(total)s");
  });
});

describe("sheet", () => {
  it("closes after a third of its height or a quick swipe", () => {
    assert.equal(settle(200, 500, 0.1), "close");
    assert.equal(settle(20, 500, 0.9), "close");
  });
  it("grows when dragged up and stays after a small move", () => {
    assert.equal(settle(-60, 500, 0), "tall");
    assert.equal(settle(10, 500, -0.6), "tall");
    assert.equal(settle(10, 500, 0.1), "stay");
  });
});

describe("press and hold", () => {
  it("is complete after 1.2 seconds and not before", () => {
    assert.equal(progress(1000, 1000 + HOLD_MS - 1) < 1, true);
    assert.equal(progress(1000, 1000 + HOLD_MS), 1);
    assert.equal(progress(1000, 500), 0);
  });
  it("counts whole seconds down", () => {
    assert.equal(secondsLeft(0), 2);
    assert.equal(secondsLeft(0.5), 1);
    assert.equal(secondsLeft(1), 0);
  });
});

describe("filter", () => {
  it("finds words in any order, without accents or capitals", () => {
    assert.equal(matches("Caffè Moka, tre tazze", "tazze caffe"), true);
    assert.equal(matches("Passo Uno", "passo due"), false);
    assert.equal(matches("Passo Uno", "  "), true);
    assert.equal(plain("ÀÉ"), "ae");
  });
});

describe("save bar", () => {
  it("names two changes and counts the rest", () => {
    assert.deepEqual(summary(["Title", "Title", "Price", "Stock"]), { shown: "Title, Price", more: 1 });
    assert.deepEqual(summary([""]), { shown: "", more: 0 });
  });
});
