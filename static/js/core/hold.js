// How far a press that is held has come: pure, so that it can be tested without a browser.

export const HOLD_MS = 1200;

/** Share of the hold that has passed, 0 to 1. @param {number} startedAt @param {number} now @param {number} [length] */
export function progress(startedAt, now, length = HOLD_MS) {
  return Math.min(1, Math.max(0, (now - startedAt) / length));
}

/** Whole seconds that are still to hold, for readers who switched motion off. @param {number} share @param {number} [length] */
export function secondsLeft(share, length = HOLD_MS) {
  return Math.ceil(((1 - share) * length) / 1000);
}
