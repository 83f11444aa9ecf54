// Starts the page: one Stimulus application, controllers loaded when an element asks for one.
import { Application } from "stimulus";
import { installDialogs } from "./dialogs.js";
import { watchConnection } from "./offline.js";
import { rememberZone } from "./zone.js";

/** Where each controller lives. @type {Record<string, () => Promise<{default: any}>>} */
const CONTROLLERS = {
  autosubmit: () => import("../controllers/autosubmit.js"),
  bell: () => import("../controllers/bell.js"),
  "buy-bar": () => import("../controllers/buy_bar.js"),
  "claims-desk": () => import("../controllers/claims_desk.js"),
  clip: () => import("../controllers/clip.js"),
  confirm: () => import("../controllers/confirm.js"),
  countdown: () => import("../controllers/countdown.js"),
  cover: () => import("../controllers/cover.js"),
  drawer: () => import("../controllers/drawer.js"),
  event: () => import("../controllers/event.js"),
  filter: () => import("../controllers/filter.js"),
  friends: () => import("../controllers/friends.js"),
  gallery: () => import("../controllers/gallery.js"),
  home: () => import("../controllers/home.js"),
  inbox: () => import("../controllers/inbox.js"),
  "inbox-keys": () => import("../controllers/inbox_keys.js"),
  "image-upload": () => import("../controllers/image_upload.js"),
  "kept-text": () => import("../controllers/kept_text.js"),
  "make-offer": () => import("../controllers/make_offer.js"),
  menu: () => import("../controllers/menu.js"),
  notices: () => import("../controllers/notices.js"),
  password: () => import("../controllers/password.js"),
  pay: () => import("../controllers/pay.js"),
  poll: () => import("../controllers/poll.js"),
  press: () => import("../controllers/press.js"),
  remind: () => import("../controllers/remind.js"),
  reorder: () => import("../controllers/reorder.js"),
  replay: () => import("../controllers/replay.js"),
  room: () => import("../controllers/room.js"),
  savebar: () => import("../controllers/savebar.js"),
  share: () => import("../controllers/share.js"),
  "share-sheet": () => import("../controllers/share_sheet.js"),
  sheet: () => import("../controllers/sheet.js"),
  studio: () => import("../controllers/studio.js"),
  tabs: () => import("../controllers/tabs.js"),
  thread: () => import("../controllers/thread.js"),
  threads: () => import("../controllers/threads.js"),
  "threads-badge": () => import("../controllers/threads_badge.js"),
  toast: () => import("../controllers/toast.js"),
  trim: () => import("../controllers/trim.js"),
  "variant-matrix": () => import("../controllers/variant_matrix.js"),
  "variant-picker": () => import("../controllers/variant_picker.js"),
};

const application = Application.start();
const loaded = new Set();

/** @param {Element} element */
function want(element) {
  for (const name of (element.getAttribute("data-controller") ?? "").split(/\s+/)) {
    if (loaded.has(name) || !(name in CONTROLLERS)) continue;
    loaded.add(name);
    CONTROLLERS[name]().then((module) => application.register(name, module.default));
  }
}

/** A chat adds rows all the time: only what came is looked at. @param {ParentNode} root */
function load(root) {
  if (root instanceof Element) want(root);
  for (const element of root.querySelectorAll("[data-controller]")) want(element);
}

load(document);
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) if (node instanceof Element) load(node);
  }
}).observe(document.body, { childList: true, subtree: true });
installDialogs();
rememberZone();
watchConnection();
document.documentElement.classList.add("js");
