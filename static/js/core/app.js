// Starts the page: one Stimulus application, controllers loaded when an element asks for one.
import { Application } from "stimulus";
import { installDialogs } from "./dialogs.js";
import { rememberZone } from "./zone.js";

/** Where each controller lives. @type {Record<string, () => Promise<{default: any}>>} */
const CONTROLLERS = {
  "buy-bar": () => import("../controllers/buy_bar.js"),
  confirm: () => import("../controllers/confirm.js"),
  countdown: () => import("../controllers/countdown.js"),
  drawer: () => import("../controllers/drawer.js"),
  gallery: () => import("../controllers/gallery.js"),
  "kept-text": () => import("../controllers/kept_text.js"),
  password: () => import("../controllers/password.js"),
  poll: () => import("../controllers/poll.js"),
  home: () => import("../controllers/home.js"),
  replay: () => import("../controllers/replay.js"),
  room: () => import("../controllers/room.js"),
  reorder: () => import("../controllers/reorder.js"),
  savebar: () => import("../controllers/savebar.js"),
  studio: () => import("../controllers/studio.js"),
  toast: () => import("../controllers/toast.js"),
  "variant-picker": () => import("../controllers/variant_picker.js"),
};

const application = Application.start();
const loaded = new Set();

/** @param {ParentNode} root */
function load(root) {
  for (const element of root.querySelectorAll("[data-controller]")) {
    for (const name of (element.getAttribute("data-controller") ?? "").split(/\s+/)) {
      if (loaded.has(name) || !(name in CONTROLLERS)) continue;
      loaded.add(name);
      CONTROLLERS[name]().then((module) => application.register(name, module.default));
    }
  }
}

load(document);
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) if (node instanceof Element && node.parentNode) load(node.parentNode);
  }
}).observe(document.body, { childList: true, subtree: true });
installDialogs();
rememberZone();
document.documentElement.classList.add("js");
