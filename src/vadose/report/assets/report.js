/* The report's one script: it reads window.VADOSE_DATA and draws. Data reaches the page only as text nodes,
   attributes and pixels. Sections: tools, state, colour, figures, axes, charts, maps, portrait, pages. */
(() => {
"use strict";

const DATA = (window.VADOSE_DATA = window.VADOSE_DATA || {});
const SVG = "http://www.w3.org/2000/svg";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SCORE_NAMES = {
  overall_score: "Overall", bias_score: "Bias", rmse_score: "RMSE", seasonal_cycle_score: "Seasonal cycle",
  interannual_score: "Interannual", spatial_score: "Spatial", relationship_score: "Relationship",
  taylor_skill_score: "Taylor skill", bias: "Bias", rmse: "RMSE", crmse: "Centred RMSE", phase_shift: "Phase shift",
  period_mean: "Mean", reference_period_mean: "Reference mean", spatial_correlation: "R in space",
  spatial_std_ratio: "\u03c3 in space", temporal_correlation: "R in time", temporal_std_ratio: "\u03c3 in time",
};

/* ---- tools ---- */

function put(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else if (name === "style") node.style.cssText += value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== false) node.append(child);
  return node;
}
const el = (tag, attributes, ...children) => put(document.createElement(tag), attributes, children);
const sv = (tag, attributes, ...children) => put(document.createElementNS(SVG, tag), attributes, children);
const byId = (id) => document.getElementById(id);
const finite = (v) => typeof v === "number" && Number.isFinite(v);
const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
const title = (name) => SCORE_NAMES[name] || name.replace(/_/g, " ").replace(/^./, (c) => c.toUpperCase());
const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60) || "figure";
const at = (nested, ...path) => path.reduce((v, k) => (v === null || v === undefined ? null : v[k]), nested);

function fixed(value, digits = 2) {
  if (!finite(value)) return "\u2013";
  const text = Math.abs(value).toFixed(digits);
  return (value < 0 && Number(text) !== 0 ? "\u2212" : "") + text;
}
function short(value, digits = 3) {
  if (!finite(value)) return "\u2013";
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size < -4 || size > 5) return value.toExponential(digits - 1).replace("-", "\u2212").replace("e+", "e");
  return fixed(value, Math.max(0, digits - 1 - size));
}
const range = (low, high, digits = 2) => (finite(low) && finite(high) ? `${fixed(low, digits)}\u2013${fixed(high, digits)}` : "");
const SUPER = { "-": "\u207b", 0: "\u2070", 1: "\u00b9", 2: "\u00b2", 3: "\u00b3", 4: "\u2074" };
const niceUnits = (units) => (units || "").replace(/([A-Za-z])(-?\d+)/g, (_, a, n) => a + [...n].map((c) => SUPER[c] || c).join(""));
const unitText = (units) => (units ? ` (${niceUnits(units)})` : "");
const plain = (value) => String(Number(value.toPrecision(3)));
const median = (values) => {
  const sorted = values.filter(finite).sort((a, b) => a - b);
  return sorted.length ? (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2 : NaN;
};
const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}
function whole(text) {
  const b = bytes(text);
  const out = new Uint16Array(b.length >> 1);
  for (let i = 0; i < out.length; i++) out[i] = b[2 * i] | (b[2 * i + 1] << 8);
  return out;
}
function unpack(layer) {
  if (Array.isArray(layer)) return Float64Array.from(layer, (v) => (v === null ? NaN : v));
  const scale = (layer.max - layer.min) / 65000;
  return Float32Array.from(whole(layer.data), (v) => (v === 65535 ? NaN : layer.min + v * scale));
}

/** Loads data/KEY.js by a script tag, once. */
const loading = {};
function load(key) {
  if (DATA[key]) return Promise.resolve(DATA[key]);
  return (loading[key] ||= new Promise((resolve, reject) => {
    const script = el("script", { src: `data/${key.split("/").map(encodeURIComponent).join("/")}.js` });
    script.onload = () => resolve(DATA[key]);
    script.onerror = () => reject(new Error(`data/${key}.js is missing`));
    document.head.append(script);
  }));
}

/* ---- state: the part of a view that can be sent, kept in the fragment ---- */

const state = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
let redraw = () => {};
const figures = [];
const redrawFigures = () => figures.forEach((f) => f.draw());

function set(changes) {
  Object.assign(state, changes);
  for (const key of Object.keys(state)) if (state[key] === "" || state[key] === null || state[key] === undefined) delete state[key];
  const hash = `#${new URLSearchParams(state)}`;
  try { history.replaceState(null, "", hash); } catch { location.hash = hash; }
  redraw();
}
const head = () => DATA.head;
const regionIndex = () => Math.max(0, head().regions.findIndex((r) => r.name === state.region));
const modeName = () => (head().modes.includes(state.mode) ? state.mode : head().headline);
const modeIndex = () => Math.max(0, head().modes.indexOf(modeName()));
const modelIndex = () => head().models.findIndex((m) => m.name === state.model);
const link = (page, extra) => `${page}#${new URLSearchParams({ region: head().regions[regionIndex()].name, mode: modeName(), ...extra })}`;

function chooseTheme() {
  const stored = (() => { try { return localStorage.getItem("vadose-theme"); } catch { return null; } })();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = (theme) => {
    document.documentElement.dataset.theme = theme;
    const button = byId("theme");
    if (button) button.textContent = theme === "dark" ? "Light" : "Dark";
    if (button) button.setAttribute("aria-label", `Switch to ${theme === "dark" ? "light" : "dark"} colours`);
    redrawFigures();
  };
  let chosen = stored === "dark" || stored === "light" ? stored : null;
  apply(chosen || (dark.matches ? "dark" : "light"));
  dark.addEventListener("change", () => chosen || apply(dark.matches ? "dark" : "light"));
  return () => {
    apply(document.documentElement.dataset.theme);
    byId("theme").addEventListener("click", () => {
      chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
      try { localStorage.setItem("vadose-theme", chosen); } catch { /* private window: the choice lasts for this page */ }
      apply(chosen);
    });
  };
}

function select(label, options, value, onchange) {
  const node = el("select", { "aria-label": label, onchange: () => onchange(node.value) },
    options.map((o) => el("option", { value: o.value, text: o.label, selected: o.value === value })));
  const control = el("label", { class: "control" }, el("span", { text: label }), node);
  control.show = (v) => { node.value = v; };
  return control;
}
function segments(label, options, value, onchange) {
  const name = slug(label);
  const inputs = options.map((o) => el("input", { type: "radio", name, value: o.value, checked: o.value === value, onchange: () => onchange(o.value) }));
  const control = el("fieldset", { class: "control" }, el("legend", { text: label }),
    el("div", { class: "segments" }, inputs.map((input, k) => el("label", {}, input, el("span", { text: options[k].label })))));
  control.show = (v) => inputs.forEach((input) => { input.checked = input.value === v; });
  return control;
}
function check(label, value, onchange) {
  const input = el("input", { type: "checkbox", checked: value, onchange: () => onchange(input.checked) });
  return el("label", { class: "control check" }, input, label);
}
const regionOptions = () => head().regions.map((r) => ({ value: r.name, label: r.title }));
const modelOptions = () => head().models.map((m) => ({ value: m.name, label: m.mmem ? "Multi-model mean" : m.name }));
const regionControl = () => select("Region", regionOptions(), head().regions[regionIndex()].name, (v) => set({ region: v }));
const modeControl = () => head().modes.length > 1
  && segments("Mode", head().modes.map((m) => ({ value: m, label: m })), modeName(), (v) => set({ mode: v }));

/* ---- tooltip ---- */

const tip = {
  show(content, x, y) {
    const box = byId("tip");
    box.replaceChildren(...content);
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    const left = x + 16 + width > innerWidth - 8 ? x - width - 16 : x + 16;
    box.style.left = `${clamp(left, 8, Math.max(8, innerWidth - width - 8))}px`;
    box.style.top = `${clamp(y + 14 + height > innerHeight - 8 ? y - height - 14 : y + 14, 8, Math.max(8, innerHeight - height - 8))}px`;
  },
  hide() { byId("tip").hidden = true; },
};
function tipOn(node, content) {
  node.addEventListener("pointermove", (e) => tip.show(content(e), e.clientX, e.clientY));
  node.addEventListener("pointerleave", tip.hide);
  node.addEventListener("focus", (e) => {
    const r = node.getBoundingClientRect();
    tip.show(content(e), r.left + r.width / 2, r.bottom);
  });
  node.addEventListener("blur", tip.hide);
  return node;
}
const tipText = (strong, ...lines) => [el("strong", { text: strong }), ...lines.filter(Boolean).map((t) => el("span", { text: t, style: "display:block" }))];

/* ---- colour ---- */

const ANCHORS = {
  PuOr: "7f3b08b35806e08214fdb863fee0b6f7f7f7d8daebb2abd28073ac5427882d004b",
  BrBG: "5430058c510abf812ddfc27df6e8c3f5f5f5c7eae580cdc135978f01665e003c30",
  RdBu: "67001fb2182bd6604df4a582fddbc7f7f7f7d1e5f092c5de4393c32166ac053061",
  RdYlBu: "a50026d73027f46d43fdae61fee090ffffbfe0f3f8abd9e974add14575b4313695",
  YlGnBu: "ffffd9edf8b1c7e9b47fcdbb41b6c41d91c0225ea8253494081d58",
  YlOrBr: "ffffe5fff7bcfee391fec44ffe9929ec7014cc4c02993404662506",
  YlGn: "ffffe5f7fcb9d9f0a3addd8e78c67941ab5d238443006837004529",
  PuBuGn: "fff7fbece2f0d0d1e6a6bddb67a9cf3690c002818a016c59014636",
  PuBu: "fff7fbece7f2d0d1e6a6bddb74a9cf3690c00570b0045a8d023858",
  Reds: "fff5f0fee0d2fcbba1fc9272fb6a4aef3b2ccb181da50f1567000d",
  Greys: "f2f2f2dededec2c2c29e9e9e7878785656563a3a3a222222101010",
  viridis: "440154482475414487355f8d2a788e21918c22a88444bf707ad151bddf26fde725",
  twilight: "e2d9e2c4ced495b5c77297c16276ba5e51ad592a8f45135c2f14364a1342741e4f983550b25652c27c63cca389d8c7bee2d9e2",
};
const ramps = {};
function ramp(name) {
  const reverse = name.endsWith("_r");
  const key = reverse ? name.slice(0, -2) : name;
  if (ramps[name]) return ramps[name];
  const text = ANCHORS[key.replace("_shifted", "")] || ANCHORS.viridis;
  let stops = text.match(/.{6}/g).map((h) => [0, 2, 4].map((k) => parseInt(h.slice(k, k + 2), 16)));
  const middle = (stops.length - 1) / 2;
  if (key.endsWith("_shifted")) stops = [...stops.slice(middle), ...stops.slice(1, middle + 1)];
  if (reverse) stops.reverse();
  const table = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const x = (i / 255) * (stops.length - 1);
    const k = Math.min(stops.length - 2, Math.floor(x));
    for (let c = 0; c < 3; c++) table[3 * i + c] = Math.round(stops[k][c] + (x - k) * (stops[k + 1][c] - stops[k][c]));
  }
  return (ramps[name] = table);
}
function colour(name, t) {
  const table = ramp(name);
  const i = 3 * Math.round(255 * clamp(t, 0, 1));
  return [table[i], table[i + 1], table[i + 2]];
}
const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;
const hex = (rgb) => `#${rgb.map((v) => v.toString(16).padStart(2, "0")).join("")}`;
function onColour(rgb) {
  const [r, g, b] = rgb.map((v) => ((v / 255) <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.2 ? "#17191e" : "#ffffff";
}
const dark = () => document.documentElement.dataset.theme === "dark";
const familyOf = (model) => head().families[model.family] || { name: "", colour: "var(--ink)", mark: 0 };
const safeColour = (c) => (/^#[0-9a-f]{6}$/i.test(c) ? c : "currentcolor");

/* ---- figures: a caption, a drawing that follows its width, and downloads ---- */

let serial = 0;
const observer = new ResizeObserver((entries) => entries.forEach((e) => e.target.figure?.resize()));

function saveMenu(of) {
  const menu = el("details", { class: "save" }, el("summary", { text: "Save" }), el("div", {}, ["PNG", "SVG", "CSV"].map((kind) =>
    el("button", { type: "button", text: kind, onclick: () => { menu.open = false; save(kind, of()); } }))));
  return menu;
}
/** spec: title(), note(), draw(width) -> svg or null, csv() -> rows, empty: text when there is nothing. */
function figure(spec) {
  const name = el("h3");
  const note = el("p");
  const plot = el("div", { class: "plot" });
  const menu = saveMenu(() => self);
  const node = el("figure", { class: spec.class || "" }, el("figcaption", {}, name, menu, note), plot);
  const self = {
    node, spec, width: 0,
    draw() {
      self.width = plot.clientWidth;
      if (!self.width) return;
      const heading = spec.title();
      const finding = spec.note ? spec.note() : "";
      name.textContent = heading;
      note.textContent = finding;
      note.hidden = !finding;
      const svg = spec.draw(Math.max(150, self.width));
      if (svg) {
        svg.setAttribute("role", svg.querySelector("[tabindex]") ? "group" : "img");
        svg.setAttribute("aria-label", [heading, finding].filter(Boolean).join(". "));
      }
      menu.hidden = !svg;
      plot.replaceChildren(svg || el("p", { class: "empty", text: (typeof spec.empty === "function" ? spec.empty() : spec.empty) || "No data here." }));
    },
    resize() { if (plot.clientWidth !== self.width) self.draw(); },
  };
  plot.figure = self;
  node.figure = self;
  figures.push(self);
  observer.observe(plot);
  return node;
}
document.addEventListener("click", (e) => document.querySelectorAll("details.save[open]").forEach((d) => d.contains(e.target) || (d.open = false)));
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  tip.hide();
  document.querySelectorAll("details.save[open]").forEach((d) => { d.open = false; d.firstChild.focus(); });
});

const canvas = (width, height, attributes = {}) =>
  sv("svg", { width, height, viewBox: `0 0 ${width} ${height}`, xmlns: SVG, ...attributes });

const INLINE = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linejoin", "opacity", "font-size", "font-family", "font-weight", "text-anchor", "paint-order", "visibility"];

/** The SVG text of a figure in light colours, with every style written out, and its title above. */
function svgText(self) {
  const root = document.documentElement;
  const theme = root.dataset.theme;
  root.dataset.theme = "light";
  const host = el("div", { style: "position:absolute;left:-9999px;top:0" });
  document.body.append(host);
  const source = self.spec.draw(Math.max(640, self.width));
  host.append(source);
  const copy = source.cloneNode(true);
  const from = source.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((node, k) => {
    const style = getComputedStyle(from[k]);
    for (const name of INLINE) {
      const value = style.getPropertyValue(name);
      if (value && value !== "none" && value !== "auto" && !(name.endsWith("opacity") && value === "1")) node.setAttribute(name, value);
      else if (value === "none" && (name === "fill" || name === "stroke")) node.setAttribute(name, "none");
    }
    ["class", "style", "tabindex"].forEach((a) => node.removeAttribute(a));
  });
  const width = Number(source.getAttribute("width"));
  const height = Number(source.getAttribute("height"));
  const family = getComputedStyle(document.body).fontFamily;
  const paper = getComputedStyle(root).getPropertyValue("--raised").trim();
  host.remove();
  root.dataset.theme = theme;
  const lines = wrapped(self.spec.note ? self.spec.note() : "", Math.floor(width / 5.6));
  const top = 52 + 15 * Math.max(0, lines.length - 1);
  const out = canvas(width + 32, height + top + 20);
  const text = (y, size, fill, content, weight) => sv("text", { x: 16, y, "font-size": size, "font-family": family, "font-weight": weight, fill, text: content });
  copy.setAttribute("x", 16);
  copy.setAttribute("y", top);
  copy.setAttribute("overflow", "visible");
  ["class", "style", "role", "aria-label"].forEach((a) => copy.removeAttribute(a));
  out.append(sv("rect", { width: width + 32, height: height + top + 20, fill: paper }), text(24, 15, "#17191e", self.spec.title(), 600),
    ...lines.map((line, k) => text(41 + 15 * k, 11.5, "#5d636e", line)), copy);
  return { text: new XMLSerializer().serializeToString(out), width: width + 32, height: height + top + 20 };
}
/** A text in lines of at most so many letters. */
function wrapped(content, most) {
  const lines = [""];
  for (const word of content.split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + 1 + word.length > most) lines.push("");
    lines.push(`${lines.pop()} ${word.slice(0, most)}`.trim());
  }
  return lines;
}
function download(blob, name) {
  const anchor = el("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10000);
}
function csvText(rows) {
  const cell = (v) => {
    if (v === null || v === undefined || (typeof v === "number" && !Number.isFinite(v))) return "";
    const text = String(v);
    const safe = typeof v !== "number" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  return rows.map((r) => r.map(cell).join(",")).join("\n") + "\n";
}
function save(kind, self) {
  const name = slug([self.spec.title(), state.model, state.region].filter(Boolean).join(" "));
  if (kind === "CSV") return download(new Blob([csvText(self.spec.csv())], { type: "text/csv" }), `${name}.csv`);
  const { text, width, height } = svgText(self);
  if (kind === "SVG") return download(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`);
  const image = new Image();
  image.onload = () => {
    const board = el("canvas", { width: 2 * width, height: 2 * height });
    board.getContext("2d").drawImage(image, 0, 0, 2 * width, 2 * height);
    board.toBlob((blob) => download(blob, `${name}.png`), "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

/* ---- axes ---- */

function ticks(low, high, count = 5) {
  if (!(high > low)) return [low];
  const raw = (high - low) / count;
  const base = 10 ** Math.floor(Math.log10(raw));
  const step = base * [1, 2, 2.5, 5, 10].find((m) => m * base >= raw * 0.999);
  const out = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-6; v += step) out.push(Math.abs(v) < step * 1e-6 ? 0 : v);
  return out;
}
function tickText(values) {
  const step = values.length > 1 ? Math.abs(values[1] - values[0]) : Math.abs(values[0]) || 1;
  const digits = clamp(Math.ceil(-Math.log10(step) - 1e-9), 0, 8);
  const exact = values.every((v) => Math.abs(v - Number(v.toFixed(digits))) < step * 1e-3) ? digits : digits + 1;
  return values.map((v) => (step < 1e-5 ? short(v, 2) : fixed(v, exact)));
}
/** A frame with axes. box: {width, height, x: [lo, hi], y: [lo, hi], xTicks, xLabels, xLabel, yLabel, left}. */
function frame(box) {
  const yTicks = box.yTicks || ticks(...box.y, Math.max(2, Math.round(box.height / 55)));
  const labels = box.yLabels || tickText(yTicks);
  const left = box.left ?? 14 + 6.6 * Math.max(...labels.map((t) => t.length));
  const top = box.yLabel ? 22 : 8;
  const bottom = box.xLabel ? 40 : 24;
  const X = (v) => left + ((v - box.x[0]) / (box.x[1] - box.x[0])) * (box.width - left - 10);
  const Y = (v) => box.height - bottom - ((v - box.y[0]) / (box.y[1] - box.y[0])) * (box.height - bottom - top);
  const svg = canvas(box.width, box.height);
  yTicks.forEach((v, k) => svg.append(sv("path", { class: "gridline", d: `M${left} ${Y(v)}H${box.width - 10}` }),
    sv("text", { x: left - 7, y: Y(v) + 4, "text-anchor": "end", text: labels[k] })));
  const xTicks = box.xTicks || ticks(...box.x, Math.max(2, Math.round(box.width / 90)));
  const xLabels = box.xLabels || tickText(xTicks);
  xTicks.forEach((v, k) => svg.append(sv("path", { class: "axis", d: `M${X(v)} ${Y(box.y[0])}v4` }),
    sv("text", { x: X(v), y: Y(box.y[0]) + 17, "text-anchor": X(v) > box.width - 20 ? "end" : "middle", text: xLabels[k] })));
  svg.append(sv("path", { class: "axis", d: `M${left} ${Y(box.y[0])}H${box.width - 10}` }));
  if (box.yLabel) svg.append(sv("text", { x: 0, y: 9, text: box.yLabel }));
  if (box.xLabel) svg.append(sv("text", { x: box.width - 10, y: box.height - 4, "text-anchor": "end", text: box.xLabel }));
  return { svg, X, Y, left, right: box.width - 10, top, bottom: box.height - bottom };
}
function path(xs, ys, X, Y) {
  let d = "";
  let pen = false;
  xs.forEach((x, k) => {
    const ok = finite(ys[k]);
    if (ok) d += `${pen ? "L" : "M"}${X(x).toFixed(1)} ${Y(ys[k]).toFixed(1)}`;
    pen = ok;
  });
  return d;
}
function extent(values, pad = 0.06) {
  const real = values.filter(finite);
  if (!real.length) return null;
  const low = Math.min(...real);
  const high = Math.max(...real);
  const room = (high - low || Math.abs(high) || 1) * pad;
  return [low >= 0 && low < 0.35 * high ? 0 : low - room, high + room];
}
const MARKS = [
  (r) => `M${-r} 0A${r} ${r} 0 1 0 ${r} 0A${r} ${r} 0 1 0 ${-r} 0Z`,
  (r) => `M${-r} ${-r}H${r}V${r}H${-r}Z`,
  (r) => `M0 ${-1.25 * r}L${1.2 * r} ${0.85 * r}H${-1.2 * r}Z`,
  (r) => `M0 ${-1.35 * r}L${1.35 * r} 0L0 ${1.35 * r}L${-1.35 * r} 0Z`,
  (r) => `M0 ${1.25 * r}L${1.2 * r} ${-0.85 * r}H${-1.2 * r}Z`,
  (r) => `M${-r} ${-0.4 * r}H${-0.4 * r}V${-r}H${0.4 * r}V${-0.4 * r}H${r}V${0.4 * r}H${0.4 * r}V${r}H${-0.4 * r}V${0.4 * r}H${-r}Z`,
];
const mark = (model, r, attributes = {}) => {
  const family = familyOf(model);
  return sv("path", { d: MARKS[model.mmem ? 3 : family.mark](r), class: model.mmem ? "reference-fill" : "family-fill", "--c": safeColour(family.colour), ...attributes });
};
/** A list of models with their marks; a press chooses one. */
function keyList(models, chosen, onpick) {
  return el("ul", { class: "key-list", "aria-label": "Models" }, models.map((m) => el("li", {},
    el("button", { type: "button", "aria-pressed": String(m.name === chosen), onclick: () => onpick(m) },
      put(canvas(12, 12, { viewBox: "-6 -6 12 12", "aria-hidden": "true" }), {}, [mark(m, 4)]), m.mmem ? "Multi-model mean" : m.name))));
}
/** A line of a model that answers to hover, focus and press. */
function modelLine(model, d, options = {}) {
  const chosen = options.chosen;
  const group = sv("g", { class: "line", "data-model": model.name, tabindex: options.focusable ? 0 : null, "aria-label": model.name, role: options.focusable ? "button" : null },
    sv("path", { class: "hit", d }),
    chosen ? sv("path", { class: "halo", d, fill: "none" }) : null,
    sv("path", { class: chosen || options.coloured ? "family" : "thin", d, "stroke-width": chosen ? 2.4 : 1.3, "--c": model.mmem ? "var(--ink)" : safeColour(familyOf(model).colour), "stroke-dasharray": model.mmem ? "5 3" : null }));
  tipOn(group, () => tipText(model.mmem ? "Multi-model mean" : model.name, familyOf(model).name, options.tip));
  const pick = () => set({ model: model.name });
  group.addEventListener("click", pick);
  group.addEventListener("keydown", (e) => (e.key === "Enter" || e.key === " ") && (e.preventDefault(), pick()));
  return group;
}

/* ---- charts ---- */

/** Taylor diagram. points: [{model, sigma, r, big}]; the reference stands at sigma 1, R 1. */
function taylor(size, points, options = {}) {
  const real = points.filter((p) => finite(p.sigma) && finite(p.r));
  if (!real.length) return null;
  const small = size < 300;
  const most = Math.max(1.5, ...real.map((p) => p.sigma));
  const limit = Math.min(options.limit || 2.6, Math.ceil((most + 0.08) * 4) / 4);
  const lowest = Math.min(...real.map((p) => p.r));
  const half = lowest < -0.02;
  const pad = small ? 20 : 34;
  const radius = half ? (size - 2 * pad) / 2 : size - 2 * pad - 8;
  const cx = half ? size / 2 : pad;
  const cy = radius + pad;
  const R = (sigma) => (Math.min(sigma, limit) / limit) * radius;
  const polar = (sigma, r) => [cx + R(sigma) * r, cy - R(sigma) * Math.sqrt(Math.max(0, 1 - r * r))];
  const svg = canvas(size, cy + (small ? 22 : 40));
  const clip = `clip${++serial}`;
  const left = half ? cx - radius : cx;
  svg.append(sv("defs", {}, sv("clipPath", { id: clip }, sv("path", { d: `M${left} ${cy}A${radius} ${radius} 0 0 1 ${half ? cx + radius : cx} ${half ? cy : cy - radius}${half ? "" : `A${radius} ${radius} 0 0 1 ${cx + radius} ${cy}L${cx} ${cy}`}Z` }))));
  const arc = (rho, cls) => sv("path", { class: cls, d: half ? `M${cx - rho} ${cy}A${rho} ${rho} 0 0 1 ${cx + rho} ${cy}` : `M${cx} ${cy - rho}A${rho} ${rho} 0 0 1 ${cx + rho} ${cy}` });
  const steps = ticks(0, limit, small ? 2 : 4);
  const labels = tickText(steps);
  steps.forEach((v, k) => {
    if (v > 0 && v < limit - 1e-6) svg.append(arc(R(v), v === 1 ? "axis" : "gridline"));
    if (v > 0 || !half) svg.append(sv("text", { x: cx + R(v), y: cy + 15, "text-anchor": "middle", text: labels[k] }));
  });
  const rings = sv("g", { "clip-path": `url(#${clip})` });
  for (const e of small ? [0.5, 1] : [0.5, 1, 1.5, 2]) rings.append(sv("circle", { class: "dashed", cx: cx + R(1), cy, r: (e / limit) * radius }));
  svg.append(rings, arc(radius, "axis"), sv("path", { class: "axis", d: `M${left} ${cy}H${cx + radius}${half ? "" : `M${cx} ${cy}V${cy - radius}`}` }));
  const spokes = small ? [0.5, 0.9] : [0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99];
  for (const r of half ? [...spokes, 0, ...spokes.slice(0, -2).map((v) => -v)] : spokes) {
    const [x, y] = polar(limit, r);
    const away = 1 + (small ? 11 : 13) / radius;
    svg.append(sv("path", { class: "gridline", d: `M${cx} ${cy}L${x} ${y}` }),
      sv("text", { x: cx + (x - cx) * away, y: cy - (cy - y) * away + 4, "text-anchor": "middle", text: fixed(r, Math.abs(r) > 0.9 && r !== 0.9 ? 2 : 1) }));
  }
  if (!small) svg.append(sv("text", { x: half ? cx + radius : cx + radius, y: cy + 33, "text-anchor": "end", text: "standard deviation / reference" }),
    sv("text", { x: cx + radius * 0.79 + 22, y: cy - radius * 0.79 - 4, "text-anchor": "middle", transform: `rotate(45 ${cx + radius * 0.79 + 22} ${cy - radius * 0.79 - 4})`, text: "correlation" }));
  svg.append(sv("circle", { class: "reference", cx: cx + R(1), cy, r: small ? 4 : 5.5 }));
  for (const p of [...real].sort((a, b) => (a.big ? 1 : 0) - (b.big ? 1 : 0))) {
    const [x, y] = polar(p.sigma, p.r);
    const over = p.sigma > limit;
    const node = sv("g", { class: "line point", transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, "aria-label": p.model.name }, sv("circle", { r: 9, fill: "transparent" }),
      mark(p.model, p.big ? (small ? 5 : 7) : small ? 3 : 4.4, { opacity: p.big ? 1 : 0.82, ...(p.big ? { stroke: "var(--paper)", "stroke-width": 1.5 } : {}) }));
    if (p.big && !small) node.append(sv("text", { class: "strong halo", x: x > size * 0.66 ? -11 : 11, y: 4, "text-anchor": x > size * 0.66 ? "end" : "start", text: p.model.mmem ? "Mean" : p.model.name }));
    tipOn(node, () => tipText(p.model.mmem ? "Multi-model mean" : p.model.name, familyOf(p.model).name, `R ${fixed(p.r)}, \u03c3 ratio ${fixed(p.sigma)}${over ? " (beyond the frame)" : ""}`));
    if (modelOptions().some((m) => m.value === p.model.name)) node.addEventListener("click", () => set({ model: p.model.name }));
    svg.append(node);
  }
  return svg;
}

/** Two-dimensional histogram. cells[i][j] over xEdges, yEdges; most: the value at the darkest end. */
function histogram2d(box, xEdges, yEdges, cells, most, extra) {
  const f = frame({ ...box, x: [xEdges[0], xEdges.at(-1)], y: [yEdges[0], yEdges.at(-1)] });
  const ground = sv("g", {});
  cells.forEach((column, i) => column.forEach((v, j) => {
    if (!(v > 0.001 * most)) return;
    const x = f.X(xEdges[i]);
    const y = f.Y(yEdges[j + 1]);
    const t = 0.12 + 0.88 * Math.sqrt(v / most);
    ground.append(sv("rect", { x: x.toFixed(1), y: y.toFixed(1), width: (f.X(xEdges[i + 1]) - x + 0.4).toFixed(1), height: (f.Y(yEdges[j]) - y + 0.4).toFixed(1), fill: css(colour("PuBu", dark() ? 1 - t : t)) }));
  }));
  f.svg.append(ground);
  if (extra) extra(f);
  return f.svg;
}
function diagonal(f, edges) {
  f.svg.append(sv("path", { class: "axis", "stroke-dasharray": "4 3", d: `M${f.X(edges[0])} ${f.Y(edges[0])}L${f.X(edges.at(-1))} ${f.Y(edges.at(-1))}` }));
}

/** Horizontal bars: rows [{label, values: [v], tips}], one bar a series. */
function bars(width, rows, limit, series) {
  const labelWidth = Math.min(190, 16 + 6.4 * Math.max(...rows.map((r) => r.label.length)));
  const thick = series.length > 2 ? 5 : series.length > 1 ? 7 : 11;
  const step = thick * series.length + 11;
  const svg = canvas(width, rows.length * step + 24);
  const X = (v) => labelWidth + (v / limit) * (width - labelWidth - 34);
  const marks = ticks(0, limit, 4).filter((v) => Number.isInteger(v));
  marks.forEach((v) => svg.append(sv("path", { class: "gridline", d: `M${X(v)} 0V${rows.length * step}` }), sv("text", { x: X(v), y: rows.length * step + 17, "text-anchor": "middle", text: v })));
  rows.forEach((r, i) => {
    const y = i * step + 5;
    svg.append(sv("text", { class: r.strong ? "strong" : "ink", x: labelWidth - 9, y: y + (thick * series.length) / 2 + 4, "text-anchor": "end", text: r.label.length > 26 ? `${r.label.slice(0, 25)}\u2026` : r.label }, sv("title", { text: r.label })));
    r.values.forEach((v, k) => {
      if (!finite(v)) return;
      svg.append(sv("rect", { x: labelWidth, y: y + k * thick, width: Math.max(1, X(v) - labelWidth), height: thick - 1.5, rx: 1.5, fill: series[k].colour }));
      if (series.length === 1) svg.append(sv("text", { x: X(v) + 6, y: y + thick - 1.5, text: v }));
    });
  });
  return svg;
}

/** Soil layers of every model against the depth that is compared. columns: [{model, layers}]. */
function layerDiagram(width, columns, depth, chosen) {
  const [top, bottom] = depth;
  const first = Math.max(...columns.map((c) => c.layers[0][1]));
  const shown = Math.max(bottom * 1.55, Math.min(first * 1.15, bottom * 4));
  const height = 310;
  const left = 44;
  const head = 8;
  const foot = 96;
  const Y = (z) => head + (Math.min(z, shown) / shown) * (height - head);
  const svg = canvas(width, height + foot);
  const step = (width - left - 4) / columns.length;
  const wide = Math.min(46, step * 0.74);
  ticks(0, shown * 100, 6).forEach((v) => svg.append(sv("path", { class: "gridline", d: `M${left} ${Y(v / 100)}H${width}` }), sv("text", { x: left - 7, y: Y(v / 100) + 4, "text-anchor": "end", text: fixed(v, v < 10 && v % 1 ? 1 : 0) })));
  svg.append(sv("text", { x: 0, y: height + 18, text: "cm" }));
  columns.forEach((c, i) => {
    const x = left + i * step + (step - wide) / 2;
    const on = c.model.name === chosen;
    const group = sv("g", { class: "line" });
    let covered = 0;
    c.layers.forEach(([a, b]) => {
      if (a >= shown) return;
      const inside = Math.max(0, Math.min(b, bottom) - Math.max(a, top));
      covered += inside;
      const cut = inside > 1e-6 && inside < b - a - 1e-6;
      const box = (from, to, fill) => sv("rect", { x, y: Y(from), width: wide, height: Math.max(0.5, Y(to) - Y(from)), fill });
      group.append(box(a, b, "var(--ground)"));
      if (inside > 0) group.append(box(Math.max(a, top), Math.min(b, bottom), css(colour("YlGnBu", cut ? 0.35 : 0.55))));
      group.append(sv("path", { d: `M${x} ${Y(b)}h${wide}`, stroke: "var(--paper)", "stroke-width": 1.4 }));
    });
    if (on) group.append(sv("rect", { class: "outline", x, y: Y(c.layers[0][0]), width: wide, height: Y(c.layers.at(-1)[1]) - Y(c.layers[0][0]) }));
    const straddling = c.layers.find(([a, b]) => a < bottom - 1e-6 && b > bottom + 1e-6);
    tipOn(group, () => tipText(c.model.name, `first layer ${plain(100 * c.layers[0][1])} cm`, `${plain(100 * covered)} of ${plain(100 * (bottom - top))} cm covered`,
      straddling ? `the layer ${plain(100 * straddling[0])}\u2013${plain(100 * straddling[1])} cm is cut` : "no layer is cut"));
    group.addEventListener("click", () => set({ model: c.model.name }));
    svg.append(group, sv("text", { class: on ? "strong" : "ink", x: x + wide / 2 + 4, y: height + 12, "text-anchor": "end", transform: `rotate(-55 ${x + wide / 2 + 4} ${height + 12})`, text: c.model.name.length > 17 ? `${c.model.name.slice(0, 16)}\u2026` : c.model.name }));
  });
  svg.append(sv("path", { class: "outline", d: `M${left} ${Y(top)}H${width}M${left} ${Y(bottom)}H${width}`, "stroke-dasharray": "5 3" }));
  return svg;
}

/** Heat map of cells[i][j]: rows down, columns across. Values of at least `above` carry a dot. */
function heatmap(width, rows, columns, cells, options) {
  const labelWidth = Math.min(width < 560 ? 108 : 190, 14 + 6.6 * Math.max(...rows.map((r) => r.label.length)));
  const w = Math.max(14, (width - labelWidth) / columns.length);
  const h = 21;
  const svg = canvas(Math.max(width, labelWidth + w * columns.length), rows.length * h + 112);
  const fit = (text, room) => (text.length > room ? `${text.slice(0, room - 1)}\u2026` : text);
  rows.forEach((r, i) => {
    svg.append(sv("text", { class: r.strong ? "strong" : "ink", x: labelWidth - 8, y: i * h + 15, "text-anchor": "end", text: fit(r.label, Math.floor(labelWidth / 6.5)) }));
    columns.forEach((c, j) => {
      const v = at(cells, i, j);
      const node = sv("g", {});
      if (finite(v)) {
        const rgb = colour(options.palette, (v - options.low) / (options.high - options.low));
        node.append(sv("rect", { x: labelWidth + j * w, y: i * h, width: w - 1.5, height: h - 1.5, rx: 2, fill: css(rgb) }));
        if (w > 34) node.append(sv("text", { x: labelWidth + (j + 0.5) * w - 1, y: i * h + 14.5, "text-anchor": "middle", style: `fill:${onColour(rgb)}`, text: fixed(v) }));
        else if (v > options.above) node.append(sv("circle", { cx: labelWidth + (j + 0.5) * w - 1, cy: (i + 0.5) * h - 1, r: 2, fill: onColour(rgb) }));
      } else node.append(sv("rect", { x: labelWidth + j * w, y: i * h, width: w - 1.5, height: h - 1.5, rx: 2, class: "ground" }));
      svg.append(tipOn(node, () => tipText(r.label, c.label, finite(v) ? `${options.name} ${fixed(v)}` : "no value")));
    });
  });
  columns.forEach((c, j) => {
    const x = labelWidth + (j + 0.5) * w + 3;
    const y = rows.length * h + 12;
    svg.append(sv("text", { x, y, "text-anchor": "end", transform: `rotate(-50 ${x} ${y})`, text: fit(c.label, 19) }));
  });
  return svg;
}

/** Dendrogram of scipy's linkage over names; leaves are coloured by family. */
function dendrogram(width, names, links) {
  const n = names.length;
  const step = 23;
  const models = names.map((name) => head().models.find((m) => m.name === name) || { name, family: -1 });
  const labelWidth = Math.min(width * 0.52, 40 + 6.6 * Math.max(...names.map((v, i) => Math.min(30, v.length) + familyOf(models[i]).name.length)));
  const height = n * step + 26;
  const svg = canvas(width, height);
  const most = Math.max(...links.map((l) => l[2])) || 1;
  const X = (d) => width - labelWidth - 8 - (d / most) * (width - labelWidth - 24);
  const order = [];
  const leavesOf = (k) => (k < n ? [k] : [...leavesOf(links[k - n][0]), ...leavesOf(links[k - n][1])]);
  order.push(...leavesOf(n + links.length - 1));
  const place = {};
  order.forEach((leaf, row) => { place[leaf] = { x: X(0), y: row * step + 12, families: new Set([models[leaf].family]) }; });
  links.forEach(([a, b, d], k) => {
    const families = new Set([...place[a].families, ...place[b].families]);
    const x = X(d);
    const one = families.size === 1 && !families.has(-1);
    const family = one ? head().families[[...families][0]] : null;
    svg.append(sv("path", { class: one ? "family" : "axis", "--c": family ? safeColour(family.colour) : null, "stroke-width": one ? 2.2 : 1.2, d: `M${place[a].x} ${place[a].y}H${x}V${place[b].y}H${place[b].x}` }));
    place[n + k] = { x, y: (place[a].y + place[b].y) / 2, families };
  });
  order.forEach((leaf) => {
    const { y } = place[leaf];
    const m = models[leaf];
    const text = sv("text", { class: "ink", x: X(0) + 20, y: y + 4, text: m.name.length > 30 ? `${m.name.slice(0, 29)}\u2026` : m.name });
    text.append(sv("tspan", { style: "fill:var(--soft)", text: `  ${familyOf(m).name}` }));
    const dot = mark(m, 4.2);
    dot.setAttribute("transform", `translate(${X(0) + 9} ${y})`);
    svg.append(dot, text);
  });
  const values = ticks(0, most, 4);
  const labels = tickText(values);
  values.forEach((v, k) => svg.append(sv("text", { x: X(v), y: height - 2, "text-anchor": "middle", text: labels[k] })));
  return svg;
}

/* ---- maps ---- */

const EARTH = [1.340264, -0.081106, 0.000893, 0.003796];
const ROOT = Math.sqrt(3) / 2;
/** Equal Earth (Savric et al. 2018): y of a latitude, and how far a degree of longitude reaches there. */
function equalEarth(lat) {
  const t = Math.asin(ROOT * Math.sin((lat * Math.PI) / 180));
  const t2 = t * t;
  const t6 = t2 * t2 * t2;
  return { y: t * (EARTH[0] + EARTH[1] * t2 + t6 * (EARTH[2] + EARTH[3] * t2)),
    k: (Math.cos(t) / (ROOT * (EARTH[0] + 3 * EARTH[1] * t2 + t6 * (7 * EARTH[2] + 9 * EARTH[3] * t2)))) * (Math.PI / 180) };
}
const LATITUDES = Array.from({ length: 1801 }, (_, i) => equalEarth(-90 + i / 10));

function latitudeOf(y) {
  let [low, high] = [0, 1800];
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if (LATITUDES[mid].y <= y) low = mid; else high = mid;
  }
  return -90 + (low + (y - LATITUDES[low].y) / (LATITUDES[high].y - LATITUDES[low].y)) / 10;
}

/** A packed map as arrays: grid edges, the land cell of every grid cell (or -1), layers on demand. */
function field(pack, grids) {
  if (pack.decoded) return pack.decoded;
  const layers = {};
  const layer = (name) => (pack.layers[name] ? (layers[name] ||= unpack(pack.layers[name])) : null);
  if (pack.sites) return (pack.decoded = { sites: pack.sites, layer });
  const grid = typeof pack.grid === "string" ? grids[pack.grid] : pack.grid;
  const columns = grid.lon.length - 1;
  const cells = (grid.lat.length - 1) * columns;
  const bits = bytes(pack.land);
  const index = new Int32Array(cells).fill(-1);
  let count = 0;
  let [south, north, west, east] = [90, -90, 360, -360];
  for (let i = 0; i < cells; i++) {
    if (!(bits[i >> 3] & (128 >> (i & 7)))) continue;
    index[i] = count++;
    const row = (i / columns) | 0;
    const column = i % columns;
    south = Math.min(south, grid.lat[row]);
    north = Math.max(north, grid.lat[row + 1]);
    west = Math.min(west, grid.lon[column]);
    east = Math.max(east, grid.lon[column + 1]);
  }
  return (pack.decoded = { grid, index, count, columns, extent: count ? [south, north, west, east] : [-60, 80, -180, 180], layer });
}

/** Where a map lies on the screen: x and y of a place and back. */
function projection(width, f) {
  let [south, north, west, east] = f.extent;
  if (east - west > 200) {
    [south, north] = [Math.min(-56, south), Math.max(83.5, north)];
    if (south < -60) south = -90;
    const scale = width / (360 * equalEarth(0).k);
    const top = equalEarth(north).y;
    const height = Math.ceil((top - equalEarth(south).y) * scale);
    const Y = (lat) => (top - LATITUDES[clamp(Math.round((lat + 90) * 10), 0, 1800)].y) * scale;
    const edge = Array.from({ length: 61 }, (_, i) => south + ((north - south) * i) / 60);
    const side = (sign) => edge.map((lat) => `${(width / 2 + sign * 180 * equalEarth(lat).k * scale).toFixed(1)} ${((top - equalEarth(lat).y) * scale).toFixed(1)}`);
    return { global: true, width, height, Y, X: (lon, lat) => width / 2 + lon * LATITUDES[clamp(Math.round((lat + 90) * 10), 0, 1800)].k * scale,
      lat: (y) => latitudeOf(top - y / scale), lon: (x, lat) => (x - width / 2) / (equalEarth(lat).k * scale),
      outline: `M${side(-1).join("L")}L${side(1).reverse().join("L")}Z` };
  }
  const across = Math.max(north - south, east - west);
  const room = Math.max(Math.min(0.4, 0.12 * across) || 0.4, 0.06 * across);
  [south, north, west, east] = [Math.max(-90, south - room), Math.min(90, north + room), west - room, east + room];
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  let scale = width / ((east - west) * squeeze);
  const height = Math.min(Math.ceil((north - south) * scale), Math.ceil(width * 0.8));
  scale = Math.min(scale, height / (north - south));
  const shift = (width - (east - west) * squeeze * scale) / 2;
  return { global: false, width, height, X: (lon) => shift + (lon - west) * squeeze * scale, Y: (lat) => (north - lat) * scale,
    lat: (y) => north - y / scale, lon: (x) => west + (x - shift) / (squeeze * scale), outline: `M0 0H${width}V${height}H0Z`, box: [south, north, west, east] };
}
const search = (edges, v) => {
  if (!(v >= edges[0] && v < edges[edges.length - 1])) return -1;
  let [low, high] = [0, edges.length - 1];
  while (high - low > 1) { const mid = (low + high) >> 1; if (edges[mid] <= v) low = mid; else high = mid; }
  return low;
};
function cellAt(f, lat, lon) {
  const row = search(f.grid.lat, lat);
  let column = search(f.grid.lon, lon);
  if (column < 0) column = search(f.grid.lon, lon + 360);
  if (column < 0) column = search(f.grid.lon, lon - 360);
  return row < 0 || column < 0 ? -1 : f.index[row * f.columns + column];
}
function linePaths(lines, p) {
  let d = "";
  for (const line of lines) {
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < line.length; i += 2) { low = Math.min(low, line[i]); high = Math.max(high, line[i]); }
    for (const shift of high > 18000 ? [0, -36000] : low < -18000 ? [0, 36000] : [0]) {
      for (let i = 0; i < line.length; i += 2) {
        const lat = line[i + 1] / 100;
        d += `${i ? "L" : "M"}${p.X((line[i] + shift) / 100, lat).toFixed(1)} ${p.Y(lat).toFixed(1)}`;
      }
    }
  }
  return d;
}
const coasts = new Map();
function coast(p) {
  const key = `${p.width}|${p.height}|${p.outline.length}|${p.box || ""}`;
  if (!coasts.has(key)) {
    const source = !p.global && DATA.coast.near ? DATA.coast.near : DATA.coast;
    coasts.set(key, { land: linePaths(source.land, p), line: linePaths(source.lines, p) });
  }
  return coasts.get(key);
}
/** Borders of a region mask (bits of the grid) as a path. */
function borders(f, text, p) {
  const bits = bytes(text);
  const rows = f.grid.lat.length - 1;
  const inside = (i, j) => i >= 0 && i < rows && j >= 0 && j < f.columns && !!(bits[(i * f.columns + j) >> 3] & (128 >> ((i * f.columns + j) & 7)));
  const point = (lat, lon) => `${p.X(lon, lat).toFixed(1)} ${p.Y(lat).toFixed(1)}`;
  let d = "";
  for (let i = 0; i <= rows; i++) {
    for (let j = 0; j <= f.columns; j++) {
      const here = inside(i, j);
      if (j < f.columns && here !== inside(i - 1, j)) d += `M${point(f.grid.lat[i], f.grid.lon[j])}L${point(f.grid.lat[i], f.grid.lon[j + 1])}`;
      if (i < rows && here !== inside(i, j - 1)) d += `M${point(f.grid.lat[i], f.grid.lon[j])}L${point(f.grid.lat[i + 1], f.grid.lon[j])}`;
    }
  }
  return d;
}
function raster(f, values, p, scale, paint) {
  const dense = Math.min(2, 1500 / p.width);
  const [w, h] = [Math.round(p.width * dense), Math.round(p.height * dense)];
  const board = el("canvas", { width: w, height: h });
  const context = board.getContext("2d");
  const image = context.createImageData(w, h);
  const pixels = new Uint32Array(image.data.buffer);
  for (let y = 0; y < h; y++) {
    const lat = p.lat((y + 0.5) / dense);
    const row = search(f.grid.lat, lat);
    if (row < 0) continue;
    const first = p.lon(0.5 / dense, lat);
    const step = (p.lon(1 + 0.5 / dense, lat) - first) / dense;
    for (let x = 0, lon = first; x < w; x++, lon += step) {
      if (p.global && (lon < -180 || lon > 180)) continue;
      let column = search(f.grid.lon, lon);
      if (column < 0) column = search(f.grid.lon, lon > 0 ? lon - 360 : lon + 360);
      const k = column < 0 ? -1 : f.index[row * f.columns + column];
      if (k >= 0 && values[k] === values[k]) pixels[y * w + x] = paint(values[k]);
    }
  }
  context.putImageData(image, 0, 0);
  return board.toDataURL();
}
/** A colour bar: low, high, palette, units; arrows where values lie beyond its ends. */
function colourBar(svg, y, width, scale) {
  const id = `ramp${++serial}`;
  const length = Math.min(340, width * 0.72);
  const x = (width - length) / 2;
  const stops = Array.from({ length: 17 }, (_, i) => sv("stop", { offset: i / 16, "stop-color": hex(colour(scale.palette, i / 16)) }));
  svg.append(sv("defs", {}, sv("linearGradient", { id }, stops)), sv("rect", { x, y, width: length, height: 9, fill: `url(#${id})` }));
  const end = (point, sign, t) => svg.append(sv("path", { d: `M${point} ${y}l${sign * 8} 4.5l${-sign * 8} 4.5Z`, fill: hex(colour(scale.palette, t)) }));
  if (scale.under) end(x - 0.2, -1, 0);
  if (scale.over) end(x + length + 0.2, 1, 1);
  const values = scale.ticks || ticks(scale.low, scale.high, 4);
  const labels = scale.labels || tickText(values);
  values.forEach((v, k) => svg.append(sv("text", { x: x + ((v - scale.low) / (scale.high - scale.low)) * length, y: y + 23, "text-anchor": "middle", text: labels[k] })));
  if (scale.units) svg.append(sv("text", { x: width, y: y + 23, "text-anchor": "end", text: niceUnits(scale.units) }));
}
/** A map. o: {field, values, scale: {low, high, palette, units}, mask (region bits), dots (0 or 1 a cell), bar (false:
    none), radius (of sites)}. The scale's text(v) names a value. */
function drawMap(width, o) {
  const { field: f, values, scale } = o;
  if (f.sites) f.extent ||= siteExtent(f.sites);
  const p = projection(width, f);
  const svg = canvas(width, p.height + (o.bar === false ? 4 : 42));
  const id = ++serial;
  const span = scale.high - scale.low || 1;
  let [low, high] = [Infinity, -Infinity];
  for (const v of values) { if (v < low) low = v; if (v > high) high = v; }
  svg.append(sv("defs", {},
    sv("clipPath", { id: `frame${id}` }, sv("path", { d: p.outline })),
    sv("pattern", { id: `hatch${id}`, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, sv("path", { class: "hatch-line", d: "M0 0V5" }))));
  const lines = coast(p);
  const group = sv("g", { "clip-path": `url(#frame${id})` }, sv("path", { class: "ground", d: p.outline }));
  if (!f.sites) group.append(sv("path", { d: lines.land, fill: `url(#hatch${id})` }));
  const table = ramp(scale.palette);
  const paint = (v) => {
    const c = 3 * Math.round(255 * clamp((v - scale.low) / span, 0, 1));
    return (255 << 24) | (table[c + 2] << 16) | (table[c + 1] << 8) | table[c];
  };
  if (!f.sites) group.append(sv("image", { href: raster(f, values, p, scale, paint), x: 0, y: 0, width: p.width, height: p.height, preserveAspectRatio: "none" }));
  group.append(sv("path", { class: "coast", d: lines.line }));
  if (o.dots) group.append(stipple(f, o.dots, p));
  if (o.mask && !f.sites) group.append(sv("path", { class: "outline", d: borders(f, o.mask, p), opacity: 0.8 }));
  svg.append(group);
  if (f.sites) {
    Array.from(values).forEach((v, k) => {
      const [x, y] = [p.X(f.sites.lon[k], f.sites.lat[k]), p.Y(f.sites.lat[k])];
      const dot = sv("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: o.radius || 5, fill: finite(v) ? css(colour(scale.palette, (v - scale.low) / span)) : "none", stroke: "var(--ink)", "stroke-width": 0.9 });
      svg.append(tipOn(dot, () => tipText(f.sites.names[k], `${fixed(f.sites.lat[k], 2)}\u00b0, ${fixed(f.sites.lon[k], 2)}\u00b0`, `${short(v)} ${niceUnits(scale.units)}`)));
    });
  } else {
    group.addEventListener("pointermove", (e) => {
      const here = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const lat = p.lat(here.y);
      const lon = p.lon(here.x, lat);
      const k = cellAt(f, lat, lon);
      if (k < 0 || !finite(values[k])) return tip.hide();
      const place = `${Math.abs(lat).toFixed(1)}\u00b0${lat < 0 ? "S" : "N"} ${Math.abs(lon).toFixed(1)}\u00b0${lon < 0 ? "W" : "E"}`;
      return tip.show(tipText(`${scale.text ? scale.text(values[k]) : short(values[k])} ${niceUnits(scale.units)}`, place), e.clientX, e.clientY);
    });
    group.addEventListener("pointerleave", tip.hide);
  }
  if (o.bar !== false) colourBar(svg, p.height + 12, width, { ...scale, under: !scale.cyclic && low < scale.low - 1e-9 * span, over: !scale.cyclic && high > scale.high + 1e-9 * span });
  return svg;
}
function siteExtent({ lat, lon }) {
  return [Math.min(...lat), Math.max(...lat), Math.min(...lon), Math.max(...lon)];
}
function stipple(f, dots, p) {
  let d = "";
  const rows = f.grid.lat.length - 1;
  const gap = Math.max(1, Math.round(3 / (f.grid.lat[1] - f.grid.lat[0])));
  for (let i = 0; i < rows; i += gap) {
    for (let j = (i / gap) % 2 ? gap >> 1 : 0; j < f.columns; j += gap) {
      const k = f.index[i * f.columns + j];
      if (k < 0 || !(dots[k] > 0.5)) continue;
      const lat = (f.grid.lat[i] + f.grid.lat[i + 1]) / 2;
      d += `M${(p.X((f.grid.lon[j] + f.grid.lon[j + 1]) / 2, lat) - 0.7).toFixed(1)} ${p.Y(lat).toFixed(1)}h1.4`;
    }
  }
  return sv("path", { d, stroke: "#17191e", "stroke-width": 1.4, fill: "none", opacity: 0.75 });
}
function mapRows(f, columns) {
  const names = Object.keys(columns);
  if (f.sites) return [["site", "lat", "lon", ...names], ...f.sites.names.map((n, k) => [n, f.sites.lat[k], f.sites.lon[k], ...names.map((c) => columns[c][k])])];
  const out = [["lat", "lon", ...names]];
  f.index.forEach((k, i) => {
    if (k < 0) return;
    const [row, column] = [(i / f.columns) | 0, i % f.columns];
    out.push([(f.grid.lat[row] + f.grid.lat[row + 1]) / 2, (f.grid.lon[column] + f.grid.lon[column + 1]) / 2, ...names.map((c) => columns[c][k])].map((v) => (finite(v) ? Number(v.toPrecision(6)) : v)));
  });
  return out;
}

/* ---- the portrait ---- */

const rowName = (row) => [row.title, row.note].filter(Boolean).join(" ");
/** Without the darkest ends of PuOr, which would vanish on a dark page. */
const relativeColour = (z) => colour("PuOr", 0.5 + 0.21 * clamp(z, -2, 2));

const Portrait = {
  build() {
    const F = DATA.front;
    Object.assign(this, { F, size: F.shape, value: whole(F.value), low: whole(F.low), high: whole(F.high), folded: new Set((state.fold || "").split(",").filter(Boolean)) });
    const models = head().models.map((m, index) => ({ ...m, index, label: m.mmem ? "Multi-model mean" : m.name, sub: familyOf(m).name, key: m.name, score: null }));
    const order = [...head().families.flatMap((f) => f.models), ...models.keys()].filter((m, k, all) => all.indexOf(m) === k);
    const sorted = [...order.filter((k) => !models[k].mmem), ...order.filter((k) => models[k].mmem)].map((k) => models[k]);
    /* With one or two models there is nothing to rank: the columns are then the scores of each. */
    this.spread = models.length < 3;
    this.models = this.spread ? sorted.flatMap((m) => F.scores.map((s, score) => ({ ...m, score, label: title(s), sub: models.length > 1 ? m.name : "", apart: score === 0 && m !== sorted[0], key: `${m.name}: ${title(s)}` }))) : sorted;
    this.natural = [...this.models.keys()];
    this.failed = new Map(head().failed.map((f) => [`${f.model}\n${f.row}`, f.why]));
    const few = models.length <= 4;
    if (state.numbers === undefined && few) this.numbersDefault = true;
    const scores = [...this.F.scores.map((s) => ({ value: s, label: title(s) }))];
    const scale = () => state.scale || "relative";
    this.scale = this.spread ? () => "absolute" : scale;
    this.controls = { region: regionControl(), score: !this.spread && select("Score", scores, this.score(), (v) => set({ score: v })),
      scale: !this.spread && segments("Scale", [{ value: "relative", label: "Relative" }, { value: "absolute", label: "Absolute" }], scale(), (v) => set({ scale: v })), mode: modeControl() };
    byId("controls").append(...[...Object.values(this.controls), check("Numbers", this.numbers(), (v) => set({ numbers: v ? "1" : "0" }))].filter(Boolean));
    this.table = el("table", { class: "portrait", role: "grid", "aria-label": "Scores of all models", "--n": this.models.length, "data-few": String(few) });
    this.makeHead();
    this.makeBody();
    this.legend = el("div", { class: "legend" });
    byId("portrait").append(el("div", { class: "scroll" }, this.table), this.legend);
    this.menu = saveMenu(() => ({ spec: this.spec(), width: 900 }));
    this.table.addEventListener("keydown", (e) => this.move(e));
    this.refresh();
  },
  apart: (m) => m.apart || (m.mmem && m.score === null),
  score() { return this.F.scores.includes(state.score) ? state.score : this.F.scores[0]; },
  numbers() { return state.numbers ? state.numbers === "1" : !!this.numbersDefault; },
  at(mode, row, column, score) { const [, r, n, m, s] = this.size; const c = this.models[column]; return (((mode * r + regionIndex()) * n + row) * m + c.index) * s + (c.score ?? score); },
  read(array, k) { const v = array[k]; return v === 65535 ? NaN : v / 60000; },

  makeHead() {
    this.heads = this.models.map((m) => {
      const button = el("button", { class: "head", type: "button", title: `${m.label}${m.sub ? `, ${m.sub}` : ""}: sort rows by this column`, onclick: () => set({ rows: state.rows === m.key ? "" : m.key }) },
        el("b", { text: m.label }), m.sub ? el("small", { text: m.sub }) : null);
      return el("th", { scope: "col", "aria-sort": "none", class: this.apart(m) && "apart" }, button);
    });
    this.rules = this.models.map((m) => el("td", { class: this.apart(m) && "apart", "--c": m.family >= 0 ? safeColour(familyOf(m).colour) : "transparent" }, el("i")));
    this.headRow = el("tr", {}, el("td", { class: "corner" }));
    this.ruleRow = el("tr", { class: "rule", "aria-hidden": "true" }, el("td", { class: "blank" }));
    this.table.append(el("thead", {}, this.headRow, this.ruleRow));
  },
  makeBody() {
    this.rows = this.F.rows.map((row, i) => {
      const tiles = this.models.map((m, k) => {
        const tile = el(row.page ? "a" : "span", { class: "tile", tabindex: -1, "data-row": i, "data-model": k }, el("span"));
        tipOn(tile, () => this.describe(i, k));
        return tile;
      });
      const by = el("button", { class: "by", type: "button", text: "\u21c4", "aria-label": `Sort models by ${rowName(row)}`, title: "Sort models by this row", onclick: () => set({ models: state.models === row.id ? "" : row.id }) });
      let name;
      if (row.kind === "group") name = el("button", { class: "fold", type: "button", "aria-expanded": "true", text: row.title, onclick: () => this.fold(row.id) });
      else if (row.page) name = el("a", { href: row.page, title: rowName(row), text: row.title }, row.note ? el("small", { text: row.note }) : null);
      else name = el("span", { text: row.title }, row.note ? el("small", { text: row.note }) : null);
      const header = el("th", { scope: "row", "aria-sort": "none" }, el("div", { class: "label" }, name, row.kind === "group" && !row.scored ? null : by));
      const node = el("tr", { class: row.kind === "group" ? "group" : row.kind === "overall" ? "overall" : "child" }, header);
      return { row, node, header, tiles, cells: tiles.map((t, k) => el("td", { class: this.apart(this.models[k]) && "apart" }, t)), name };
    });
    this.body = el("tbody");
    this.table.append(this.body);
  },
  fold(id) {
    if (!this.folded.delete(id)) this.folded.add(id);
    set({ fold: [...this.folded].join(",") });
  },
  /** Order of the rows: groups stay together; a chosen model sorts the rows within and the groups among them. */
  rowOrder() {
    const chosen = this.models.findIndex((m) => m.key === state.rows);
    const index = [...this.rows.keys()];
    if (chosen < 0) return index;
    const score = (i) => { const v = this.read(this.value, this.at(modeIndex(), i, chosen, this.scoreIndex)); return finite(v) ? v : -1; };
    const blocks = [];
    index.forEach((i) => (this.rows[i].row.kind === "group" || this.rows[i].row.kind === "overall" ? blocks.push([i]) : (blocks.at(-1) || blocks[blocks.push([]) - 1]).push(i)));
    blocks.forEach((b) => b.splice(1, b.length, ...b.slice(1).sort((a, c) => score(c) - score(a))));
    const top = blocks.filter((b) => this.rows[b[0]].row.kind === "overall");
    return [...top, ...blocks.filter((b) => !top.includes(b)).sort((a, c) => score(c[0]) - score(a[0]))].flat();
  },
  columnOrder() {
    const i = this.F.rows.findIndex((r) => r.id === state.models);
    if (i < 0) return this.natural;
    const score = (m) => { const v = this.read(this.value, this.at(modeIndex(), i, m, this.scoreIndex)); return (this.models[m].mmem ? -9 : 0) + (finite(v) ? v : -1); };
    return [...this.natural].sort((a, b) => score(b) - score(a));
  },
  refresh() {
    for (const [key, value] of [["region", head().regions[regionIndex()].name], ["score", this.score()], ["scale", this.scale()], ["mode", modeName()]]) this.controls[key] && this.controls[key].show(value);
    this.scoreIndex = this.F.scores.indexOf(this.score());
    this.arrange();
    this.rows.forEach((r, i) => this.paint(r, i));
    this.table.classList.toggle("marked", state.marks === "1");
    this.key();
    this.differences();
    if (!this.table.querySelector('.tile[tabindex="0"]')) this.table.querySelector(".tile")?.setAttribute("tabindex", "0");
  },
  arrange() {
    const columns = this.columnOrder();
    const rows = this.rowOrder();
    const key = `${columns}|${rows}|${[...this.folded]}`;
    this.heads.forEach((h, m) => h.setAttribute("aria-sort", this.models[m].key === state.rows ? "descending" : "none"));
    this.rows.forEach((r) => r.header.setAttribute("aria-sort", r.row.id === state.models ? "descending" : "none"));
    if (key === this.arranged) return;
    [this.arranged, this.columns, this.order] = [key, columns, rows];
    this.headRow.append(...columns.map((m) => this.heads[m]));
    this.ruleRow.append(...columns.map((m) => this.rules[m]));
    this.rows.forEach((r) => r.node.append(...columns.map((m) => r.cells[m])));
    this.body.append(...rows.map((i) => this.rows[i].node));
    this.rows.forEach((r) => {
      const shut = this.folded.has(`group:${r.row.group}`);
      if (r.row.kind === "group") r.name.setAttribute("aria-expanded", String(!shut));
      else r.node.hidden = shut && r.row.kind !== "overall";
    });
  },
  /** The statistics of a row that its cells are seen against. */
  context(i) {
    const mode = modeIndex();
    const cells = this.models.map((m, k) => { const q = this.at(mode, i, k, this.scoreIndex); return { v: this.read(this.value, q), low: this.read(this.low, q), high: this.read(this.high, q), mmem: m.mmem }; });
    const real = cells.filter((c) => finite(c.v) && !c.mmem);
    const mean = real.reduce((a, c) => a + c.v, 0) / real.length;
    const std = Math.max(0.02, Math.sqrt(real.reduce((a, c) => a + (c.v - mean) ** 2, 0) / real.length));
    const sorted = [...real].sort((a, b) => a.v - b.v);
    const middle = sorted.length > 2 ? sorted[(sorted.length - 1) >> 1] : null;
    cells.forEach((c) => {
      c.z = (c.v - mean) / std;
      c.like = !this.spread && !!middle && finite(c.low) && finite(middle.low) && c.low <= middle.high && c.high >= middle.low;
      c.rank = 1 + real.filter((o) => o.v > c.v).length;
      c.of = real.length;
    });
    return cells;
  },
  paint(r, i) {
    const cells = this.context(i);
    const relative = this.scale() === "relative";
    const numbers = this.numbers();
    const other = head().modes.findIndex((m) => m !== modeName());
    r.cells0 = cells;
    r.tiles.forEach((tile, k) => {
      const c = cells[k];
      const model = this.models[k];
      const why = this.failed.get(`${model.name}\n${r.row.id}`);
      const label = tile.firstChild;
      let name = "tile";
      if (finite(c.v)) {
        const rgb = relative ? relativeColour(c.z) : colour("viridis", c.v);
        const on = onColour(rgb);
        tile.style.background = css(rgb);
        tile.style.color = on;
        tile.style.setProperty("--on", on);
        if (c.like) name += " like";
        if (other >= 0 && Math.abs(this.read(this.value, this.at(other, i, k, this.scoreIndex)) - c.v) > 0.01) name += " differs";
        label.textContent = numbers ? fixed(c.v) : "";
      } else {
        tile.style.background = "";
        tile.style.color = "";
        name += why ? " failed" : " none";
        label.textContent = why ? "\u2013" : "";
      }
      tile.className = name;
      if (r.row.page) tile.setAttribute("href", link(r.row.page, { model: model.name }));
      const text = finite(c.v) ? `${fixed(c.v)}${finite(c.low) ? ` (${range(c.low, c.high)})` : ""}${c.mmem || this.spread ? "" : `, rank ${c.rank} of ${c.of}`}` : why ? `failed: ${why}` : "no score";
      tile.setAttribute("aria-label", `${this.spread ? `${model.name}, ${model.label}` : model.label}, ${rowName(r.row)}: ${text}`);
    });
  },
  describe(i, k) {
    const { row, cells0 } = this.rows[i];
    const c = cells0[k];
    const model = this.models[k];
    const content = [el("strong", { text: model.mmem ? "Multi-model mean" : model.name }), el("span", { text: rowName(row), style: "display:block;color:var(--soft)" })];
    const why = this.failed.get(`${model.name}\n${row.id}`);
    if (!finite(c.v)) return [...content, el("p", { text: why || (this.scoreIndex > 0 ? "This row has no such score." : "Not scored.") })];
    const list = el("dl");
    this.F.scores.forEach((name, s) => {
      const q = this.at(modeIndex(), i, k, 0) - (model.score ?? 0) + s;
      const v = this.read(this.value, q);
      if (!finite(v)) return;
      const bar = el("i");
      bar.style.width = `${100 * v}%`;
      list.append(el("dt", { text: title(name) }), el("dd", { text: `${fixed(v, 3)} ${range(this.read(this.low, q), this.read(this.high, q)) && `(${range(this.read(this.low, q), this.read(this.high, q))})`}` }), el("dd", { class: "bar" }, bar));
    });
    content.push(list);
    const facts = [];
    if (!c.mmem && c.of > 1 && !this.spread) facts.push(`Rank ${c.rank} of ${c.of}, ${fixed(c.z, 1)} standard deviations from the mean.`);
    if (c.like) facts.push("Not distinguishable from the median model.");
    head().modes.forEach((mode, m) => {
      const v = this.read(this.value, this.at(m, i, k, this.scoreIndex));
      if (mode !== modeName() && finite(v) && Math.abs(v - c.v) > 0.01) facts.push(`${mode} gives ${fixed(v, 3)}.`);
    });
    return facts.length ? [...content, el("p", { text: facts.join(" ") })] : content;
  },
  key() {
    const relative = this.scale() === "relative";
    const gradient = el("span", { class: "ramp" });
    const shade = (t) => (relative ? relativeColour(4 * t - 2) : colour("viridis", t));
    gradient.style.background = `linear-gradient(90deg, ${Array.from({ length: 9 }, (_, i) => css(shade(i / 8))).join(", ")})`;
    this.legend.replaceChildren(
      el("span", { class: "scale" }, el("span", { text: relative ? "worse, \u22122 std" : "0" }), gradient, el("span", { text: relative ? "+2 std, better" : "1, perfect" })),
      ...(!this.spread ? [el("span", { class: "key" }, el("span", { class: "swatch like" }), "as the median model")] : []),
      ...(head().failed.length ? [el("span", { class: "key" }, el("span", { class: "swatch failed", text: "\u2013" }), "could not be compared")] : []),
      this.menu);
  },
  differences() {
    const note = byId("differ");
    const other = head().modes.findIndex((m) => m !== modeName());
    if (other < 0) return;
    let [count, all, most, where] = [0, 0, 0, ""];
    this.rows.forEach((r, i) => r.cells0.forEach((c, k) => {
      const v = this.read(this.value, this.at(other, i, k, this.scoreIndex));
      if (!finite(v) || !finite(c.v)) return;
      all += 1;
      count += Math.abs(v - c.v) > 0.01;
      if (Math.abs(v - c.v) > most) [most, where] = [Math.abs(v - c.v), `${this.models[k].name}, ${rowName(r.row)}`];
    }));
    note.hidden = !count;
    note.replaceChildren(`The modes ${listed(head().modes)} differ by more than 0.01 in ${count} of ${all} scores here, at most by ${fixed(most)} (${where}). Shown: ${modeName()}. `,
      el("button", { type: "button", class: "link", text: state.marks === "1" ? "Hide the marks" : "Mark them", onclick: () => set({ marks: state.marks === "1" ? "" : "1" }) }));
  },
  move(e) {
    const tile = e.target.closest(".tile");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -99], End: [0, 99] }[e.key];
    if (!tile || !step) return;
    e.preventDefault();
    const shown = this.order.filter((i) => !this.rows[i].node.hidden);
    const row = clamp(shown.indexOf(Number(tile.dataset.row)) + step[0], 0, shown.length - 1);
    const column = clamp(this.columns.indexOf(Number(tile.dataset.model)) + step[1], 0, this.columns.length - 1);
    const next = this.rows[shown[row]].tiles[this.columns[column]];
    this.table.querySelectorAll('.tile[tabindex="0"]').forEach((t) => t.setAttribute("tabindex", "-1"));
    next.setAttribute("tabindex", "0");
    next.focus();
  },
  /** The portrait as a figure for downloads. */
  spec() {
    const shown = this.order.filter((i) => !this.rows[i].node.hidden);
    const labels = shown.map((i) => rowName(this.F.rows[i]));
    return {
      title: () => `${head().title}: ${title(this.score())}`,
      note: () => `${head().regions[regionIndex()].title}, ${modeName()}, ${this.scale()} scale`,
      draw: () => {
        const [left, w, h, top] = [340, 34, 23, 150];
        const svg = canvas(left + w * this.columns.length + 20, top + h * shown.length + 8);
        this.columns.forEach((m, j) => {
          const x = left + (j + 0.5) * w + 4;
          svg.append(sv("text", { class: "ink", x, y: top - 14, transform: `rotate(-60 ${x} ${top - 14})`, text: this.models[m].label }),
            sv("rect", { x: left + j * w, y: top - 7, width: w - 2, height: 3, fill: safeColour(familyOf(this.models[m]).colour) }));
        });
        shown.forEach((i, y) => {
          svg.append(sv("text", { class: this.F.rows[i].kind === "state" || this.F.rows[i].kind === "relationship" ? "ink" : "strong", x: left - 10, y: top + y * h + 15, "text-anchor": "end", text: labels[y] }));
          this.columns.forEach((m, j) => {
            const c = this.rows[i].cells0[m];
            if (!finite(c.v)) return;
            const rgb = this.scale() === "relative" ? relativeColour(c.z) : colour("viridis", c.v);
            svg.append(sv("rect", { x: left + j * w, y: top + y * h, width: w - 2, height: h - 2, rx: 2, fill: hex(rgb) }));
            svg.append(sv("text", { x: left + (j + 0.5) * w - 1, y: top + y * h + 14.5, "text-anchor": "middle", style: `fill:${onColour(rgb)}`, text: fixed(c.v) }));
          });
        });
        return svg;
      },
      csv: () => [["row", "note", "model", "region", "mode", "score", "value", "low", "high", "relative"], ...shown.flatMap((i) => this.columns.map((m) => {
        const c = this.rows[i].cells0[m];
        const number = (v, n = 4) => (finite(v) ? Number(v.toFixed(n)) : null);
        return [this.F.rows[i].title, this.F.rows[i].note, this.models[m].name, head().regions[regionIndex()].name, modeName(), this.F.scores[this.models[m].score ?? this.scoreIndex], number(c.v), number(c.low), number(c.high), number(c.z, 3)];
      }))],
    };
  },
};
function familySection() {
  const tree = DATA.front.tree;
  const links = tree.linkage || [];
  const names = tree.models || head().models.filter((m) => !m.mmem).map((m) => m.name);
  if (links.length < 2 || links.length !== names.length - 1) return;
  const section = byId("families");
  const large = head().families.filter((f) => f.name && f.models.length > 1);
  const p = tree.p_value;
  const finding = !finite(p) ? "Whether models of one family score alike cannot be tested here: too few families have two scored models."
    : `Models that share a land model score ${p < 0.05 ? "more alike than chance allows" : "no more alike than chance would have it"} (p = ${p < 0.001 ? "< 0.001" : fixed(p, 3)}, permutation of the family names).`.replace("= <", "<");
  section.hidden = false;
  section.append(el("h2", { text: "Families of models" }), el("div", { class: "two" },
    figure({ title: () => "Models by the likeness of their scores", note: () => finding, draw: (w) => dendrogram(w, names, links),
      csv: () => [["first", "second", "distance", "models"], ...links] }),
    el("div", {}, large.map((f) => el("p", {}, el("span", { class: "dot", "--c": safeColour(f.colour) }), el("strong", { text: f.name }), ` ${listed(f.models.map((m) => head().models[m].name))}`)),
      el("p", { class: "soft", text: `Distance: root mean square difference of the models' relative scores over all rows, regions and components. Statistic: ${tree.statistic || "mean distance within families minus mean distance between them"}.` }))));
}

/* ---- pages ---- */

const chosenModel = () => head().models[Math.max(0, modelIndex())];
const regionTitle = () => head().regions[regionIndex()].title;
const failure = (model, row) => head().failed.find((f) => f.model === model.name && f.row === row)?.why;
const lossText = (model, row) => {
  const why = failure(model, row);
  return why ? `${model.name} could not be compared: ${why}` : `${model.name} has no data here.`;
};
/** The model to begin with: the one in the address, else the best of the page. */
function firstModel(table, name) {
  const s = table.scores.indexOf(name);
  const best = head().models.map((m, k) => [m.mmem ? -2 : at(table.value, modeIndex(), regionIndex(), k, s) ?? -1, k]).sort((a, b) => b[0] - a[0])[0];
  if (modelIndex() < 0 && best) state.model = head().models[best[1]].name;
}
function pageControls(more = []) {
  const region = regionControl();
  const model = select("Model", modelOptions(), chosenModel().name, (v) => set({ model: v }));
  const mode = modeControl();
  byId("controls").append(...[region, model, mode, ...more].filter(Boolean));
  return () => { region.show(head().regions[regionIndex()].name); model.show(chosenModel().name); if (mode) mode.show(modeName()); };
}

/** The sortable table of all models of a row. columns: names of scores. */
function scoreTable(section, data, columns, caption) {
  const { table, row } = data;
  const known = columns.filter((c) => table.scores.includes(c));
  const isScore = (name) => name.endsWith("_score");
  /** Decimals of a column: two for scores and ratios, else as many as give its median three digits. */
  const digits = (name) => {
    if (isScore(name) || name.includes("correlation") || name.includes("ratio")) return 2;
    const sizes = head().models.map((_, k) => Math.abs(at(table.value, modeIndex(), regionIndex(), k, table.scores.indexOf(name)) ?? NaN)).filter(finite);
    if (sizes.every(Number.isInteger)) return 0;
    const size = median(sizes);
    return size > 0 ? clamp(2 - Math.floor(Math.log10(size)), 0, 6) : 2;
  };
  const body = el("tbody");
  const sortBy = (name) => set(state.by === name ? { dir: state.dir === "up" ? "" : "up" } : { by: name, dir: "" });
  const split = known.findIndex((name) => !isScore(name));
  const over = split > 0 && el("tr", {}, el("td"), el("th", { scope: "colgroup", class: "n", colspan: split, text: "Scores, 0 to 1" }), el("th", { scope: "colgroup", class: "n", colspan: known.length - split, text: "Quantities" }));
  const heads = known.map((name, i) => el("th", { scope: "col", class: i === split ? "n gap" : "n" }, el("button", { type: "button", onclick: () => sortBy(name), text: title(name) }),
    ...(table.units[table.scores.indexOf(name)] ? [el("small", { text: niceUnits(table.units[table.scores.indexOf(name)]) })] : [])));
  const self = {
    spec: { title: () => `${document.querySelector("h1").textContent.replace(/\s+/g, " ")}: scores`, note: () => `${regionTitle()}, ${modeName()}`,
      draw: () => forest(700, data, known[0]),
      csv: () => [["model", "region", "mode", "score", "value", "low", "high", "units"], ...head().models.flatMap((m, k) => known.map((name) => {
        const s = table.scores.indexOf(name);
        const pick = (part) => at(table[part], modeIndex(), regionIndex(), k, s);
        return [m.name, regionTitle(), modeName(), name, pick("value"), pick("low"), pick("high"), table.units[s]];
      }))] },
    width: 700,
  };
  section.append(el("figure", {}, el("figcaption", {}, el("h2", { text: "Scores" }), saveMenu(() => self), el("p", { text: caption })),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Scores of all models" }, el("table", { class: "scores", "--columns": known.length + 1.4 }, el("thead", {}, over, el("tr", {}, el("th", { scope: "col", text: "Model" }), heads)), body))));
  return () => {
    const by = known.includes(state.by) ? state.by : known[0];
    heads.forEach((h, k) => h.setAttribute("aria-sort", known[k] === by ? (state.dir === "up" ? "ascending" : "descending") : "none"));
    const places = known.map(digits);
    const value = (part, k, name) => at(table[part], modeIndex(), regionIndex(), k, table.scores.indexOf(name));
    const order = [...head().models.keys()].sort((a, b) => {
      const [x, y] = [value("value", a, by), value("value", b, by)];
      if (!finite(x) || !finite(y)) return finite(y) - finite(x);
      return state.dir === "up" ? x - y : y - x;
    });
    body.replaceChildren(...order.map((k) => {
      const m = head().models[k];
      const why = failure(m, row.id);
      const name = el("th", { scope: "row" }, el("button", { class: "pick", type: "button", onclick: () => set({ model: m.name }) }, el("span", { class: "dot", "--c": m.mmem ? "var(--ink)" : safeColour(familyOf(m).colour) }), m.mmem ? "Multi-model mean" : m.name));
      if (why) return el("tr", { class: "failed" }, name, el("td", { colspan: known.length, text: why }));
      return el("tr", { class: m.name === chosenModel().name ? "chosen" : "" }, name, known.map((c, i) => {
        const [v, low, high] = ["value", "low", "high"].map((part) => value(part, k, c));
        const text = fixed(v, places[i]);
        const interval = finite(low) && finite(high) ? (isScore(c) ? range(low, high) : `\u00b1${fixed((high - low) / 2, places[i])}`) : "";
        return el("td", { class: i === split ? "n gap" : "n", title: finite(low) && finite(high) ? `95 %: ${fixed(low, places[i])} to ${fixed(high, places[i])}` : null }, text, i === 0 && finite(v) ? strip(v, low, high) : null, interval ? el("small", { text: interval }) : null);
      }));
    }));
  };
}
function strip(v, low, high) {
  const bar = el("i");
  bar.style.left = `${100 * clamp(finite(low) ? low : v, 0, 1)}%`;
  bar.style.width = `${100 * clamp(finite(high) ? high - low : 0, 0, 1)}%`;
  const dot = el("b");
  dot.style.left = `${100 * clamp(v, 0, 1)}%`;
  return el("span", { class: "strip", "aria-hidden": "true" }, bar, dot);
}
/** Scores with intervals as a figure: the form in which the table is downloaded. */
function forest(width, { table }, name) {
  const s = table.scores.indexOf(name);
  const rows = head().models.map((m, k) => ({ m, ...Object.fromEntries(["value", "low", "high"].map((p) => [p, at(table[p], modeIndex(), regionIndex(), k, s)])) })).filter((r) => finite(r.value)).sort((a, b) => b.value - a.value);
  const svg = canvas(width, rows.length * 24 + 34);
  const X = (v) => 220 + v * (width - 240);
  ticks(0, 1, 5).forEach((v) => svg.append(sv("path", { class: "gridline", d: `M${X(v)} 0V${rows.length * 24 + 6}` }), sv("text", { x: X(v), y: rows.length * 24 + 24, "text-anchor": "middle", text: fixed(v, 1) })));
  rows.forEach((r, i) => {
    const y = i * 24 + 14;
    const dot = mark(r.m, 4.5);
    dot.setAttribute("transform", `translate(${X(r.value)} ${y})`);
    svg.append(sv("text", { class: "ink", x: 206, y: y + 4, "text-anchor": "end", text: r.m.name }), finite(r.low) ? sv("path", { class: "axis", "stroke-width": 2, d: `M${X(r.low)} ${y}H${X(r.high)}` }) : "", dot);
  });
  return svg;
}
function notes(section, warnings) {
  if (!warnings.length) return;
  const grouped = new Map();
  warnings.forEach((w) => grouped.set(w.text, [...(grouped.get(w.text) || []), w.model]));
  section.append(el("h2", { text: "Notes" }), el("ul", { class: "notes" }, [...grouped].map(([text, models]) => el("li", {}, el("strong", { text: listed(models) }), `: ${text}`))));
}

/** Several references of one quantity: what they say together of each model. */
function consensusTable(section, { consensus, row }) {
  if (!consensus) return () => {};
  const of = (name, k) => at(consensus.value, modeIndex(), regionIndex(), k, consensus.scores.indexOf(name));
  const inside = (v) => (finite(v) ? (v === 1 ? "inside" : "outside") : "\u2013");
  const columns = [["Score against all", (k) => fixed(of("consensus_overall_score", k))], ["Best minus worst", (k) => fixed(of("overall_score_spread", k))],
    ["Mean", (k) => inside(of("mean_inside_reference_spread", k))], ["Months inside", (k) => (finite(of("months_inside_reference_spread", k)) ? `${of("months_inside_reference_spread", k)} of 12` : "\u2013")]];
  const body = el("tbody");
  const lead = el("p", { class: "measure soft" });
  section.hidden = false;
  section.append(el("h2", { text: "All references together" }), lead, el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "All references together" },
    el("table", { class: "scores", "--columns": 4 }, el("thead", {}, el("tr", {}, el("th", { scope: "col", text: "Model" }), columns.map(([name]) => el("th", { scope: "col", class: "n", text: name })))), body)));
  return () => {
    const known = head().models.map((m, k) => [m, k]).filter(([, k]) => finite(of("consensus_overall_score", k)));
    const within = known.filter(([, k]) => of("mean_inside_reference_spread", k) === 1).map(([m]) => m.name);
    const judged = known.some(([, k]) => finite(of("mean_inside_reference_spread", k)));
    lead.textContent = `${listed(consensus.references)} differ among themselves${finite(of("reference_spread", known[0]?.[1])) ? ` by ${short(of("reference_spread", known[0][1]), 2)} ${niceUnits(row.units)} (standard deviation of their means, ${regionTitle()})` : ""}. ${judged ? (within.length ? `The mean of ${listed(within)} lies inside their spread.` : "No model's mean lies inside their spread.") : ""}`;
    known.sort((a, b) => of("consensus_overall_score", b[1]) - of("consensus_overall_score", a[1]));
    body.replaceChildren(...known.map(([m, k]) => el("tr", { class: m === chosenModel() ? "chosen" : "" }, el("th", { scope: "row", text: m.name }), columns.map(([, text]) => el("td", { class: "n", text: text(k) })))));
  };
}

function comparisonPage() {
  const file = document.body.dataset.row;
  const data = DATA[`c-${file}`];
  const { row, table } = data;
  firstModel(table, "overall_score");
  let pair = null;
  let shown = null;
  const units = row.units;
  const show = pageControls();
  const score = (name, k = head().models.indexOf(chosenModel())) => at(table.value, modeIndex(), regionIndex(), k, table.scores.indexOf(name));
  const updateTable = scoreTable(byId("table"), data,
    ["overall_score", "bias_score", "rmse_score", "seasonal_cycle_score", "interannual_score", "spatial_score", "bias", "rmse", "phase_shift", "spatial_correlation", "spatial_std_ratio", "temporal_correlation"],
    "Every model, with 95 % intervals below. Choose a model to see it in the figures.");

  const allRanges = (layers, pick) => Object.values(data.range).flatMap((r) => layers.map((l) => r[l]).filter(Boolean).map(pick)).filter(finite);
  const scales = {
    mean: () => ({ low: Math.min(...allRanges(["reference_mean", "model_mean"], (r) => r[0])), high: Math.max(...allRanges(["reference_mean", "model_mean"], (r) => r[1])), palette: row.colormap || "viridis", units }),
    bias: () => { const m = median(allRanges(["bias"], (r) => Math.max(Math.abs(r[0]), Math.abs(r[1])))) || 1; return { low: -m, high: m, palette: row.variable === "air_temperature" ? "RdBu_r" : "BrBG", units }; },
    rmse: () => ({ low: 0, high: Math.max(...allRanges(["rmse"], (r) => r[1])) || 1, palette: "Reds", units }),
    phase: () => ({ low: 0.5, high: 12.5, palette: "twilight", ticks: [1, 4, 7, 10], labels: ["Jan", "Apr", "Jul", "Oct"], cyclic: true, text: (v) => MONTHS[(Math.round(v) + 11) % 12] }),
    shift: () => ({ low: -6, high: 6, palette: "twilight_shifted", ticks: [-6, -3, 0, 3, 6], units: "months", cyclic: true }),
    score: () => ({ low: 0, high: 1, palette: "viridis" }),
  };
  const span = () => ({ region: regionTitle(), model: chosenModel().name });
  const layers = [
    ["reference_mean", () => `${row.reference}, mean`, "mean", () => (finite(score("reference_period_mean")) ? `${short(score("reference_period_mean"))} ${niceUnits(units)} over ${regionTitle()}` : "")],
    ["model_mean", () => `${span().model}, mean`, "mean", () => (finite(score("period_mean")) ? `${short(score("period_mean"))} ${niceUnits(units)} over ${regionTitle()}` : "")],
    ["bias", () => "Bias, model minus reference", "bias", () => biasText(score("bias"), units, row)],
    ["rmse", () => "Root-mean-square error", "rmse", () => (finite(score("rmse")) ? `${short(score("rmse"))} ${niceUnits(units)} over ${regionTitle()}` : "")],
    ["reference_phase", () => `${row.reference}, month of the maximum`, "phase", () => ""],
    ["model_phase", () => `${span().model}, month of the maximum`, "phase", () => ""],
    ["phase_shift", () => "Phase shift, model minus reference", "shift", () => (finite(score("phase_shift")) ? `${short(score("phase_shift"), 2)} months on average over ${regionTitle()}` : "")],
  ];
  const scored = ["bias_score", "rmse_score", "seasonal_cycle_score", "interannual_score"].map((n) => [n, () => `${title(n)} score`, "score", () => (finite(score(n)) ? `${fixed(score(n))} over ${regionTitle()}` : "")]);
  const mapFigure = ([layer, name, kind, note]) => {
    const held = () => pair && pair.maps && field(pair.maps, DATA.grids || {});
    return figure({
      title: name, note, empty: () => (shown === "loading" ? "Loading the maps." : lossText(chosenModel(), row.id)),
      draw(width) {
        const f = held();
        const values = f && f.layer(layer);
        if (!values) return null;
        const mask = !f.sites && f.grid.masks && f.grid.masks[regionIndex()];
        return drawMap(width, { field: f, values, scale: scales[kind](), mask });
      },
      csv: () => mapRows(held(), { [layer]: held().layer(layer) }),
    });
  };
  const anyPair = Object.values(data.range)[0] || {};
  if (Object.keys(data.range).length) {
    const present = (l) => l[0] in anyPair;
    const part = (from, to) => layers.slice(from, to).filter(present).map(mapFigure);
    byId("maps").append(el("h2", { text: "Maps" }), el("div", { class: "grid maps" }, part(0, 4)), el("div", { class: "grid", "--min": "19rem" }, part(4)));
    if (scored.some(present)) byId("maps").append(el("details", { class: "more", ontoggle: () => redrawFigures() }, el("summary", { text: "Maps of the scores" }), el("div", { class: "grid maps" }, scored.filter(present).map(mapFigure))));
  }

  const hasTime = table.scores.includes("temporal_std_ratio");
  const kind = () => (state.taylor === "time" && hasTime ? "temporal" : "spatial");
  const points = () => head().models.map((model, k) => ({ model, sigma: score(`${kind()}_std_ratio`, k), r: score(`${kind()}_correlation`, k), big: model === chosenModel() })).filter((p) => finite(p.sigma) && finite(p.r));
  const switcher = hasTime && segments("Statistics", [{ value: "space", label: "In space" }, { value: "time", label: "In time" }], state.taylor === "time" ? "time" : "space", (v) => set({ taylor: v }));
  byId("patterns").append(
    el("div", {}, el("h2", { text: "Pattern" }), figure({
      title: () => `Taylor diagram, ${kind() === "spatial" ? "period means over cells" : "monthly means of the region"}`,
      note: () => { const p = points().find((q) => q.big); return p ? `${p.model.name}: correlation ${fixed(p.r)}, ${fixed(p.sigma)} times the reference's standard deviation, ${regionTitle()}` : regionTitle(); },
      draw: (w) => taylor(Math.min(w, 520), points()), csv: () => [["model", "region", "statistics", "correlation", "std_ratio"], ...points().map((p) => [p.model.name, regionTitle(), kind(), p.r, p.sigma])],
    }), switcher || ""),
    el("div", {}, el("h2", { text: "Cells" }), figure({
      title: () => "Period means of all cells", empty: () => lossText(chosenModel(), row.id),
      note: () => `${chosenModel().name} against ${row.reference}, ${regionTitle()}; shade: number of cells`,
      draw(w) {
        const cells = pair && pair.scatter && pair.scatter[regionIndex()];
        const most = cells ? Math.max(...cells.flat()) : 0;
        if (!(most > 0)) return null;
        const size = Math.min(w, 520);
        return histogram2d({ width: size, height: size * 0.9, xLabel: `${row.reference}${unitText(units)}`, yLabel: `${chosenModel().name}${unitText(units)}` }, pair.scatter_edges, pair.scatter_edges, cells, most, (f) => diagonal(f, pair.scatter_edges));
      },
      csv: () => [["reference_from", "model_from", "cells"], ...pair.scatter[regionIndex()].flatMap((c, i) => c.map((v, j) => [pair.scatter_edges[i], pair.scatter_edges[j], v])).filter((r) => r[2] > 0)],
    })));

  const cycleOf = (k, part, r) => at(data.cycles, k, part, r);
  const cycleRegions = head().regions.map((_, r) => r).filter((r) => head().models.some((_, k) => (cycleOf(k, "model", r) || []).some(finite)));
  if (cycleRegions.length) byId("cycles").append(el("h2", { text: "Annual cycles" }), el("p", { class: "measure soft", text: "The reference is the strong line, with one standard deviation of its months over the years; the chosen model is in colour, the others are thin." }),
    el("div", { class: "grid", "--min": "19rem" }, cycleRegions.map((r) => figure({
      title: () => head().regions[r].title,
      note: () => cycleNote(cycleOf(head().models.indexOf(chosenModel()), "reference", r), cycleOf(head().models.indexOf(chosenModel()), "model", r), chosenModel()),
      draw: (w) => cycleChart(w, r),
      csv: () => [["series", ...MONTHS], ["reference", ...(referenceCycle(r) || [])], ...head().models.map((m, k) => [m.name, ...(cycleOf(k, "model", r) || [])])],
    }))));
  function referenceCycle(r, part = "reference") {
    const own = cycleOf(head().models.indexOf(chosenModel()), part, r);
    return own || head().models.map((_, k) => cycleOf(k, part, r)).find(Boolean);
  }
  function cycleChart(width, r) {
    const reference = referenceCycle(r) || [];
    const spread = referenceCycle(r, "spread") || [];
    const upper = reference.map((v, m) => v + (spread[m] || 0));
    const lower = reference.map((v, m) => v - (spread[m] || 0));
    const y = extent([...upper, ...lower, ...head().models.flatMap((_, k) => cycleOf(k, "model", r) || [])]);
    if (!y) return null;
    const f = frame({ width, height: 205, x: [0, 11], y, xTicks: monthTicks(width), xLabels: monthTicks(width).map((m) => MONTHS[m]), yLabel: niceUnits(units) });
    const months = [...Array(12).keys()];
    if (spread.some(finite)) f.svg.append(sv("path", { class: "band", d: `${path(months, upper, f.X, f.Y)}L${path([...months].reverse(), [...lower].reverse(), f.X, f.Y).slice(1)}Z` }));
    const order = [...head().models.keys()].sort((a, b) => (head().models[a] === chosenModel()) - (head().models[b] === chosenModel()));
    order.forEach((k) => { const c = cycleOf(k, "model", r); if (c) f.svg.append(modelLine(head().models[k], path(months, c, f.X, f.Y), { chosen: head().models[k] === chosenModel() })); });
    f.svg.append(sv("path", { class: "reference", d: path(months, reference, f.X, f.Y) }));
    return f.svg;
  }
  byId("series").append(el("h2", { text: "Month by month" }), figure({
    title: () => `Mean of ${regionTitle()}`,
    note: () => { const [r, s] = [score("temporal_correlation"), score("temporal_std_ratio")]; return `${row.reference} in plain ink, ${chosenModel().name} in colour${finite(r) ? `; correlation ${fixed(r)}` : ""}${finite(s) ? `, ${fixed(s)} times the variability` : ""}`; },
    empty: () => lossText(chosenModel(), row.id),
    draw(width) {
      const [a, b] = ["series_reference", "series_model"].map((n) => pair && pair[n] && pair[n][regionIndex()]);
      const y = a && b && extent([...a, ...b]);
      if (!y) return null;
      const start = pair.months[0] / 12;
      const xs = a.map((_, i) => start + (i + 0.5) / 12);
      const f = frame({ width, height: 235, x: [start, start + a.length / 12], y, xTicks: years(start, start + a.length / 12, width), xLabels: years(start, start + a.length / 12, width).map(String), yLabel: niceUnits(units) });
      f.svg.append(sv("path", { class: "family", "--c": safeColour(familyOf(chosenModel()).colour), "stroke-width": 1.5, d: path(xs, b, f.X, f.Y) }), sv("path", { class: "reference", "stroke-width": 1.2, style: "stroke-width:1.2", d: path(xs, a, f.X, f.Y) }));
      return f.svg;
    },
    csv: () => [["year", "month", "reference", "model"], ...pair.series_reference[regionIndex()].map((v, i) => [Math.floor((pair.months[0] + i) / 12), ((pair.months[0] + i) % 12) + 1, v, pair.series_model[regionIndex()][i]])],
  }));
  const columns = head().models.filter((m) => m.layers && m.layers.length && !m.mmem).map((model) => ({ model, layers: model.layers }));
  if (row.depth && columns.length) byId("layers").append(el("h2", { text: "Soil layers" }), figure({
    title: () => `Model layers against ${plain(100 * row.depth[0])}\u2013${plain(100 * row.depth[1])} cm`, note: () => layerNote(columns, row.depth),
    draw: (w) => layerDiagram(Math.min(w, Math.max(260, 60 + 78 * columns.length)), columns, row.depth, chosenModel().name), csv: () => [["model", "layer", "top_m", "bottom_m"], ...columns.flatMap((c) => c.layers.map(([a, b], i) => [c.model.name, i + 1, a, b]))],
  }));
  notes(byId("notes"), data.warnings);

  const updateConsensus = consensusTable(byId("consensus"), data);
  redraw = () => {
    show();
    updateTable();
    updateConsensus();
    const key = `p-${chosenModel().file}__${file}`;
    if (shown === key) return redrawFigures();
    if (!(key in DATA)) shown = "loading";
    const want = data.held[head().models.indexOf(chosenModel())] ? load(key).catch(() => null) : Promise.resolve(null);
    return want.then((found) => {
      if (key !== `p-${chosenModel().file}__${file}`) return;
      [pair, shown] = [found, key];
      redrawFigures();
    });
  };
}
const monthTicks = (width) => (width < 280 ? [0, 3, 6, 9] : [0, 2, 4, 6, 8, 10]);
function years(low, high, width) {
  const step = [1, 2, 5, 10, 20, 50].find((s) => (high - low) / s <= width / 60) || 100;
  const out = [];
  for (let v = Math.ceil(low / step) * step; v <= high; v += step) out.push(v);
  return out;
}
function biasText(v, units, row) {
  if (!finite(v)) return "";
  const moist = row.variable === "soil_moisture";
  return `${Math.abs(v) < 1e-12 ? "no bias" : `${short(Math.abs(v))} ${niceUnits(units)} too ${v > 0 ? (moist ? "wet" : "high") : moist ? "dry" : "low"}`} over ${regionTitle()}`;
}
function cycleNote(reference, model, of) {
  if (!reference || !model || !model.some(finite)) return "";
  const peak = (c) => c.indexOf(Math.max(...c.filter(finite)));
  const [a, b] = [peak(reference), peak(model)];
  const late = ((b - a + 18) % 12) - 6;
  return `${of.name} peaks in ${MONTHS[b]}, ${late === 0 ? "as observed" : `${Math.abs(late)} month${Math.abs(late) > 1 ? "s" : ""} ${late > 0 ? "late" : "early"}`}`;
}
function layerNote(columns, [top, bottom]) {
  const cut = columns.filter((c) => c.layers.some(([a, b]) => a < bottom - 1e-6 && b > bottom + 1e-6));
  const thick = columns.filter((c) => c.layers[0][1] > bottom + 1e-6);
  const shallow = columns.filter((c) => c.layers.at(-1)[1] < bottom - 1e-6);
  const parts = [`The depth cuts through a layer in ${cut.length} of ${columns.length} models.`];
  if (thick.length) parts.push(`The first layer is thicker than the depth in ${listed(thick.map((c) => c.model.name))}.`);
  if (shallow.length) parts.push(`The column ends above it in ${listed(shallow.map((c) => c.model.name))}.`);
  return `${parts.join(" ")} Coloured: what is compared; green: part of a layer that is cut.`;
}

function relationshipPage() {
  const file = document.body.dataset.row;
  const data = DATA[`r-${file}`];
  const { row, table, curves } = data;
  firstModel(table, "relationship_score");
  const show = pageControls();
  const index = () => head().models.indexOf(chosenModel());
  const xName = `${row.independent.title}${unitText(row.independent.units)}`;
  const yName = `${row.dependent.title}${unitText(row.dependent.units)}`;
  const of = (k, part) => at(curves, k, part, regionIndex());
  const centres = (k) => curves[k].x_edges.slice(1).map((v, i) => (v + curves[k].x_edges[i]) / 2);
  const valid = (k, who) => (of(k, `${who}_mean`) || []).map((v, i) => (at(of(k, `${who}_valid`), i) === 0 ? null : v));
  const anyModel = () => (curves[index()] ? index() : curves.findIndex(Boolean));
  const score = (k) => at(table.value, modeIndex(), regionIndex(), k, table.scores.indexOf("relationship_score"));
  let pair = null;
  let shown = null;

  const limits = (models) => {
    const held = models.filter((k) => curves[k]);
    const x = extent(held.flatMap((k) => centres(k).filter((_, i) => finite(valid(k, "reference")[i]) || finite(valid(k, "model")[i]))), 0.04);
    const y = extent(held.flatMap((k) => [...valid(k, "reference"), ...valid(k, "model"), ...(of(k, "reference_q75") || []), ...(of(k, "reference_q25") || []), ...(models.length === 1 ? [...(of(k, "model_q25") || []), ...(of(k, "model_q75") || [])] : [])]));
    return x && y && { x, y };
  };
  function whiskers(f, k, who, attributes) {
    const [xs, mean, low, high] = [centres(k), valid(k, who), of(k, `${who}_q25`) || [], of(k, `${who}_q75`) || []];
    const aside = who === "model" ? 2.5 : 0;
    const lines = xs.map((x, i) => (finite(mean[i]) && finite(low[i]) && finite(high[i]) ? `M${(f.X(x) + aside).toFixed(1)} ${f.Y(low[i]).toFixed(1)}V${f.Y(high[i]).toFixed(1)}` : "")).join("");
    f.svg.append(sv("path", { ...attributes, style: "stroke-width:1", d: lines }), sv("path", { ...attributes, d: path(xs, mean, f.X, f.Y) }));
    xs.forEach((x, i) => finite(mean[i]) && f.svg.append(sv("circle", { class: who === "reference" ? "reference-fill" : "family-fill", "--c": attributes["--c"], cx: f.X(x).toFixed(1), cy: f.Y(mean[i]).toFixed(1), r: 3.1 })));
  }
  function responses(width, models, options) {
    const box = limits(options.within || models);
    if (!box) return null;
    const f = frame({ width, height: options.height, ...box, xLabel: options.labels ? xName : "", yLabel: options.labels ? yName : "" });
    models.filter((k) => curves[k] && (!options.whiskers || head().models[k] !== chosenModel())).forEach((k) =>
      f.svg.append(modelLine(head().models[k], path(centres(k), valid(k, "model"), f.X, f.Y), { coloured: true, chosen: options.bold && k === index(), focusable: models.length > 1, tip: finite(score(k)) ? `score ${fixed(score(k))}` : "" })));
    const r = models.length === 1 ? models[0] : anyModel();
    if (options.whiskers) {
      whiskers(f, r, "reference", { class: "reference" });
      if (curves[index()] && models.length === 1) whiskers(f, index(), "model", { class: "family", "stroke-width": 2, "--c": safeColour(familyOf(chosenModel()).colour) });
      validStrip(f, r);
    } else if (options.labels) whiskers(f, r, "reference", { class: "reference" });
    else f.svg.append(sv("path", { class: "reference", d: path(centres(r), valid(r, "reference"), f.X, f.Y) }));
    f.svg.querySelectorAll(".line").forEach((line) => {
      const on = (flag) => () => { f.svg.classList.toggle("forward", flag); line.classList.toggle("on", flag); if (flag && models.length > 1) line.querySelector(".family, .thin").style.strokeWidth = 2.6; else line.querySelector(".family, .thin").style.strokeWidth = ""; };
      ["pointerenter", "focus"].forEach((n) => line.addEventListener(n, on(true)));
      ["pointerleave", "blur"].forEach((n) => line.addEventListener(n, on(false)));
    });
    return f.svg;
  }
  /** Under the curves: which bins both have (filled), or only one (hollow). */
  function validStrip(f, k) {
    const [a, b] = [valid(k, "reference"), valid(k, "model")];
    centres(k).forEach((x, i) => {
      if (!finite(a[i]) && !finite(b[i])) return;
      const both = finite(a[i]) && finite(b[i]);
      f.svg.append(sv("rect", { x: f.X(x) - 3, y: f.bottom - 5, width: 6, height: 4, fill: both ? "var(--ink)" : "none", stroke: "var(--ink)", "stroke-width": 0.8, opacity: 0.75 }));
    });
  }
  const bins = (k) => { const [a, b] = [valid(k, "reference"), valid(k, "model")]; return [a.filter((v, i) => finite(v) && finite(b[i])).length, a.filter((v, i) => finite(v) || finite(b[i])).length]; };
  const curveRows = (models) => [["model", "x", "reference_mean", "reference_q25", "reference_q75", "model_mean", "model_q25", "model_q75", "valid_in_both"],
    ...models.filter((k) => curves[k]).flatMap((k) => centres(k).map((x, i) => [head().models[k].name, x, ...["reference_mean", "reference_q25", "reference_q75", "model_mean", "model_q25", "model_q75"].map((p) => at(of(k, p), i)), finite(valid(k, "reference")[i]) && finite(valid(k, "model")[i]) ? 1 : 0]))];
  const every = [...head().models.keys()];
  const leading = () => every.filter((k) => finite(score(k)) && !head().models[k].mmem).sort((a, b) => score(b) - score(a));
  const keys = el("div");
  byId("responses").append(
    el("div", {}, el("h2", { text: "All models" }), figure({
      title: () => `Response of ${row.dependent.title.toLowerCase()}`, note: () => { const l = leading(); return l.length > 1 ? `${regionTitle()}: ${head().models[l[0]].name} follows the reference (strong line, quartiles as whiskers) best, score ${fixed(score(l[0]))}; ${head().models[l.at(-1)].name} least, ${fixed(score(l.at(-1)))}` : regionTitle(); },
      draw: (w) => responses(w, every, { height: 390, labels: true, whiskers: false, bold: true }), csv: () => curveRows(every),
    }), keys),
    el("div", {}, el("h2", { text: "One model" }), figure({
      title: () => `${chosenModel().name} and ${row.dependent.reference}`, empty: () => lossText(chosenModel(), row.id),
      note: () => (curves[index()] ? `score ${fixed(score(index()))}, ${regionTitle()}; ${bins(index())[0]} of ${bins(index())[1]} bins hold enough cells in both (filled marks)` : ""),
      draw: (w) => (curves[index()] ? responses(w, [index()], { height: 390, labels: true, whiskers: true }) : null), csv: () => curveRows([index()]),
    })));
  const histogram = (who) => figure({
    title: () => (who === "reference" ? `${row.dependent.reference} against ${row.independent.reference}` : chosenModel().name),
    note: () => "share of cells, with the mean response", empty: () => lossText(chosenModel(), row.id),
    draw(width) {
      const k = index();
      const cells = pair && pair[`${who}_histogram`] && pair[`${who}_histogram`][regionIndex()];
      if (!cells || !curves[k]) return null;
      const most = Math.max(...["reference_histogram", "model_histogram"].flatMap((n) => pair[n][regionIndex()].flat()).filter(finite));
      if (!(most > 0)) return null;
      return histogram2d({ width, height: Math.min(380, width * 0.78), xLabel: xName, yLabel: yName }, curves[k].x_edges, curves[k].y_edges, cells, most,
        (f) => f.svg.append(sv("path", { class: "reference halo", fill: "none", d: path(centres(k), valid(k, who), f.X, f.Y) }), sv("path", { class: "reference", style: who === "model" ? `stroke:${safeColour(familyOf(chosenModel()).colour)}` : "", d: path(centres(k), valid(k, who), f.X, f.Y) })));
    },
    csv: () => [["x_from", "y_from", "fraction"], ...pair[`${who}_histogram`][regionIndex()].flatMap((c, i) => c.map((v, j) => [curves[index()].x_edges[i], curves[index()].y_edges[j], v])).filter((r) => r[2] > 0)],
  });
  byId("histograms").append(el("h2", { text: "Where the cells lie" }), el("div", { class: "two" }, histogram("reference"), histogram("model")));
  const others = every.filter((k) => curves[k]);
  if (others.length > 1) byId("panels").append(el("h2", { text: "Model by model" }), el("p", { class: "measure soft", text: `The reference is the strong line, the model is in colour. ${xName} across, ${yName} up.` }), el("div", { class: "grid many", "--min": "13.5rem" },
    others.map((k) => figure({ title: () => head().models[k].name, note: () => (finite(score(k)) ? `score ${fixed(score(k))}` : ""), draw: (w) => responses(w, [k], { height: 160, labels: false, whiskers: false, bold: true, within: others }), csv: () => curveRows([k]) }))));
  const updateTable = scoreTable(byId("table"), data, table.scores, "Every model, with 95 % intervals below.");
  notes(byId("notes"), data.warnings);
  redraw = () => {
    show();
    updateTable();
    keys.replaceChildren(keyList(others.map((k) => head().models[k]), chosenModel().name, (m) => set({ model: m.name })));
    const key = `p-${chosenModel().file}__${file}`;
    if (shown === key) return redrawFigures();
    return (curves[index()] ? load(key).catch(() => null) : Promise.resolve(null)).then((found) => {
      if (key !== `p-${chosenModel().file}__${file}`) return;
      [pair, shown] = [found, key];
      redrawFigures();
    });
  };
}

function multimodelPage() {
  const D = DATA.multimodel;
  const rowIndex = () => Math.max(0, D.rows.findIndex((r) => r.id === state.row));
  const row = () => D.rows[rowIndex()];
  const label = (r) => `${r.title}${r.note && !r.title.includes(r.note) ? `, ${r.note}` : ""}`;
  const rowControl = select("Comparison", D.rows.map((r) => ({ value: r.id, label: label(r) })), row().id, (v) => set({ row: v }));
  byId("controls").append(rowControl);
  const models = D.sources.map((name, k) => ({ name, k, model: D.model_of[k] >= 0 ? head().models.find((m) => m.name === name) : { name, family: -1, mmem: true } }));
  const single = models.filter((m) => D.model_of[m.k] >= 0);
  const find = (name) => models.find((m) => m.name === name);
  const [mean, high, low] = ["MMEM", "MMEM-high", "MMEM-low"].map(find);
  const referenceIndex = D.sources.indexOf("reference");
  const threshold = D.threshold || 0.6;
  const scoredSources = models.filter((m) => m.k !== referenceIndex && D.regions.some((_, r) => finite(at(D.tss, rowIndex(), m.k, r))));
  let maps = null;
  let shown = null;
  const held = () => maps && field(maps, {});
  const both = (name) => held() && held().layer(name);
  const quantile = (name, q) => { const v = Array.from(both(name) || []).filter(finite).sort((a, b) => a - b); return v.length ? v[Math.min(v.length - 1, Math.floor(q * v.length))] : 0; };
  const scales = {
    mean: () => ({ low: Math.min(quantile("mean_reference", 0.02), quantile("mean_mmem", 0.02)), high: Math.max(quantile("mean_reference", 0.98), quantile("mean_mmem", 0.98)), palette: row().colormap, units: row().units }),
    ratio: () => ({ low: -1, high: 1, palette: "BrBG" }), spread: () => ({ low: 0, high: quantile("spread", 0.98) || 1, palette: "Reds", units: row().units }),
  };
  const share = (name, test) => { const v = Array.from(both(name) || []).filter(finite); return v.length ? Math.round((100 * v.filter(test).length) / v.length) : 0; };
  const mapFigure = (layer, name, kind, note) => figure({ title: name, note, empty: "Loading the maps.",
    draw: (w) => (both(layer) ? drawMap(w, { field: held(), values: both(layer), scale: scales[kind]() }) : null), csv: () => mapRows(held(), { [layer]: both(layer) }) });
  byId("maps").append(el("h2", { text: "Maps" }), el("div", { class: "grid maps" },
    mapFigure("mean_reference", () => `${row().title}, mean`, "mean", () => ""), mapFigure("mean_mmem", () => "Multi-model mean", "mean", () => ""),
    mapFigure("bias_ratio", () => "Bias ratio, (mean \u2212 reference) / mean", "ratio", () => (both("bias_ratio") ? `above zero in ${share("bias_ratio", (v) => v > 0)} % of the cells, beyond \u00b10.5 in ${share("bias_ratio", (v) => Math.abs(v) > 0.5)} %` : "")),
    mapFigure("spread", () => "Spread of the parent models", "spread", () => "standard deviation")));

  const modelRows = () => scoredSources.map((m) => ({ label: m.name, strong: m.model.mmem, m }));
  byId("skill").append(el("h2", { text: "Taylor skill by region" }), figure({
    title: () => `Models by regions, against ${label(row())}`, note: () => skillNote(), draw: (w) => heatmap(w, modelRows(), D.regions.map((r) => ({ label: r.title })), modelRows().map((r) => D.regions.map((_, j) => at(D.tss, rowIndex(), r.m.k, j))), { low: 0, high: 1, palette: "viridis", above: threshold, name: "Taylor skill" }),
    csv: () => [["model", ...D.regions.map((r) => r.title)], ...modelRows().map((r) => [r.label, ...D.regions.map((_, j) => at(D.tss, rowIndex(), r.m.k, j))])],
  }));
  const meanSkill = (j) => (mean ? at(D.tss, rowIndex(), mean.k, j) : null);
  function skillNote() {
    const known = D.regions.map((r, j) => [r.title, meanSkill(j)]).filter((p) => finite(p[1])).sort((a, b) => b[1] - a[1]);
    if (!known.length) return "";
    return `The mean passes ${threshold} in ${known.filter((p) => p[1] > threshold).length} of ${known.length} regions: best in ${known[0][0]} (${fixed(known[0][1])}), worst in ${known.at(-1)[0]} (${fixed(known.at(-1)[1])})`;
  }
  const pool = () => D.rows.map((r, k) => ({ ...r, k })).filter((r) => r.pool === row().pool);
  const shades = (n) => Array.from({ length: n }, (_, k) => (n === 1 ? "var(--soft)" : ["var(--ink)", "#c8553d", "#2f78c4", "#96790f", "#2b8a5a", "#a04fa8"][k % 6]));
  const seriesKey = () => el("ul", { class: "key-list" }, pool().map((r, k) => { const swatch = el("span", { class: "dot" }); swatch.style.background = shades(pool().length)[k]; return el("li", {}, swatch, r.title); }));
  const [keyOne, keyTwo] = [el("div"), el("div")];
  const barFigure = (name, labels, part, most) => figure({ title: name, note: () => `Taylor skill above ${threshold}`, draw: (w) => bars(w, labels().map((l) => ({ label: l.label, values: pool().map((r) => at(D[part], r.k, l.k)) })), most(), shades(pool().length).map((c) => ({ colour: c }))),
    csv: () => [["", ...pool().map((r) => r.title)], ...labels().map((l) => [l.label, ...pool().map((r) => at(D[part], r.k, l.k))])] });
  byId("counts").append(
    el("div", {}, barFigure(() => "How many models, by region", () => D.regions.map((r, k) => ({ label: r.title, k })), "models_above", () => Math.max(1, single.length)), keyOne),
    el("div", {}, barFigure(() => "How many regions, by model", () => single.map((m) => ({ label: m.name, k: m.k })), "regions_above", () => Math.max(1, ...D.regions_above.flat().filter(finite))), keyTwo));

  const pointsOf = (j) => scoredSources.map((m) => ({ model: m.model, k: m.k, sigma: at(D.taylor_sigma, rowIndex(), m.k, j), r: at(D.taylor_r, rowIndex(), m.k, j), big: m === mean }));
  const taylorNote = (j) => (finite(meanSkill(j)) ? `mean: R ${fixed(at(D.taylor_r, rowIndex(), mean.k, j))}, \u03c3 ${fixed(at(D.taylor_sigma, rowIndex(), mean.k, j))}` : "");
  byId("taylors").append(el("h2", { text: "Taylor diagrams by region" }), el("p", { class: "measure soft", text: "Monthly means of each region, standardised by the reference. The large mark is the multi-model mean." }),
    el("div", { class: "grid many", "--min": "14rem" }, D.regions.map((r, j) => figure({ title: () => r.title, note: () => taylorNote(j), draw: (w) => taylor(Math.min(w, 290), pointsOf(j), { limit: 2.25 }), csv: () => [["model", "correlation", "std_ratio"], ...pointsOf(j).map((p) => [p.model.name, p.r, p.sigma])] }))));
  byId("cycles").append(el("h2", { text: "Annual cycles by region" }), el("p", { class: "measure soft", text: "Reference strong, multi-model mean dashed, models thin." }),
    el("div", { class: "grid many", "--min": "15rem" }, D.regions.map((r, j) => figure({ title: () => r.title, note: () => (maps && maps.cycle && mean ? cycleNote(at(maps.cycle, referenceIndex, j), at(maps.cycle, mean.k, j), { name: "The mean" }) : ""), draw: (w) => cycleChart(w, j), csv: () => [["source", ...MONTHS], ...D.sources.map((s, k) => [s, ...(at(maps.cycle, k, j) || [])])] }))));
  function cycleChart(width, j) {
    const of = (k) => (maps && at(maps.cycle, k, j)) || [];
    const y = extent(D.sources.flatMap((_, k) => of(k)));
    if (!y) return null;
    const f = frame({ width, height: 165, x: [0, 11], y, xTicks: monthTicks(width), xLabels: monthTicks(width).map((m) => MONTHS[m]), yLabel: niceUnits(row().units) });
    const months = [...Array(12).keys()];
    single.forEach((m) => f.svg.append(modelLine(m.model, path(months, of(m.k), f.X, f.Y))));
    f.svg.append(sv("path", { class: "reference", d: path(months, of(referenceIndex), f.X, f.Y) }));
    if (mean) f.svg.append(sv("path", { class: "reference", "stroke-dasharray": "6 4", style: "stroke-width:2.2", d: path(months, of(mean.k), f.X, f.Y) }));
    return f.svg;
  }
  if (D.pe && D.pe.length) load("mm-pe").then((pe) => {
    byId("correlation").append(el("h2", { text: "Soil moisture and P \u2212 E" }), el("p", { class: "measure soft", text: `Correlation of monthly values. Dots: significant at 95 %, two-sided${D.pe_note ? `; effective sample size ${D.pe_note}` : ""}.` }), el("div", { class: "grid maps" }, pe.maps.map((m) => figure({
      title: () => (m.source === "reference" ? `${m.title}: reference` : `${m.title}: multi-model mean`),
      note: () => { const v = Array.from(field(m, pe.grids).layer("correlation")).filter(finite); return v.length ? `positive in ${Math.round((100 * v.filter((x) => x > 0).length) / v.length)} % of the cells` : ""; },
      draw: (w) => { const f = field(m, pe.grids); return drawMap(w, { field: f, values: f.layer("correlation"), dots: f.layer("significant"), scale: { low: -1, high: 1, palette: "RdBu_r" } }); },
      csv: () => { const f = field(m, pe.grids); return mapRows(f, { correlation: f.layer("correlation"), significant: f.layer("significant") }); },
    }))));
  });
  const group = (name, list, source) => (list.length ? el("div", {}, el("h3", { text: name }), el("p", { class: "soft", text: source && finite(at(D.tss, rowIndex(), source.k, hemisphere())) ? `Taylor skill of its mean, ${D.regions[hemisphere()].title}: ${fixed(at(D.tss, rowIndex(), source.k, hemisphere()))}` : "" }), el("p", { text: listed(list) })) : null);
  const hemisphere = () => Math.max(0, D.regions.findIndex((r) => r.name === "hemisphere:north"));
  const groups = byId("groups");
  redraw = () => {
    rowControl.show(row().id);
    byId("lead").textContent = skillNote() ? `${skillNote()} (${label(row())}).` : "";
    [keyOne, keyTwo].forEach((k) => k.replaceChildren(...(pool().length > 1 ? [seriesKey()] : [])));
    const parts = [group("High resolution", D.high, high), group("Low resolution", D.low, low), Object.keys(D.steps).length && Object.values(D.steps).some((s) => s.length > 1) ? el("div", {}, el("h3", { text: "Averaged into one parent first" }), Object.entries(D.steps).filter(([, s]) => s.length > 1).map(([p, s]) => el("p", { text: `${p}: ${listed(s)}` }))) : null].filter(Boolean);
    groups.replaceChildren(...(parts.length ? [el("h2", { text: "Groups of models" }), el("div", { class: "two" }, parts)] : []));
    if (shown === row().file) return redrawFigures();
    const want = row().file;
    return load(want).then((found) => { if (row().file === want) { [maps, shown] = [found, want]; redrawFigures(); } });
  };
}

/* ---- what the scripts of other kinds of reports draw with; PAGES holds their pages by body's data-page ---- */

const PAGES = {};
window.VADOSE_DRAW = {
  DATA, PAGES, state, set, load, head, at, el, sv, put, byId, canvas, figure, redrawFigures, select, segments, tipOn, tipText,
  finite, clamp, fixed, short, niceUnits, unitText, ticks, tickText, frame, path, extent, colour, css, dark, ramps, field,
  drawMap, projection, siteExtent, colourBar, mapRows, unpack, tip, onColour, hex, onRedraw(draw) { redraw = draw; },
};

/* ---- start ---- */

const themeReady = chooseTheme();
document.addEventListener("DOMContentLoaded", () => {
  themeReady();
  const jump = byId("jump");
  if (jump) jump.addEventListener("change", () => { if (/^[cr]-[\w.-]+\.html$/.test(jump.value)) location.href = link(jump.value, state.model ? { model: state.model } : {}); });
  if (!head()) return;
  const page = document.body.dataset.page;
  if (PAGES[page]) PAGES[page]();
  else if (page === "front") {
    Portrait.build();
    familySection();
    redraw = () => { Portrait.refresh(); };
  } else if (page === "comparison") comparisonPage();
  else if (page === "relationship") relationshipPage();
  else if (page === "multimodel") multimodelPage();
  if (page !== "front") redraw();
  let screen = "light";
  addEventListener("beforeprint", () => {
    screen = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    document.querySelectorAll("footer details").forEach((d) => { d.open = true; });
    redrawFigures();
  });
  addEventListener("afterprint", () => { document.documentElement.dataset.theme = screen; redrawFigures(); });
  addEventListener("hashchange", () => {
    for (const key of Object.keys(state)) delete state[key];
    Object.assign(state, Object.fromEntries(new URLSearchParams(location.hash.slice(1))));
    redraw();
  });
  document.documentElement.dataset.ready = "true";
});
})();
