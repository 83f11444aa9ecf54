// The server's clock, seen from here: deadlines are its, not the phone's.

let offset = 0;

/** Learn the offset from an instant the server just wrote. @param {string} serverNow */
export function learn(serverNow) {
  const server = Date.parse(serverNow);
  if (Number.isFinite(server)) offset = server - Date.now();
}

/** Milliseconds since the epoch on the server's clock. */
export function serverNow() {
  return Date.now() + offset;
}

/** Seconds until an instant on the server's clock; negative when it passed. @param {string} iso */
export function secondsUntil(iso) {
  return (Date.parse(iso) - serverNow()) / 1000;
}
