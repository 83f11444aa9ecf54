// Messages that are not acknowledged yet, kept in this browser until they are: by person and thread, in their order.
// The client's key makes a second sending harmless, so whatever is unsure is sent again.

const LIMIT = 50;

export class Outbox {
  /** @param {string} person @param {string} thread @param {Storage} [storage] */
  constructor(person, thread, storage = localStorage) {
    this.name = `vetrina.outbox.${person}.${thread}`;
    this.storage = storage;
  }

  /** @returns {{key: string, text: string, reply?: string, cards?: string[]}[]} */
  all() {
    try {
      const found = JSON.parse(this.storage.getItem(this.name) ?? "[]");
      return Array.isArray(found) ? found.filter((one) => typeof one?.key === "string" && typeof one?.text === "string") : [];
    } catch {
      return []; // Not ours, or cut off.
    }
  }

  /** @param {{key: string, text: string, reply?: string, cards?: string[]}} message */
  add(message) {
    this.write([...this.all().filter((one) => one.key !== message.key), message].slice(-LIMIT));
  }

  /** @param {string} key */
  drop(key) {
    this.write(this.all().filter((one) => one.key !== key));
  }

  /** @param {object[]} messages */
  write(messages) {
    try {
      if (messages.length) this.storage.setItem(this.name, JSON.stringify(messages));
      else this.storage.removeItem(this.name);
    } catch {
      // A full or closed storage: the message is still on the screen and is sent from there.
    }
  }
}

/** A key for a new message. */
export function newKey() {
  return crypto.randomUUID ? crypto.randomUUID() : `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}
