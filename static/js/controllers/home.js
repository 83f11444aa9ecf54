// Keeps viewer counts fresh every 15 seconds and says when a new stream began; the grid itself never moves.
import { Controller } from "stimulus";
import { count } from "../core/format.js";
import { locale, tn } from "../core/i18n.js";
import { toast } from "../core/toast.js";

export default class extends Controller {
  static values = { url: String };

  connect() {
    this.known = new Set([...this.element.querySelectorAll("[data-slug]")].map((card) => card.getAttribute("data-slug")));
    this.timer = setInterval(() => document.visibilityState === "visible" && this.refresh(), 15000);
  }

  disconnect() {
    clearInterval(this.timer);
  }

  async refresh() {
    const answer = await fetch(this.urlValue, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return;
    const { live } = await answer.json();
    for (const stream of live) {
      const place = this.element.querySelector(`[data-slug="${CSS.escape(stream.slug)}"] [data-live="viewers"]`);
      if (place) place.textContent = count(stream.viewers, locale());
    }
    const fresh = live.filter((/** @type {{slug: string}} */ stream) => !this.known.has(stream.slug));
    if (fresh.length) {
      for (const stream of fresh) this.known.add(stream.slug);
      toast(tn("new_streams", fresh.length), { action: tn("show_streams", fresh.length), onAction: () => location.reload(), seconds: 12 });
    }
  }
}
