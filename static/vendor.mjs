// Copies what pages need from node_modules into static/vendor/ (not committed), builds the icon sprite and joins the
// component styles into one sheet per page family. No bundler: the copied files are the packages' own.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const STATIC = dirname(fileURLToPath(import.meta.url));
const PACKAGES = join(STATIC, "..", "node_modules");
const VENDOR = join(STATIC, "vendor");

const FILES = {
  "js/socket.io.js": "socket.io-client/dist/socket.io.esm.min.js",
  "js/hls.js": "hls.js/dist/hls.light.min.mjs",
  "js/stimulus.js": "@hotwired/stimulus/dist/stimulus.js",
  "js/idiomorph.js": "idiomorph/dist/idiomorph.esm.js",
  // Reads QR codes where the browser cannot; loaded with the first scan. MIT or Apache-2.0.
  "js/qr/decode.js": "qr/decode.js",
  "js/qr/index.js": "qr/index.js",
  "fonts/figtree.woff2": "@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2",
  "fonts/figtree-ext.woff2": "@fontsource-variable/figtree/files/figtree-latin-ext-wght-normal.woff2",
  "fonts/bricolage.woff2": "@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2",
  "fonts/bricolage-ext.woff2": "@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-ext-wght-normal.woff2",
};

const BASE = ["layers.css", "reset.css", "fonts.css", "tokens.css", "base.css"];
const SHOP_COMPONENTS = readdirSync(join(STATIC, "css/components")).filter((name) => name.endsWith(".css")).sort();
const DASHBOARD = readdirSync(join(STATIC, "css/dashboard")).filter((name) => name.endsWith(".css")).sort();
// What the room needs of the components; the rest would only cost its budget.
const ROOM_COMPONENTS = [
  "avatar", "badge", "banner", "button", "callout", "card", "chip", "dialog", "empty-state", "field", "form", "frame",
  "icon-button", "item-number", "kbd", "layout", "light", "menu", "meter", "or", "price", "product-image", "quantity", "scrubber",
  "skeleton", "switch", "tabs", "toast", "totals",
].map((name) => `${name}.css`);

const SHEETS = {
  "shop.css": [...BASE, ...SHOP_COMPONENTS.map((name) => `components/${name}`), "utilities.css"],
  "room.css": [...BASE, ...SHOP_COMPONENTS.filter((name) => ROOM_COMPONENTS.includes(name)).map((name) => `components/${name}`), "utilities.css"],
  "dashboard.css": [
    ...BASE, ...SHOP_COMPONENTS.map((name) => `components/${name}`), ...DASHBOARD.map((name) => `dashboard/${name}`), "utilities.css",
  ],
};

/** @type {Record<string, string>} */
const manifest = {};

/** @param {string} name @param {Buffer|string} content */
function write(name, content) {
  const target = join(VENDOR, name);
  mkdirSync(dirname(target), { recursive: true });
  // A running server may read these files: each is replaced in one step, and untouched when nothing changed.
  if (!existsSync(target) || !readFileSync(target).equals(Buffer.from(content))) {
    writeFileSync(`${target}.new`, content);
    renameSync(`${target}.new`, target);
  }
  manifest[name] = createHash("sha256").update(content).digest("hex");
}

/** Every file below a folder, as paths relative to it. @param {string} folder @returns {string[]} */
function existing(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

/** Drops the source-map comment: the map is not shipped, and browsers would ask for it. @param {Buffer} content */
function withoutMap(content) {
  return content.toString("utf8").replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "\n");
}

/** Comments and needless space go; the source files stay readable. @param {string} css */
function squeeze(css) {
  return css.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\s+/g, " ").replace(/ ?([{};,]) ?/g, "$1").replace(/;}/g, "}").trim();
}

function sprite() {
  const names = readFileSync(join(STATIC, "icons.txt"), "utf8").split("\n").map((line) => line.trim()).filter(Boolean);
  const symbols = names.map((name) => {
    const svg = readFileSync(join(PACKAGES, "lucide-static/icons", `${name}.svg`), "utf8");
    const inner = svg.replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s+/g, " ").trim()}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

const before = new Set(existing(VENDOR));
for (const [name, source] of Object.entries(FILES)) {
  const content = readFileSync(join(PACKAGES, source));
  write(name, name.endsWith(".js") ? withoutMap(content) : content);
}
write("icons.svg", sprite());
for (const [name, parts] of Object.entries(SHEETS)) {
  write(`css/${name}`, parts.map((part) => squeeze(readFileSync(join(STATIC, "css", part), "utf8"))).join("\n"));
}
write("manifest.json", JSON.stringify(manifest, null, 2) + "\n");
for (const name of before) if (!(name in manifest)) rmSync(join(VENDOR, name));
