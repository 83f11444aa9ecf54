// How long people wait before they may write again.

/** Whole seconds until an instant on the server's clock, never less than zero. @param {number} until @param {number} now */
export function secondsLeft(until, now) {
  return Math.max(0, Math.ceil((until - now) / 1000));
}
