// Where a sheet that was dragged comes to rest: pure, so that it can be tested without a browser.

/**
 * @param {number} distance pixels below where the drag began (negative is up)
 * @param {number} height of the sheet in pixels
 * @param {number} speed pixels per millisecond, positive is down
 * @returns {"close"|"tall"|"stay"}
 */
export function settle(distance, height, speed) {
  if (speed > 0.6 || distance > height * 0.3) return "close";
  if (speed < -0.4 || distance < -40) return "tall";
  return "stay";
}
