// Where we are in a recording: which chapter, which messages. Pure, so that it can be tested without a video.

/** Index of the chapter that holds at a second; -1 before the first. @param {{at: number}[]} chapters @param {number} seconds */
export function chapterAt(chapters, seconds) {
  let found = -1;
  chapters.forEach((chapter, index) => {
    if (chapter.at <= seconds + 0.5) found = index;
  });
  return found;
}

/** The last messages said up to a second. @template T @param {(T & {at: number})[]} messages @param {number} seconds @param {number} [most] */
export function messagesUntil(messages, seconds, most = 40) {
  const end = messages.findIndex((said) => said.at > seconds);
  const said = end === -1 ? messages : messages.slice(0, end);
  return said.slice(-most);
}

/** 362 → 6:02. @param {number} seconds */
export function moment(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
