// Parts that the server draws anew while somebody may be using them.

/** Runs a task one at a time for each key; asked for again meanwhile, it runs once more, so that the last word counts. */
export class OneAtATime {
  /** @param {(key: string) => Promise<void>} task */
  constructor(task) {
    this.task = task;
    /** @type {Map<string, boolean>} */
    this.running = new Map();
  }

  /** @param {string} key */
  async run(key) {
    if (this.running.has(key)) {
      this.running.set(key, true);
      return;
    }
    try {
      do {
        this.running.set(key, false);
        await this.task(key);
      } while (this.running.get(key));
    } finally {
      this.running.delete(key);
    }
  }
}

/**
 * Puts the fresh part in the place of the old one. What was opened and what was begun to be typed stays, but for forms
 * marked as sent ([data-sent]); the focus stays where it was, or goes to what the fresh part offers ([tabindex="-1"]).
 * @param {Element} old @param {Element} fresh
 */
export function replaceKeeping(old, fresh) {
  const active = old.contains(document.activeElement) ? document.activeElement : null;
  for (const details of old.querySelectorAll("details[open]:not(:has([data-sent]))")) {
    fresh.querySelector(`details.${details.classList[0]}`)?.setAttribute("open", "");
  }
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (old.querySelectorAll("form:not([data-sent]) input[id]"))) {
    const same = /** @type {HTMLInputElement | null} */ (fresh.querySelector(`#${CSS.escape(field.id)}`));
    if (same && field.value !== field.defaultValue) same.value = field.value;
  }
  old.replaceWith(fresh);
  if (!active) return;
  const same = active.id && !active.closest("[data-sent]") ? fresh.querySelector(`#${CSS.escape(active.id)}`) : null;
  /** @type {HTMLElement | null} */ (same ?? fresh.querySelector("[tabindex='-1']"))?.focus({ preventScroll: true });
}
