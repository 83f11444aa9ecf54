// Says when the browser has no connection. The bag is on the server, so nothing in it is lost.
import { announce } from "./announce.js";
import { t } from "./i18n.js";

export function watchConnection() {
  const banner = document.getElementById("offline");
  if (!banner) return;
  const paint = () => (banner.hidden = navigator.onLine);
  addEventListener("offline", paint);
  addEventListener("online", () => {
    paint();
    announce(t("online_again"));
  });
  paint();
}
