/* The page of a simulation, drawn with the tools of report.js. Sections: tools, time, balances, seasons, series,
   observations, spread, maps, distributions, spin-up, page. */
(() => {
"use strict";

const {
  DATA, PAGES, state, set, load, head, at, el, sv, byId, canvas, figure, redrawFigures, select, tip, tipOn, tipText, finite,
  clamp, fixed, short, niceUnits, unitText, ticks, tickText, frame, path, extent, colour, css, field, drawMap, colourBar,
  mapRows, unpack, onColour, hex, onRedraw,
} = window.VADOSE_DRAW;

/* ---- tools ---- */

const COLOURS = ["#2f78c4", "#c8553d", "#2b8a5a", "#96790f", "#a04fa8", "#5d7f8a", "#b56576", "#4f6d2f"];
const TERMS = {
  precipitation: "#4d8fc4", transpiration: "#3a8f57", ground_evaporation: "#c9993a", canopy_evaporation: "#9bc46f", evaporation: "#3a8f57",
  evapotranspiration: "#2d6f45", surface_runoff: "#2c5d8f", subsurface_runoff: "#8fb3d9", runoff: "#1c8a8a", storage_change: "#9a8fb5", net_radiation: "#d9a520",
  precipitation_heat: "#6aaed6", latent_heat: "#3f7fb5", sensible_heat: "#c8553d", ground_heat: "#8a6a4a", canopy_heat: "#7fb069",
  snow_water: "#7c93b8", root_zone: "#2f6fb0", top_layer: "#c9993a", gpp: "#3a8f57",
};
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const MONTHS = ["J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D"];
const members = () => head().members;
const places = () => head().places;
const index = (key, list) => clamp(Math.trunc(Number(state[key])) || 0, 0, list.length - 1);
const member = () => index("member", members());
const place = () => index("place", places());
const memberColour = (m) => COLOURS[m % COLOURS.length];
const about = (name) => head().variables[name] || { title: name.replace(/_/g, " "), units: "" };
const named = (name) => `${about(name).title}${unitText(about(name).units)}`;
const many = () => members().length > 1;
const here = () => [places().length > 1 || !head().points ? places()[place()].name : "", many() ? members()[member()] : ""].filter(Boolean).join(", ");
const plain = (v) => String(Number(v.toPrecision(3)));
const move = (child, x, y) => { child.setAttribute("x", x); child.setAttribute("y", y); child.setAttribute("overflow", "visible"); return child; };
const grown = (svg, height) => { svg.setAttribute("height", height); svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${height}`); return svg; };
/** Width of a text of a figure, px. */
const measured = new Map();
let ruler = null;
function wide(text, weight = 400) {
  const key = `${weight}|${text}`;
  if (!measured.has(key)) {
    ruler ||= el("canvas").getContext("2d");
    ruler.font = `${weight} 11.5px ${getComputedStyle(document.body).fontFamily}`;
    measured.set(key, 1.03 * ruler.measureText(text).width + 1); // digits of equal width are a little wider
  }
  return measured.get(key);
}
/** The text, or as much of it as has room, px. */
function fit(text, room, weight = 400) {
  if (wide(text, weight) <= room) return text;
  let n = Math.min(text.length - 1, Math.max(1, Math.floor((text.length * room) / wide(text, weight))));
  while (n > 1 && wide(`${text.slice(0, n)}\u2026`, weight) > room) n--;
  return `${text.slice(0, n).trimEnd()}\u2026`;
}
/** The text in lines of so much room, px: at most three. */
function linesIn(text, room, weight = 400, most = 3) {
  const words = text.split(" ");
  let n = words.length;
  while (n > 1 && wide(words.slice(0, n).join(" "), weight) > room) n--;
  if (n === words.length || most === 1) return [fit(text, room, weight)];
  return [fit(words.slice(0, n).join(" "), room, weight), ...linesIn(words.slice(n).join(" "), room, weight, most - 1)];
}
/** Quantiles of several curves, point by point: [0.1, 0.5, 0.9] of those that have a value there. */
function bandOf(curves) {
  const at = (sorted, q) => { const k = q * (sorted.length - 1); const a = Math.floor(k); return sorted[a] + (k - a) * ((sorted[a + 1] ?? sorted[a]) - sorted[a]); };
  const columns = Array.from(curves[0], (_, k) => curves.map((c) => c[k]).filter(finite).sort((a, b) => a - b));
  return [0.1, 0.5, 0.9].map((q) => columns.map((c) => (c.length ? at(c, q) : NaN)));
}
/** A band between two curves and the line in its middle. */
function bandShape(x, [low, middle, high], X, Y) {
  const known = x.map((_, k) => k).filter((k) => finite(low[k]));
  const point = (k, v) => `${X(x[k]).toFixed(1)} ${Y(v[k]).toFixed(1)}`;
  const d = known.length ? `M${known.map((k) => point(k, low)).join("L")}L${[...known].reverse().map((k) => point(k, high)).join("L")}Z` : "";
  return sv("g", { class: "members" }, sv("path", { class: "band", style: "opacity:.2", d }), sv("path", { class: "median", d: path(x, middle, X, Y) }));
}
const bandKeys = (count) => [{ text: `${count} members: 10 to 90 %`, colour: "#8f949c", opacity: 0.5 }, { text: "their median", colour: "#8f949c", line: true }];
const add = (id, ...children) => { byId(id).hidden = false; byId(id).append(...children); };
const letter = (x, y, k, text, room) => sv("text", { x, y }, sv("tspan", { class: "strong", text: `(${LETTERS[k % 26]}) ` }), sv("tspan", { class: "ink", text: fit(text, room - 22) }));

/** Keys in rows: [{text, colour, dash, line, dot}]; returns the height that they take. */
function legend(svg, width, items, top = 0) {
  let [x, y] = [0, top + 10];
  for (const item of items) {
    const text = fit(item.text, width - 26);
    const need = 38 + wide(text);
    if (x && x + need > width) [x, y] = [0, y + 18];
    if (item.line) svg.append(sv("path", { class: "family", "--c": item.colour, "stroke-width": 2, "stroke-dasharray": item.dash, d: `M${x} ${y}h18` }));
    else if (item.ring) svg.append(sv("circle", { class: "family", style: "fill:var(--paper)", "--c": item.colour, "stroke-width": 1.8, cx: x + 10, cy: y, r: 4 }));
    else if (item.dot) svg.append(sv("circle", { cx: x + 9, cy: y, r: 2.6, class: "reference-fill" }));
    else svg.append(sv("rect", { class: "family-fill", "--c": item.colour, x: x + 4, y: y - 6, width: 12, height: 12, rx: 2, opacity: item.opacity }));
    svg.append(sv("text", { class: "ink", x: x + 23, y: y + 4, text }));
    x += need;
  }
  return items.length ? y - top + 12 : 0;
}
/** The ends of a colour scale that hold 96 % of all values, on round numbers. */
function scaleOf(arrays, palette, units, options = {}) {
  const values = arrays.flatMap((a) => Array.from(a).filter(finite)).sort((a, b) => a - b);
  if (!values.length) return { low: 0, high: 1, palette, units };
  const q = (share) => values[clamp(Math.floor(share * values.length), 0, values.length - 1)];
  let [low, high] = [q(0.02), q(0.98)];
  if (options.centred) { high = Math.max(Math.abs(low), Math.abs(high)); low = -high; }
  if (!(high > low)) { const room = Math.abs(low) * 0.05 || 1e-3; low -= room; high += room; }
  const marks = ticks(low, high, 4);
  const step = marks.length > 1 ? marks[1] - marks[0] : high - low;
  return { low: Math.floor(low / step + 1e-6) * step, high: Math.ceil(high / step - 1e-6) * step, palette, units };
}

/* ---- time ---- */

const time = () => {
  const t = head().time;
  if (!t.edges) t.edges = Array.from({ length: t.n + 1 }, (_, k) => t.first + k * t.step);
  t.mid ||= t.edges.slice(0, -1).map((v, k) => (v + t.edges[k + 1]) / 2);
  return t;
};
const span = () => [time().edges[0], time().edges.at(-1)];
const isoDay = (day) => new Date(Math.round(day * 86400) * 1000).toISOString().slice(0, time().step < 0.99 ? 16 : 10).replace("T", " ");
const dayOf = (text) => { const v = Date.parse(`${text}T00:00Z`) / 86400000; return Number.isFinite(v) ? v : NaN; };
/** The part of the time axis that is shown, days since 1970. */
function view() {
  const [first, last] = span();
  const [from, to] = [dayOf(state.from), dayOf(state.to)];
  const low = finite(from) ? clamp(from, first, last) : first;
  const high = finite(to) ? clamp(to, first, last) : last;
  return high - low >= least() ? [low, high] : [first, last];
}
const least = () => Math.min(Math.max(2, 8 * (time().edges[1] - time().edges[0])), span()[1] - span()[0]);
function show(low, high) {
  const [first, last] = span();
  const size = clamp(high - low, least(), last - first);
  const from = clamp(Math.round(low), first, last - size);
  const to = from + Math.max(least(), Math.round(size));
  if (from <= first + 0.5 && to >= last - 0.5) return set({ from: "", to: "" });
  return set({ from: isoDay(from).slice(0, 10), to: isoDay(to).slice(0, 10) });
}
const inView = (low, high) => {
  const e = time().edges;
  let [a, b] = [0, e.length - 1];
  while (a < b && e[a + 1] <= low) a++;
  while (b > a && e[b - 1] >= high) b--;
  return [a, b];
};
function dateTicks([first, last], width) {
  const days = last - first;
  const room = Math.max(2, Math.floor(width / 62));
  const out = [];
  const months = [1, 2, 3, 6, 12, 24, 60, 120, 240].find((m) => days / (30.44 * m) <= room) || 480;
  if (days / 30.44 < 2.5) {
    const step = [1, 2, 5, 10, 15].find((s) => days / s <= room) || 15;
    for (let d = Math.ceil(first); d <= last; d++) {
      const date = new Date(d * 86400000);
      const number = date.getUTCDate();
      if (step > 1 && ((number - 1) % step || number > 30)) continue;
      out.push([d, `${number} ${date.toLocaleDateString("en", { month: "short", timeZone: "UTC" })}`]);
    }
    return out;
  }
  const start = new Date(first * 86400000);
  for (let m = start.getUTCMonth(), y = start.getUTCFullYear(), k = 0; k < 4000; k++, m++) {
    const day = Date.UTC(y, m, 1) / 86400000;
    if (day > last) break;
    const date = new Date(day * 86400000);
    if (day < first || (date.getUTCMonth() + 12 * date.getUTCFullYear()) % months) continue;
    const january = date.getUTCMonth() === 0;
    out.push([day, january ? String(date.getUTCFullYear()) : date.toLocaleDateString("en", { month: "short", timeZone: "UTC" })]);
  }
  return out;
}
const dateAxis = (f, ticksOf, bottom, top) => {
  for (const [day, text] of ticksOf) {
    f.append(sv("path", { class: "gridline", d: `M${day.x} ${top}V${bottom}` }), sv("text", { x: day.x, y: bottom + 16, "text-anchor": day.anchor, text }));
  }
};

/* ---- series of members at places ---- */

const held = {};
function series(m, p, name) {
  const pack = at(DATA[`s-${m}-${p}`], name);
  if (!pack) return null;
  const key = `${m}|${p}|${name}`;
  return (held[key] ||= Array.isArray(pack) ? pack.map(unpack) : unpack(pack));
}
function band(p, name) {
  const pack = at(DATA[`p-${p}`], "bands", name);
  return pack ? (held[`b|${p}|${name}`] ||= pack.map(unpack)) : null;
}
const months = (p, m, name) => at(DATA[`p-${p}`], "months", name, m);
/** The members whose lines are drawn: all of few, else the chosen one. */
const drawn = () => (head().banded ? [member()] : members().map((_, k) => k));
/** The scripts of what is shown; of many members the band beside each observed series too. */
const wanted = () => [...new Set([`p-${place()}`, ...drawn().map((m) => `s-${m}-${place()}`), ...(finite(head().river) ? drawn().map((m) => `s-${m}-${head().river}`) : []), ...(head().banded ? (DATA.observed || []).slice(0, 12).map((o) => `p-${o.place}`) : [])])];
function ready() {
  return Promise.all(wanted().map((k) => load(k).catch(() => null)));
}

/* ---- balances ---- */

/** Rows of a balance that are shown: all where they are few, else those of the chosen place. */
function shownRows(all, most = 8) {
  const rows = [...all].sort((a, b) => a.place - b.place || a.member - b.member);
  if (rows.length <= 8) return rows;
  const some = rows.filter((r) => r.place === place());
  const own = some.length && some.length <= most ? some : some.filter((r) => r.member === member());
  return own.length ? own : rows.slice(0, 8);
}
function rowName(row) {
  const rows = DATA.balance.water.concat(DATA.balance.energy);
  const several = new Set(rows.map((r) => r.place)).size > 1;
  return [several || !many() ? places()[row.place].name : "", many() ? members()[row.member] : ""].filter(Boolean).join(", ");
}
/** Terms by the side on which they stand: a negative loss is a gain. */
function sides(row) {
  const out = { in: [], out: [] };
  row.terms.forEach((t) => { if (t.value) out[t.value > 0 ? t.side : t.side === "in" ? "out" : "in"].push({ ...t, size: Math.abs(t.value) }); });
  return out;
}
function balanceBars(width, rows, units, digits) {
  if (!rows.length) return null;
  const svg = canvas(width, 10);
  const used = [...new Map(rows.flatMap((r) => r.terms.filter((t) => Math.abs(t.value) > 1e-9)).map((t) => [t.name, t.title])).entries()];
  let y = legend(svg, width, used.map(([name, text]) => ({ text, colour: TERMS[name] || "#888888" }))) + 8;
  const both = rows.map(sides);
  const total = (list) => list.reduce((s, t) => s + t.size, 0);
  const most = Math.max(...both.flatMap((s) => [total(s.in), total(s.out)]), 1e-9);
  const left = 26;
  const X = (v) => left + (v / most) * (width - left - 2);
  const top = y;
  const grid = sv("g", {});
  svg.append(grid);
  rows.forEach((row, k) => {
    const residual = Math.abs(row.residual) < 0.5 * 10 ** -digits ? "closed" : `residual ${fixed(row.residual, digits)}`;
    svg.append(sv("text", { class: "strong", x: 0, y: y + 12, text: fit(rowName(row), width - wide(residual) - 12, 600) }, sv("title", { text: rowName(row) })),
      tipOn(sv("text", { x: width, y: y + 12, "text-anchor": "end", text: residual }), () => tipText("Residual", `${Math.abs(row.residual) >= 1e-3 ? short(row.residual) : row.residual.toExponential(1).replaceAll("-", "\u2212")} ${niceUnits(units)}`)));
    for (const side of ["in", "out"]) {
      const yy = y + (side === "in" ? 20 : 39);
      svg.append(sv("text", { x: 0, y: yy + 12, text: side }));
      let from = 0;
      both[k][side].forEach((t) => {
        const [a, b] = [X(from), X(from + t.size)];
        from += t.size;
        const gone = t.value < 0;
        const name = t.name === "storage_change" ? (gone ? "From storage" : "Into storage") : t.title + (gone ? ", the other way" : "");
        const node = sv("g", { class: "term", "data-term": t.name }, sv("rect", { class: "family-fill", "--c": TERMS[t.name] || "#888888", x: a, y: yy, width: Math.max(0.5, b - a - 0.8), height: 17, opacity: gone && t.name !== "storage_change" ? 0.6 : 1 }));
        const text = fixed(t.size, digits ? (t.size < 10 ? 1 : 0) : 0);
        if (b - a > wide(text) + 8) node.append(sv("text", { x: (a + b) / 2, y: yy + 12.5, "text-anchor": "middle", style: `fill:${onColour(shade(TERMS[t.name] || "#888888"))}`, text }));
        svg.append(tipOn(node, () => tipText(name, rowName(row), `${fixed(t.size, digits)} ${niceUnits(units)}, ${fixed((100 * t.size) / total(both[k][side]), 1)} % of what ${side === "in" ? "comes in" : "goes out"}`)));
      });
    }
    y += 68;
  });
  const marks = ticks(0, most, 4);
  const labels = tickText(marks);
  marks.forEach((v, k) => {
    grid.append(sv("path", { class: "gridline", d: `M${X(v)} ${top}V${y - 6}` }));
    svg.append(sv("text", { x: X(v), y: y + 8, "text-anchor": X(v) > width - 18 ? "end" : "middle", text: labels[k] }));
  });
  return grown(svg, y + 14);
}
/** A colour of bars as it is drawn: lighter on dark paper, as report.css mixes it. */
const shade = (hexText) => rgb(hexText).map((v) => v + (parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--family-mix")) / 100 || 0) * (255 - v));
const rgb = (hexText) => [1, 3, 5].map((k) => parseInt(hexText.slice(k, k + 2), 16));
const balanceCsv = (rows) => [["place", "member", "term", "side", "value"], ...rows.flatMap((r) => [...r.terms.map((t) => [places()[r.place].name, members()[r.member], t.name, t.side, t.value]), [places()[r.place].name, members()[r.member], "residual", "", r.residual]])];
function partitionBars(width, rows) {
  const parts = ["transpiration", "ground_evaporation", "canopy_evaporation"];
  const svg = canvas(width, 10);
  let y = legend(svg, width, parts.map((p) => ({ text: { transpiration: "Transpiration", ground_evaporation: "Ground evaporation", canopy_evaporation: "Canopy evaporation" }[p], colour: TERMS[p] }))) + 6;
  const longest = 14 + Math.max(...rows.map((r) => wide(rowName(r))));
  const narrow = width < 560 || longest > 0.4 * width;
  const left = narrow ? 0 : longest;
  const totals = rows.map((r) => `${fixed(r.total, 0)} ${niceUnits(head().water.units)}`);
  const right = width - 10 - Math.max(...totals.map((t) => wide(t)));
  rows.forEach((r, k) => {
    (narrow ? linesIn(rowName(r), width) : [rowName(r)]).forEach((text, line) => {
      if (line) y += 14;
      svg.append(sv("text", { class: "ink", x: narrow ? 0 : left - 10, y: y + (narrow ? 11 : 14), "text-anchor": narrow ? "start" : "end", text }, sv("title", { text: rowName(r) })));
    });
    if (narrow) y += 17;
    let from = left;
    for (const p of parts) {
      const share = Math.max(0, r[p]) / parts.reduce((s, q) => s + Math.max(0, r[q]), 0);
      const size = share * (right - left);
      const node = sv("g", {}, sv("rect", { class: "family-fill", "--c": TERMS[p], x: from, y, width: Math.max(0.4, size - 0.8), height: 19 }));
      if (size > 38) node.append(sv("text", { x: from + size / 2, y: y + 13.5, "text-anchor": "middle", style: `fill:${onColour(shade(TERMS[p]))}`, text: `${fixed(100 * share, 0)} %` }));
      svg.append(tipOn(node, () => tipText(rowName(r), `${fixed(r[p], 1)} of ${fixed(r.total, 1)} ${head().water.title}, ${fixed(100 * share, 1)} %`)));
      from += size;
    }
    svg.append(sv("text", { x: width, y: y + 13.5, "text-anchor": "end", text: totals[k] }));
    y += 28;
  });
  return grown(svg, y);
}

/* ---- seasons ---- */

const PANELS = [
  { title: "Evapotranspiration", names: ["evapotranspiration", "transpiration", "ground_evaporation", "canopy_evaporation"], strong: "evapotranspiration" },
  { title: "Precipitation and runoff", names: ["precipitation", "runoff", "surface_runoff", "subsurface_runoff"], strong: "precipitation", bars: "precipitation", spread: "runoff" },
  { title: "Soil moisture", names: ["top_layer", "root_zone"], strong: "root_zone", tight: true },
  { title: "Energy", names: ["net_radiation", "latent_heat", "sensible_heat", "ground_heat"], strong: "net_radiation" },
  { title: "Carbon", names: ["gpp"], strong: "gpp" },
  { title: "Snow", names: ["snow_water"], strong: "snow_water" },
];
const monthsOf = (name, m) => months(place(), m, name);
function seasonPanels() {
  return PANELS.map((p) => ({ ...p, names: p.names.filter((n) => { const v = monthsOf(n, member()); return v && v.some(finite) && (n !== "snow_water" || v.some((x) => x > 0.5)); }) })).filter((p) => p.names.length);
}
function seasons(width) {
  const panels = seasonPanels();
  if (!panels.length) return null;
  const columns = width >= 1040 ? Math.min(3, panels.length === 4 ? 2 : 3) : width >= 640 ? 2 : 1;
  const gap = 34;
  const w = (width - gap * (columns - 1)) / columns;
  const h = clamp(w * 0.52, 180, 250);
  const svg = canvas(width, 10);
  let y = 0;
  for (let k = 0; k < panels.length; k += columns) {
    let tall = 0;
    const keys = Math.max(...panels.slice(k, k + columns).map((p) => legend(canvas(w, 10), w, seasonKeys(p))));
    panels.slice(k, k + columns).forEach((p, j) => {
      const part = seasonPanel(w, h, p, k + j, keys);
      tall = Math.max(tall, Number(part.getAttribute("height")));
      svg.append(move(part, j * (w + gap), y));
    });
    y += tall + 22;
  }
  return grown(svg, y - 12);
}
/** Of many members the spread of one quantity of a panel is drawn, not each line. */
const spreadOf = (p) => (head().banded ? [p.spread, p.strong].find((n) => p.names.includes(n) && n !== p.bars) : null);
const seasonKeys = (p) => {
  const keys = p.names.length > 1 || spreadOf(p) ? p.names.map((n) => ({ text: about(n).title, colour: TERMS[n] || COLOURS[0], line: n !== p.bars })) : [];
  return [...keys, ...(spreadOf(p) ? bandKeys(members().length) : [])];
};
function seasonPanel(width, height, p, k, keys) {
  const svg = canvas(width, 10);
  svg.append(letter(0, 12, k, `${p.title}${unitText(about(p.names[0]).units)}${p.names.length === 1 && p.title === "Soil moisture" ? `, ${about(p.names[0]).title.replace(/^.*?, /, "")}` : ""}`, width));
  legend(svg, width, seasonKeys(p), 20);
  const top = 20 + keys;
  const all = p.names.flatMap((n) => [...monthsOf(n, member()), ...(n === p.strong && !head().banded ? drawn().flatMap((m) => monthsOf(n, m) || []) : [])]);
  const spread = spreadOf(p) && bandOf(members().map((_, m) => monthsOf(spreadOf(p), m)).filter(Boolean));
  if (spread) all.push(...spread[0], ...spread[2]);
  let range = extent(all) || [0, 1];
  if (!p.tight && range[0] > 0) range = [0, range[1]];
  const f = frame({ width, height, x: [0, 12], y: range, xTicks: MONTHS.map((_, i) => i + 0.5), xLabels: MONTHS });
  if (range[0] < 0) f.svg.append(sv("path", { class: "axis", d: `M${f.left} ${f.Y(0)}H${f.right}` }));
  const x = MONTHS.map((_, i) => i + 0.5);
  if (spread) f.svg.append(bandShape(x, spread, f.X, f.Y));
  for (const n of p.names) {
    const v = monthsOf(n, member());
    if (n === p.bars) v.forEach((value, i) => finite(value) && f.svg.append(sv("rect", { class: "family-fill", "--c": TERMS[n], opacity: 0.45, x: f.X(i + 0.14), width: f.X(0.72) - f.X(0), y: f.Y(value), height: Math.max(0, f.Y(range[0]) - f.Y(value)) })));
    if (n === p.strong && many() && n !== p.bars && !head().banded) members().forEach((_, m) => { const o = monthsOf(n, m); if (m !== member() && o) f.svg.append(tipOn(sv("path", { class: "thin", d: path(x, o, f.X, f.Y) }), () => tipText(members()[m], about(n).title))); });
  }
  for (const n of p.names.filter((name) => name !== p.bars)) {
    const v = monthsOf(n, member());
    f.svg.append(sv("path", { class: "family", "--c": TERMS[n] || COLOURS[0], "stroke-width": n === p.strong ? 2.6 : 1.8, d: path(x, v, f.X, f.Y) }));
    if (v.filter(finite).length < 3) v.forEach((value, i) => finite(value) && f.svg.append(sv("circle", { class: "family-fill", "--c": TERMS[n] || COLOURS[0], r: 3, cx: f.X(i + 0.5), cy: f.Y(value) })));
  }
  MONTHS.forEach((_, i) => f.svg.append(tipOn(sv("rect", { x: f.X(i), width: f.X(1) - f.X(0), y: f.top, height: f.bottom - f.top, fill: "transparent" }),
    () => tipText(new Date(Date.UTC(2001, i, 1)).toLocaleDateString("en", { month: "long", timeZone: "UTC" }), ...p.names.map((n) => `${about(n).title}: ${short(monthsOf(n, member())[i])}${spread && n === spreadOf(p) ? ` (10 to 90 % of the members: ${short(spread[0][i])} to ${short(spread[2][i])})` : ""}`)))));
  svg.append(move(f.svg, 0, top));
  return grown(svg, top + height);
}
const seasonRows = () => { const names = seasonPanels().flatMap((p) => p.names); return [["place", "member", "month", ...names.map((n) => `${n} (${about(n).units || "1"})`)], ...MONTHS.map((_, i) => [places()[place()].name, members()[member()], i + 1, ...names.map((n) => monthsOf(n, member())[i])])]; };

/* ---- time-depth section and series ---- */

/** Panels that share the time axis: draws ticks once and answers to drag, wheel, keys and the pointer. */
function timeAxis(svg, box, tooltip, [low, high] = view()) {
  const X = (d) => box.left + ((d - low) / (high - low)) * (box.right - box.left);
  const days = (x) => low + ((x - box.left) / (box.right - box.left)) * (high - low);
  const marks = dateTicks([low, high], box.right - box.left).map(([d, text]) => [{ x: X(d), anchor: X(d) > box.right - 16 ? "end" : X(d) < box.left + 10 ? "start" : "middle" }, text]);
  const local = (e) => new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse()).x;
  const finish = () => {
    const bottom = box.bottom;
    const cursor = sv("path", { class: "cursor", d: `M0 ${box.top}V${bottom}` });
    const chosen = sv("rect", { class: "chosen-span", x: 0, y: box.top, width: 0, height: bottom - box.top });
    const plot = sv("rect", { class: "time-plot", tabindex: 0, role: "application", "aria-label": "Time axis: drag to zoom, shift and drag or arrow keys to move, plus and minus to zoom, 0 for all", x: box.left, y: box.top, width: box.right - box.left, height: bottom - box.top, fill: "transparent" });
    let from = null;
    let shifted = false;
    plot.addEventListener("pointerdown", (e) => { if (e.button) return; from = local(e); shifted = e.shiftKey; plot.setPointerCapture(e.pointerId); });
    plot.addEventListener("pointermove", (e) => {
      const x = clamp(local(e), box.left, box.right);
      if (from !== null && !shifted) { chosen.setAttribute("x", Math.min(x, from)); chosen.setAttribute("width", Math.abs(x - from)); }
      cursor.setAttribute("transform", `translate(${x} 0)`);
      cursor.style.visibility = "visible";
      const text = tooltip(days(x), e);
      if (text) tip.show(text, e.clientX, e.clientY);
    });
    plot.addEventListener("pointerleave", () => { cursor.style.visibility = "hidden"; tip.hide(); });
    plot.addEventListener("pointerup", (e) => {
      if (from === null) return;
      const x = clamp(local(e), box.left, box.right);
      const [a, b] = [Math.min(x, from), Math.max(x, from)];
      const moved = x - from;
      from = null;
      chosen.setAttribute("width", 0);
      if (Math.abs(moved) < 5) return;
      tip.hide();
      if (shifted) { const d = days(box.left + moved) - low; show(low - d, high - d); } else show(days(a), days(b));
    });
    plot.addEventListener("pointercancel", () => { from = null; chosen.setAttribute("width", 0); });
    plot.addEventListener("dblclick", () => set({ from: "", to: "" }));
    plot.addEventListener("keydown", (e) => {
      const size = high - low;
      const to = { ArrowLeft: [low - size / 4, high - size / 4], ArrowRight: [low + size / 4, high + size / 4], "+": [low + size / 4, high - size / 4], "-": [low - size / 2, high + size / 2], 0: span() }[e.key];
      if (!to) return;
      e.preventDefault();
      const host = plot.closest("figure");
      show(...to);
      host?.querySelector(".time-plot")?.focus();
    });
    svg.append(chosen, cursor, plot);
  };
  return { X, days, marks, low, high, finish };
}
const rowAt = (day) => { const e = time().edges; let [a, b] = [0, e.length - 1]; while (b - a > 1) { const m = (a + b) >> 1; if (e[m] <= day) a = m; else b = m; } return a; };
/** Values of a window as at most so many columns: means of what falls into each. */
function columnsOf(values, low, high, count) {
  const [a, b] = inView(low, high);
  const e = time().edges;
  const [sum, weight] = [new Float64Array(count), new Float64Array(count)];
  for (let k = a; k < b; k++) {
    if (!finite(values[k])) continue;
    const from = ((Math.max(e[k], low) - low) / (high - low)) * count;
    const to = ((Math.min(e[k + 1], high) - low) / (high - low)) * count;
    for (let c = Math.floor(from); c < Math.min(count, Math.ceil(to)); c++) {
      const part = Math.min(to, c + 1) - Math.max(from, c);
      if (part > 1e-9) { sum[c] += part * values[k]; weight[c] += part; }
    }
  }
  return sum.map((s, c) => (weight[c] ? s / weight[c] : NaN));
}
const LEFT = 46;
function rainPanel(svg, axis, box, y, height, p = place()) {
  const rain = series(member(), p, "precipitation");
  if (!rain) return 0;
  const [low, high] = view();
  const count = Math.round(clamp((box.right - box.left) / 2, 60, inView(low, high)[1] - inView(low, high)[0]));
  const values = columnsOf(rain, low, high, count);
  const most = Math.max(...Array.from(values).filter(finite), 1e-6);
  const step = (box.right - box.left) / count;
  const d = Array.from(values).map((v, k) => (v > 0.01 * most ? `M${(box.left + (k + 0.5) * step).toFixed(1)} ${y}v${((v / most) * height).toFixed(1)}` : "")).join("");
  svg.append(sv("path", { class: "rain", style: `stroke-width:${clamp(step * 0.7, 0.8, 9)}`, d }), sv("path", { class: "axis", d: `M${box.left} ${y}H${box.right}` }),
    sv("text", { x: box.left - 6, y: y + 4, "text-anchor": "end", text: "0" }), sv("text", { x: box.left - 6, y: y + height + 2, "text-anchor": "end", text: short(most, 2) }));
  return height;
}
const depthAt = (z) => Math.sqrt(z);
function heat(layers, values, axis, box, scale) {
  const width = Math.round(clamp(box.right - box.left, 80, 1400));
  const height = Math.round(box.height);
  const rows = values.map((v) => columnsOf(v, axis.low, axis.high, width));
  const board = el("canvas", { width, height });
  const context = board.getContext("2d");
  const image = context.createImageData(width, height);
  const bottom = depthAt(layers.at(-1)[1]);
  for (let y = 0; y < height; y++) {
    const z = ((y + 0.5) / height * bottom) ** 2;
    const row = rows[Math.max(0, layers.findIndex(([, b]) => z <= b))];
    for (let x = 0; x < width; x++) {
      if (!finite(row[x])) continue;
      const c = colour(scale.palette, (row[x] - scale.low) / (scale.high - scale.low || 1));
      image.data.set([...c, 255], 4 * (y * width + x));
    }
  }
  context.putImageData(image, 0, 0);
  return sv("image", { href: board.toDataURL(), x: box.left, y: box.top, width: box.right - box.left, height: box.height, preserveAspectRatio: "none" });
}
function depthSection(width) {
  const shown = [["soil_moisture", "YlGnBu"], ["soil_temperature", "RdYlBu_r"], ["soil_ice", "PuBu"]]
    .map(([name, palette]) => ({ name, palette, values: series(member(), place(), name) })).filter((s) => s.values && (s.name !== "soil_ice" || s.values.some((v) => v.some((x) => x > 0.005))));
  if (!shown.length) return null;
  const svg = canvas(width, 10);
  const layers = head().layers;
  const box = { left: LEFT, right: width - 6, top: 4, bottom: 0 };
  const rain = series(member(), place(), "precipitation");
  let y = 4;
  const axis = timeAxis(svg, box, (day) => {
    const k = rowAt(day);
    return tipText(isoDay(time().edges[k]), rain ? `precipitation ${short(rain[k])} ${niceUnits(about("precipitation").units)}` : "", ...shown.map((s) => `${about(s.name).title}: ${[0, Math.floor(layers.length / 2), layers.length - 1].map((l) => `${short(s.values[l][k])}`).join(", ")} ${niceUnits(about(s.name).units)} (${[0, Math.floor(layers.length / 2), layers.length - 1].map((l) => `${plain(layers[l][1])} m`).join(", ")})`));
  });
  if (rain) { svg.append(sv("text", { class: "ink", x: LEFT, y: y + 6, text: `Precipitation${unitText(about("precipitation").units)}` })); y += 14 + rainPanel(svg, axis, box, y + 14, 46) + 12; }
  for (const s of shown) {
    const scale = (held[`scale|${member()}|${place()}|${s.name}`] ||= scaleOf(s.values.map((v) => Array.from(columnsOf(v, ...span(), Math.min(v.length, 400)))), s.palette, about(s.name).units));
    const tall = clamp(width * 0.16, 120, 190);
    svg.append(sv("text", { class: "ink", x: LEFT, y: y + 10, text: named(s.name) }), ramp(width - 6, y + 2, Math.min(190, width - LEFT - 24 - wide(named(s.name)) - 2 * Math.max(...tickText([scale.low, scale.high]).map((t) => wide(t)))), scale));
    y += width < 520 ? 36 : 20;
    svg.append(heat(layers, s.values, axis, { ...box, top: y, height: tall }, scale));
    const bottom = depthAt(layers.at(-1)[1]);
    let last = -99;
    [0, ...layers.map((l) => l[1])].forEach((z) => {
      const yy = y + (depthAt(z) / bottom) * tall;
      svg.append(sv("path", { class: "axis", d: `M${box.left - 4} ${yy}h4` }));
      if (yy - last < 12) return;
      last = yy;
      svg.append(sv("text", { x: box.left - 7, y: yy + 4, "text-anchor": "end", text: plain(z) }));
    });
    box.bottom = y + tall;
    y += tall + 14;
  }
  svg.append(sv("text", { x: 0, y: box.bottom + 17, text: "m" }));
  axis.marks.forEach(([d, text]) => svg.append(sv("path", { class: "axis", d: `M${d.x} ${box.bottom}v4` }), sv("text", { x: d.x, y: box.bottom + 17, "text-anchor": d.anchor, text })));
  axis.finish();
  return grown(svg, box.bottom + 24);
}
/** A small colour bar that ends at x = right: its ends are named left and right of it. */
let rampSerial = 0;
function ramp(right, y, length, scale) {
  const id = `small-ramp${++rampSerial}`;
  const labels = tickText([scale.low, scale.high]);
  const end = right - wide(labels[1]) - 9;
  const stops = Array.from({ length: 17 }, (_, i) => sv("stop", { offset: i / 16, "stop-color": hex(colour(scale.palette, i / 16)) }));
  return sv("g", {}, sv("defs", {}, sv("linearGradient", { id }, stops)), sv("rect", { x: end - length, y, width: length, height: 9, rx: 1, fill: `url(#${id})` }),
    sv("text", { x: end - length - 5, y: y + 9, "text-anchor": "end", text: labels[0] }), sv("text", { x: right, y: y + 9, "text-anchor": "end", text: labels[1] }));
}
const sectionRows = () => {
  const names = ["soil_moisture", "soil_temperature"].filter((n) => series(member(), place(), n));
  const [a, b] = inView(...view());
  const layers = head().layers;
  return [["time", ...names.flatMap((n) => layers.map((l) => `${n} ${l[0]}-${l[1]} m`))], ...time().edges.slice(a, b).map((t, i) => [isoDay(t), ...names.flatMap((n) => series(member(), place(), n).map((v) => Number(v[a + i].toPrecision(5))))])];
};

const choices = () => head().series.filter((n) => series(member(), place(), n) && n !== "precipitation");
const variable = () => { const c = choices(); return c.includes(state.variable) ? state.variable : [head().banded ? "root_zone" : "soil_moisture", "latent_heat", "evapotranspiration"].find((n) => c.includes(n)) || c[0]; };
/** Lines of a variable in the window: of members, or of the layers of the chosen member. */
function linesOf(name) {
  const own = series(member(), place(), name);
  if (!own) return [];
  if (Array.isArray(own)) {
    const layers = head().layers;
    return own.map((values, k) => ({ text: `${plain(100 * layers[k][0])} to ${plain(100 * layers[k][1])} cm`, values, colour: hex(colour("viridis", 0.06 + (0.8 * k) / Math.max(1, own.length - 1))), width: 1.5 }));
  }
  const others = drawn().filter((m) => m !== member()).map((m) => ({ text: members()[m], values: series(m, place(), name), colour: memberColour(m), width: 1.2 })).filter((l) => l.values);
  return [...others, { text: many() ? members()[member()] : about(name).title, values: own, colour: many() ? memberColour(member()) : TERMS[name] || COLOURS[0], width: 2 }];
}
const observedHere = (name) => (DATA.observed || []).filter((o) => o.variable === name && o.place === place());
/** Lines, a band and dots over the window. o: {height, lines, band, dots, rain, place of the rain, down: the larger lies lower}. */
function timeChart(width, o) {
  const svg = canvas(width, 10);
  const [low, high] = o.window || view();
  const [a, b] = inView(low, high);
  const count = Math.min(b - a, Math.round(2 * width));
  const cut = (values) => (b - a <= count ? Array.from(values.subarray ? values.subarray(a, b) : values.slice(a, b)) : Array.from(columnsOf(values, low, high, count)));
  const x = b - a <= count ? time().mid.slice(a, b) : Array.from({ length: count }, (_, k) => low + ((k + 0.5) / count) * (high - low));
  const lines = o.lines.map((l) => ({ ...l, y: cut(l.values) }));
  const spread = o.band && o.band.map(cut);
  const all = [...lines.flatMap((l) => l.y), ...(spread ? [...spread[0], ...spread[4]] : []), ...o.dots.flatMap((d) => cut(d.values))];
  const range = extent(all);
  if (!range) return null;
  if (o.down) range.reverse();
  let y = legend(svg, width, [...lines.map((l) => ({ text: l.text, colour: l.colour, line: true })), ...(spread ? [{ text: "5 to 95 %, 25 to 75 % and median of the members", colour: "#8f949c" }] : []), ...o.dots.map((d) => ({ text: d.text, dot: true }))].slice(0, 14)) + 2;
  const box = { left: LEFT, right: width - 6, top: y, bottom: 0 };
  const axis = timeAxis(svg, box, (day) => {
    const k = rowAt(day);
    const of = lines.length > 6 ? [0, Math.floor(lines.length / 2), lines.length - 1].map((i) => o.lines[i]) : o.lines;
    const rain = o.rain && series(member(), o.place ?? place(), "precipitation");
    return tipText(isoDay(time().edges[k]), rain ? `precipitation ${short(rain[k])} ${niceUnits(about("precipitation").units)}` : "", ...of.map((l) => `${l.text}: ${short(l.values[k])}`), o.band ? `5 to 95 %: ${short(o.band[0][k])} to ${short(o.band[4][k])}` : "", ...o.dots.filter((d) => finite(d.values[k])).map((d) => `${d.text}: ${short(d.values[k])}`));
  }, [low, high]);
  if (o.rain) { const tall = rainPanel(svg, axis, box, y + 4, 34, o.place); y += tall ? tall + 14 : 0; }
  const bottom = y + o.height;
  const Y = (v) => bottom - ((v - range[0]) / (range[1] - range[0])) * (o.height - 6);
  const X = axis.X;
  const marks = ticks(Math.min(...range), Math.max(...range), Math.max(2, Math.round(o.height / 52)));
  const labels = tickText(marks);
  const top = y;
  axis.marks.forEach(([d]) => svg.append(sv("path", { class: "gridline", opacity: 0.6, d: `M${d.x} ${top}V${bottom}` })));
  marks.forEach((v, k) => svg.append(sv("path", { class: "gridline", d: `M${box.left} ${Y(v)}H${box.right}` }), sv("text", { x: box.left - 6, y: Y(v) + 4, "text-anchor": "end", text: labels[k] })));
  if (spread) {
    const area = (p, q) => { const k = x.map((_, i) => i).filter((i) => finite(spread[p][i])); return k.length ? `M${k.map((i) => `${X(x[i]).toFixed(1)} ${Y(spread[p][i]).toFixed(1)}`).join("L")}L${k.reverse().map((i) => `${X(x[i]).toFixed(1)} ${Y(spread[q][i]).toFixed(1)}`).join("L")}Z` : ""; };
    svg.append(sv("path", { class: "band", d: area(0, 4) }), sv("path", { class: "band", d: area(1, 3) }), sv("path", { class: "thin", d: path(x, spread[2], X, Y), style: "stroke-width:1.4" }));
  }
  for (const d of o.dots) { const v = cut(d.values); svg.append(sv("path", { class: "samples", style: "stroke:var(--ink);stroke-opacity:.55", "stroke-width": 3, d: x.map((t, k) => (finite(v[k]) ? `M${X(t).toFixed(1)} ${Y(v[k]).toFixed(1)}h0.01` : "")).join("") })); }
  for (const l of lines) svg.append(sv("path", { class: "family", "--c": l.colour, "stroke-width": b - a > 900 ? Math.min(1.2, l.width) : l.width, "stroke-linejoin": "round", d: path(x, l.y, X, Y) }));
  svg.append(sv("path", { class: "axis", d: `M${box.left} ${bottom}H${box.right}` }));
  axis.marks.forEach(([d, text]) => svg.append(sv("path", { class: "axis", d: `M${d.x} ${bottom}v4` }), sv("text", { x: d.x, y: bottom + 17, "text-anchor": d.anchor, text })));
  box.bottom = bottom;
  axis.finish();
  if (o.overview) return grown(svg, overview(svg, width, bottom + 34, o.overview));
  return grown(svg, bottom + 24);
}
/** The whole period below a chart: the window in it can be dragged, and its ends. */
function overview(svg, width, y, values) {
  const [first, last] = span();
  const height = 38;
  const [left, right] = [LEFT, width - 6];
  const count = Math.min(values.length, Math.round(width));
  const v = Array.from(columnsOf(values, first, last, count));
  const range = extent(v) || [0, 1];
  const X = (d) => left + ((d - first) / (last - first)) * (right - left);
  const Y = (q) => y + height - ((q - range[0]) / (range[1] - range[0])) * height;
  const xs = v.map((_, k) => first + ((k + 0.5) / count) * (last - first));
  const [low, high] = view();
  const frameRect = sv("rect", { class: "handle overview", x: X(low), y: y - 2, width: Math.max(3, X(high) - X(low)), height: height + 4, fill: "var(--ink)", "fill-opacity": 0.08, stroke: "var(--soft)", rx: 2 });
  svg.append(sv("rect", { class: "ground", x: left, y, width: right - left, height }), sv("path", { class: "thin", d: path(xs, v, X, Y) }), frameRect);
  dateTicks([first, last], right - left).forEach(([d, text]) => svg.append(sv("text", { x: X(d), y: y + height + 15, "text-anchor": X(d) > right - 16 ? "end" : X(d) < left + 10 ? "start" : "middle", text })));
  let grip = null;
  const local = (e) => new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse()).x;
  const moved = (x) => {
    const d = ((x - grip.x) / (right - left)) * (last - first);
    if (grip.edge === "low") return [Math.min(low + d, high - least()), high];
    if (grip.edge === "high") return [low, Math.max(high + d, low + least())];
    const by = clamp(d, first - low, last - high);
    return [low + by, high + by];
  };
  frameRect.addEventListener("pointerdown", (e) => { const x = local(e); grip = { x, edge: x - X(low) < 7 ? "low" : X(high) - x < 7 ? "high" : "" }; frameRect.setPointerCapture(e.pointerId); });
  frameRect.addEventListener("pointermove", (e) => { if (!grip) return; const [a, b] = moved(local(e)); frameRect.setAttribute("x", X(a)); frameRect.setAttribute("width", Math.max(3, X(b) - X(a))); });
  frameRect.addEventListener("pointerup", (e) => { if (!grip) return; const to = moved(local(e)); grip = null; show(...to); });
  return y + height + 22;
}
function seriesChart(width) {
  const name = variable();
  const own = series(member(), place(), name);
  if (!own) return null;
  const layered = Array.isArray(own);
  const dots = observedHere(name).map((o) => ({ text: o.name, values: (o.decoded ||= unpack(o.values)) }));
  return timeChart(width, { height: clamp(width * 0.26, 190, 320), lines: linesOf(name), band: layered ? null : band(place(), name), dots, rain: true, down: name === "water_table_depth", overview: layered ? own[0] : own });
}
function seriesRows() {
  const name = variable();
  const lines = linesOf(name);
  const dots = observedHere(name);
  const [a, b] = inView(...view());
  return [["time", ...lines.map((l) => `${name} ${l.text}`), ...dots.map((d) => d.name)], ...time().edges.slice(a, b).map((t, k) => [isoDay(t), ...lines.map((l) => Number(l.values[a + k].toPrecision(5))), ...dots.map((d) => { const v = (d.decoded ||= unpack(d.values))[a + k]; return finite(v) ? Number(v.toPrecision(5)) : null; })])];
}

/** Discharge of the largest river, of all members that are drawn, under the rain. */
function riverChart(width) {
  const p = head().river;
  const lines = drawn().map((m) => ({ text: many() ? members()[m] : about("discharge").title, values: series(m, p, "discharge"), colour: many() ? memberColour(m) : TERMS.surface_runoff, width: m === member() ? 2 : 1.2 })).filter((l) => l.values);
  return lines.length ? timeChart(width, { height: clamp(width * 0.2, 170, 240), lines, dots: [], rain: true, place: p }) : null;
}
const riverRows = () => [["time", ...drawn().map((m) => `${members()[m]} (m3 s-1)`)], ...time().mid.map((_, k) => [isoDay(time().edges[k]), ...drawn().map((m) => series(m, head().river, "discharge")?.[k])])];

/* ---- observations ---- */

const observedValues = (o) => (o.decoded ||= unpack(o.values));
const modelValues = (o, m) => (o.models ||= {})[m] || (o.members[m] ? (o.models[m] = unpack(o.members[m])) : null);
/** The span of the observations with a small margin, until days are chosen. */
function observedWindow(o) {
  if (state.from || state.to || !o.span) return null;
  const [first, last] = span();
  const margin = Math.max(0.03 * (o.span[1] - o.span[0]), 0.5 * (least() - (o.span[1] - o.span[0])));
  return [Math.max(first, o.span[0] - margin), Math.min(last, o.span[1] + margin)];
}
const spanNote = (o) => {
  const [first, last] = span();
  const shown = observedWindow(o);
  return shown && shown[1] - shown[0] < 0.97 * (last - first) ? `, ${isoDay(o.span[0]).slice(0, 10)} to ${isoDay(o.span[1]).slice(0, 10)}, where there are observations` : "";
};
function observedChart(width, o) {
  const shownMembers = drawn().filter((m) => modelValues(o, m));
  const lines = [...shownMembers.filter((m) => m !== member()), ...shownMembers.filter((m) => m === member())].map((m) => ({ text: members()[m], values: modelValues(o, m), colour: memberColour(m), width: m === member() ? 2 : 1.2 }));
  if (!lines.length) return null;
  return timeChart(width, { height: clamp(width * 0.52, 180, 300), window: observedWindow(o), lines, band: o.depth ? null : band(o.place, o.variable), dots: [{ text: "observed", values: observedValues(o) }], rain: false, down: o.variable === "water_table_depth" });
}
const pairedValues = (o, m) => (o.paired ? (o.pairs ||= {})[m] || (o.paired[m] ? (o.pairs[m] = unpack(o.paired[m])) : null) : modelValues(o, m));
const pairsOf = (o) => { const [x, y] = [observedValues(o), pairedValues(o, member())]; return y ? Array.from(x, (v, k) => [v, y[k]]).filter((p) => finite(p[0]) && finite(p[1])) : []; };
function regression(pairs) {
  const mean = (k) => pairs.reduce((s, p) => s + p[k], 0) / pairs.length;
  const [mx, my] = [mean(0), mean(1)];
  const [sxx, sxy, syy] = pairs.reduce((s, p) => [s[0] + (p[0] - mx) ** 2, s[1] + (p[0] - mx) * (p[1] - my), s[2] + (p[1] - my) ** 2], [0, 0, 0]);
  return { r: sxy / Math.sqrt(sxx * syy), slope: sxy / sxx, bias: my - mx, y: (v) => my + (sxy / sxx) * (v - mx), x: (v) => mx + (v - my) * (sxx / sxy) };
}
function scatterChart(width, o) {
  const pairs = pairsOf(o);
  if (pairs.length < 3) return null;
  const all = extent(pairs.flat(), 0.04);
  const size = Math.min(width, 400);
  const marks = ticks(...all, 5);
  const f = frame({ width: size, height: size, x: all, y: all, xTicks: marks, yTicks: marks, xLabel: `observed${unitText(o.units)}`, yLabel: `simulated${unitText(o.units)}` });
  const every = Math.max(1, Math.ceil(pairs.length / 3000));
  f.svg.append(sv("path", { class: "axis", "stroke-dasharray": "4 3", d: `M${f.X(all[0])} ${f.Y(all[0])}L${f.X(all[1])} ${f.Y(all[1])}` }));
  f.svg.append(sv("path", { class: "samples", style: `stroke:${css(shade(many() ? memberColour(member()) : TERMS[o.variable] || COLOURS[0]))};stroke-width:4;stroke-opacity:${pairs.length > 800 ? 0.3 : 0.55}`, d: pairs.filter((_, k) => !(k % every)).map((p) => `M${f.X(p[0]).toFixed(1)} ${f.Y(p[1]).toFixed(1)}h0.01`).join("") }));
  const line = regression(pairs);
  if (!finite(line.slope)) return f.svg;
  const ends = [Math.min(...pairs.map((p) => p[0])), Math.max(...pairs.map((p) => p[0]))].map((v) => (line.y(v) < all[0] ? line.x(all[0]) : line.y(v) > all[1] ? line.x(all[1]) : v));
  f.svg.append(sv("path", { class: "reference", style: "stroke-width:1.4", d: `M${f.X(ends[0])} ${f.Y(line.y(ends[0]))}L${f.X(ends[1])} ${f.Y(line.y(ends[1]))}` }));
  return f.svg;
}
function scatterNote(o) {
  const pairs = pairsOf(o);
  if (pairs.length < 3) return "";
  const l = regression(pairs);
  const rmse = Math.sqrt(pairs.reduce((s, p) => s + (p[1] - p[0]) ** 2, 0) / pairs.length);
  return `R ${fixed(l.r)}, RMSE ${short(rmse)}, slope ${fixed(l.slope)}, mean difference ${short(l.bias)} ${niceUnits(o.units)}, ${pairs.length.toLocaleString("en")} values; line: regression, dashed: one to one`;
}
const observedRows = (o) => [["time", "observed", ...o.members.map((_, m) => members()[m])], ...time().mid.map((_, k) => [isoDay(time().edges[k]), observedValues(o)[k], ...o.members.map((_, m) => pairedValues(o, m)[k])]).filter((r) => finite(r[1]))];
const BENCHMARKS = ["#7a7f88", "#b08d57", "#5f8f8f", "#9d7aa5", "#a86f6f"];
const HIGHEST_ONE = ["kge", "nse"]; // metrics that end at 1 and may fall without end
const LOWEST = -1; // where their axis ends below
/** The ends of an axis of scores: single values far from the others lie beyond it. */
function scoreRange(metric, rows, crowd) {
  const values = rows.map((r) => r.value).filter(finite).sort((a, b) => a - b);
  if (!values.length) return null;
  const drawn = (r) => [r.value, ...(crowd && members().includes(r.member) ? [] : [r.low, r.high])].filter(finite);
  if (HIGHEST_ONE.includes(metric.toLowerCase())) {
    const found = extent(rows.filter((r) => r.value >= LOWEST).flatMap(drawn).map((v) => Math.max(v, LOWEST)), 0.05) || [LOWEST, 1];
    return [Math.max(found[0], LOWEST), Math.min(found[1], 1)];
  }
  const middle = (list) => list[list.length >> 1];
  const centre = middle(values);
  const apart = middle(values.map((v) => Math.abs(v - centre)).sort((a, b) => a - b));
  const reach = Math.max(8 * apart, 2 * Math.abs(centre)) || Infinity;
  return extent(rows.flatMap(drawn).filter((v) => Math.abs(v - centre) <= reach), 0.05);
}
const beyond = (metric, v, range) => finite(v) && (v < range[0] - 1e-9 || v > range[1] + 1e-9);
/** Scores of one metric as dots with intervals: a block an observation, a lane a member; benchmarks are open. */
function skillDots(width, metric) {
  const rows = DATA.skill.scores.filter((r) => r.metric === metric);
  const own = members().filter((n) => rows.some((r) => r.member === n));
  const others = [...new Set(rows.map((r) => r.member).filter((n) => !members().includes(n)))];
  const crowd = own.length > 8;
  const lanes = [...(crowd ? [null] : own), ...others];
  if (!rows.length || !lanes.length) return null;
  const svg = canvas(width, 10);
  const colourOf = (n) => (members().includes(n) ? memberColour(members().indexOf(n)) : BENCHMARKS[others.indexOf(n) % BENCHMARKS.length]);
  let y = legend(svg, width, [...(crowd ? [{ text: `${own.length} members, the chosen one strong`, colour: memberColour(member()) }] : own.map((n) => ({ text: n, colour: colourOf(n) }))), ...others.map((n) => ({ text: n, colour: colourOf(n), ring: true }))]) + 8;
  const longest = 18 + Math.max(...rows.map((r) => wide(r.observation, 600)));
  const narrow = width < 620 || longest > 0.35 * width;
  const left = narrow ? 8 : longest;
  const several = [...new Set(rows.map((r) => r.units))];
  several.forEach((units) => { y = skillBlock(svg, { width, left, narrow, y, lanes, crowd, colourOf, metric, units, named: several.length > 1, rows: rows.filter((r) => r.units === units) }) + 12; });
  return grown(svg, y);
}
/** The observations that share an axis; returns where it ends. */
function skillBlock(svg, o) {
  const range = scoreRange(o.metric, o.rows, o.crowd) || [0, 1];
  const [left, right] = [o.left, o.width - 14];
  const X = (v) => left + ((clamp(v, ...range) - range[0]) / (range[1] - range[0])) * (right - left);
  const [top, gap] = [o.y, o.crowd ? 13 : 11];
  const grid = sv("g", {});
  svg.append(grid);
  let y = top;
  const mark = (r, yy) => {
    const c = o.colourOf(r.member);
    const mine = members().includes(r.member);
    const faint = o.crowd && mine && r.member !== members()[member()];
    const out = beyond(o.metric, r.value, range);
    const side = r.value < range[0] ? -1 : 1;
    const node = sv("g", { opacity: faint ? 0.35 : 1, class: out ? "beyond" : "" });
    const label = out && !(o.crowd && mine) ? short(r.value) : "";
    const room = label ? 12 + wide(label) : 0;
    const ends = [r.low, r.high].map((v) => (out && side < 0 ? Math.max(X(v), left + room) : out ? Math.min(X(v), right - room) : X(v)));
    if (!faint && finite(r.low) && finite(r.high) && ends[0] < ends[1]) node.append(sv("path", { class: "family", "--c": c, "stroke-width": 1.6, d: `M${ends[0]} ${yy}H${ends[1]}` }));
    const shape = mine ? { class: "family-fill", "--c": faint ? "#8f949c" : c } : { class: "family", style: "fill:var(--paper)", "--c": c, "stroke-width": 1.8 };
    if (out) node.append(sv("path", { ...shape, d: `M${X(r.value) + 6 * side} ${yy}l${-9 * side} -4.5v9z` }));
    else node.append(sv("circle", { ...shape, cx: X(r.value), cy: yy, r: mine ? 4 : 3.4 }));
    if (label) node.append(sv("text", { class: "halo", x: X(r.value) - 7 * side, y: yy + 3.5, "text-anchor": side < 0 ? "start" : "end", style: "font-size:10px", text: label }));
    svg.append(tipOn(node, () => tipText(r.member, r.observation, `${short(r.value)}${finite(r.low) && finite(r.high) ? ` (${short(r.low)} to ${short(r.high)})` : ""} ${niceUnits(r.units)}`, out ? "beyond the axis" : "")));
  };
  [...new Set(o.rows.map((r) => r.observation))].forEach((name) => {
    const lines = o.narrow ? linesIn(name, o.width, 600) : [name];
    lines.forEach((text, k) => svg.append(sv("text", { class: "strong", x: o.narrow ? 0 : left - 14, y: y + (o.narrow ? 11 + 14 * k : (o.lanes.length * gap) / 2 + 4), "text-anchor": o.narrow ? "start" : "end", text })));
    if (o.narrow) y += 2 + 14 * lines.length;
    o.lanes.forEach((n, k) => {
      const found = o.rows.filter((q) => q.observation === name && (n === null ? members().includes(q.member) : q.member === n));
      found.sort((a, b) => (a.member === members()[member()]) - (b.member === members()[member()])).forEach((r) => mark(r, y + (k + 0.5) * gap));
    });
    y += o.lanes.length * gap + 14;
  });
  const marks = ticks(...range, o.width < 620 ? 4 : 7);
  const labels = tickText(marks);
  marks.forEach((v, k) => { grid.append(sv("path", { class: v === 0 ? "axis" : "gridline", d: `M${X(v)} ${top}V${y - 6}` })); svg.append(sv("text", { x: X(v), y: y + 8, "text-anchor": X(v) > o.width - 20 ? "end" : X(v) < 14 ? "start" : "middle", text: labels[k] })); });
  if (o.named) { y += 15; svg.append(sv("text", { x: right, y: y + 8, "text-anchor": "end", text: niceUnits(o.units) || "no units" })); }
  return y + 14;
}
/** How many scores lie beyond the axis. */
function beyondNote(metric) {
  const rows = DATA.skill.scores.filter((r) => r.metric === metric);
  const crowd = members().filter((n) => rows.some((r) => r.member === n)).length > 8;
  const count = [...new Set(rows.map((r) => r.units))].map((u) => rows.filter((r) => r.units === u)).reduce((n, of) => { const range = scoreRange(metric, of, crowd); return n + (range ? of.filter((r) => beyond(metric, r.value, range)).length : 0); }, 0);
  return count ? `; arrows: ${count} beyond the axis, whose numbers are in the table` : "";
}

/* ---- spread of an ensemble ---- */

const statistics = () => [...new Set(DATA.skill.analysis.map((r) => r.statistic))];
const statistic = () => (statistics().includes(state.statistic) ? state.statistic : statistics()[0]);
const combinations = (r) => `${r.members} of ${r.members + r.missing} combinations of the choices are there`;
/** What the shares stand on where combinations are missing. */
function missingNote() {
  const short = DATA.skill.analysis.filter((r) => r.statistic === statistic() && r.missing);
  if (!short.length) return "";
  const least = short.reduce((a, b) => (b.missing > a.missing ? b : a));
  const some = new Set(short.map((r) => r.title)).size < new Set(DATA.skill.analysis.map((r) => r.title)).size;
  return ` ${some ? "Of some outputs only" : "Only"} ${combinations(least)}; what single choices and pairs make of these stands in for the others.`;
}
function spreadBars(width) {
  const rows = DATA.skill.analysis.filter((r) => r.statistic === statistic()).map((r) => ({ ...r, variable: r.title }));
  const names = [...new Set(rows.map((r) => r.choice))];
  const layersOf = {};
  rows.forEach((r) => (layersOf[r.title.replace(/, [\d.]+-[\d.]+ m$/, "")] ||= new Set()).add(r.title));
  const kept = new Set(Object.values(layersOf).flatMap((set) => { const all = [...set]; return all.length <= 4 ? all : [0, 1, 2, 3].map((k) => all[Math.round((k * (all.length - 1)) / 3)]); }));
  const shownNames = [...new Map(rows.filter((r) => kept.has(r.title)).map((r) => [r.variable, r.title])).entries()];
  const svg = canvas(width, 10);
  let y = legend(svg, width, names.map((n, k) => ({ text: n, colour: COLOURS[k % COLOURS.length] }))) + 8;
  const narrow = width < 560;
  const left = narrow ? 0 : Math.min(0.4 * width, 16 + Math.max(...shownNames.map(([, t]) => wide(t))));
  for (const [name, title] of shownNames) {
    svg.append(sv("text", { class: "ink", x: narrow ? 0 : left - 10, y: y + (narrow ? 11 : 14), "text-anchor": narrow ? "start" : "end", text: fit(title, narrow ? width : left - 10) }));
    if (narrow) y += 17;
    svg.append(sv("rect", { class: "ground", x: left, y, width: width - left, height: 19 }));
    let from = left;
    names.forEach((n, k) => {
      const r = rows.find((q) => q.variable === name && q.choice === n);
      if (!r || !(r.share > 0)) return;
      const size = Math.min(r.share, 1) * (width - left);
      const c = COLOURS[k % COLOURS.length];
      const node = sv("g", {}, sv("rect", { class: "family-fill", "--c": c, x: from, y, width: Math.max(0.4, size - 0.8), height: 19 }));
      if (size > 34) node.append(sv("text", { x: from + size / 2, y: y + 13.5, "text-anchor": "middle", style: `fill:${onColour(shade(c))}`, text: `${fixed(100 * r.share, 0)} %` }));
      svg.append(tipOn(node, () => tipText(n, title, `alone ${fixed(100 * r.share, 1)} % of the variance between members${finite(r.first_low) ? ` (${fixed(100 * r.first_low, 0)} to ${fixed(100 * r.first_high, 0)})` : ""}`, finite(r.total) ? `with interactions ${fixed(100 * r.total, 1)} %${finite(r.chance) ? `; chance alone up to ${fixed(100 * r.chance, 0)} %` : ""}` : "", r.lowest && r.highest ? `lowest with ${r.lowest}, highest with ${r.highest}` : "", r.missing ? combinations(r) : "")));
      from += size;
    });
    y += 28;
  }
  return grown(svg, y);
}

/* ---- maps ---- */

const MAP_STYLE = {
  precipitation: ["PuBu", 365.25, "mm yr-1"], evapotranspiration: ["YlGn", 365.25, "mm yr-1"], transpiration: ["YlGn", 365.25, "mm yr-1"],
  ground_evaporation: ["YlOrBr", 365.25, "mm yr-1"], canopy_evaporation: ["YlGn", 365.25, "mm yr-1"], runoff: ["PuBuGn", 365.25, "mm yr-1"], surface_runoff: ["PuBuGn", 365.25, "mm yr-1"],
  subsurface_runoff: ["PuBuGn", 365.25, "mm yr-1"], root_zone: ["YlGnBu", 1, "m3 m-3"], top_layer: ["YlGnBu", 1, "m3 m-3"], net_radiation: ["YlOrBr", 1, "W m-2"], latent_heat: ["YlGnBu", 1, "W m-2"],
  sensible_heat: ["Reds", 1, "W m-2"], gpp: ["YlGn", 365.25, "g m-2 yr-1"], snow_water: ["PuBu", 1, "mm"],
  water_table_depth: ["YlGnBu_r", 1, "m"], ponded_water: ["PuBu", 1, "mm"], discharge: ["PuBu", 1, "m3 s-1"], aquifer: ["YlGnBu", 1, "mm"],
};
const mapped = () => Object.keys(MAP_STYLE).filter((n) => Object.keys(DATA.maps.layers).some((k) => k.endsWith(`:${n}`)));
const mapMembers = () => members().map((_, k) => k).filter((k) => Object.keys(DATA.maps.layers).some((n) => n.startsWith(`${k}:`)));
const theField = () => field(DATA.maps, DATA.grids);
const layer = (m, name) => { const v = theField().layer(`${m}:${name}`); return v ? Array.from(v, (x) => x * MAP_STYLE[name][1]) : null; };
const first = () => { const all = mapMembers(); const k = Number(state.base); return all.includes(k) ? k : all[0]; };
const second = () => { const all = mapMembers(); const k = Number(state.other); return all.includes(k) ? k : all.find((m) => m !== first()) ?? all[0]; };
function mapPanels(difference) {
  return mapped().map((name) => {
    const [palette, , units] = MAP_STYLE[name];
    const all = mapMembers().map((m) => layer(m, name)).filter(Boolean);
    if (!difference) { const values = layer(first(), name); return values && values.some((v) => Math.abs(v) > 1e-9) && { name: about(name).title, column: name, values, scale: scaleOf(all, palette, units) }; }
    const [a, b] = [layer(first(), name), layer(second(), name)];
    const values = a && b && b.map((v, k) => v - a[k]);
    if (!values || values.every((v) => !finite(v) || Math.abs(v) < 1e-9)) return null;
    return { name: about(name).title, column: `${name}_difference`, values, scale: scaleOf([values], name === "precipitation" || /runoff|zone|layer|evap|gpp|transp|latent/.test(name) ? "BrBG" : "RdBu_r", units, { centred: true }) };
  }).filter(Boolean);
}
function mapGrid(width, panels) {
  if (!panels.length) return null;
  const f = theField();
  const columns = width >= 1000 ? 4 : width >= 720 ? 3 : width >= 430 ? 2 : 1;
  const gap = 22;
  const w = (width - gap * (columns - 1)) / columns;
  const svg = canvas(width, 10);
  let y = 0;
  for (let k = 0; k < panels.length; k += columns) {
    let tall = 0;
    panels.slice(k, k + columns).forEach((p, j) => {
      const x = j * (w + gap);
      const map = drawMap(w, { field: f, values: p.values, scale: p.scale, bar: false, radius: 4.5 });
      const h = Number(map.getAttribute("height"));
      const bar = sv("g", { transform: `translate(${x} 0)` });
      colourBar(bar, y + 22 + h, w, { ...p.scale, units: "", ticks: ticks(p.scale.low, p.scale.high, 3) });
      svg.append(letter(x, y + 12, k + j, `${p.name}${unitText(p.scale.units)}`, w + 20), move(map, x, y + 20), bar);
      tall = Math.max(tall, h + 58);
    });
    y += tall + 12;
  }
  return grown(svg, y - 8);
}

/* ---- distributions ---- */

/** Panels of distributions: beside observed series at their times, then of all cells and times. */
function densityPanels() {
  const beside = (DATA.observed || []).filter((o) => o.density).map((o) => ({ name: `observed: ${o.name}`, title: `${o.name}${head().points && places().length > 1 ? `, ${places()[o.place].name}` : ""}, when observed`, edges: o.density.edges, curves: o.density.members, observed: o.density.observed }));
  const names = ["top_layer", "root_zone", "top_layer_difference", "root_zone_difference"].filter((n) => at(DATA.density, n) && !(head().banded && n.endsWith("_difference")));
  return [...beside, ...names.map((n) => {
    const difference = n.endsWith("_difference");
    const base = about(n.replace("_difference", "")).title;
    return { name: n, title: difference ? `${base}, minus ${members()[0]}` : base, edges: DATA.density[n].edges, curves: DATA.density[n].members, difference };
  })];
}
function densityGrid(width) {
  const panels = densityPanels();
  if (!panels.length) return null;
  const svg = canvas(width, 10);
  const columns = width >= 640 ? 2 : 1;
  const gap = 34;
  const w = (width - gap * (columns - 1)) / columns;
  const h = clamp(w * 0.46, 190, 270);
  const shown = Math.max(...panels.map((p) => p.curves.length));
  const banded = head().banded;
  const keys = !many() ? [] : banded ? [{ text: members()[member()], colour: memberColour(member()), line: true }, ...bandKeys(shown)] : members().map((text, m) => ({ text, colour: memberColour(m), line: true }));
  const observed = panels.some((p) => p.observed) ? [{ text: "observed", colour: "var(--ink)", line: true, dash: "5 3" }] : [];
  const top = legend(svg, width, [...keys, ...(observed.length && !many() ? [{ text: "simulated", colour: memberColour(0), line: true }] : []), ...observed]) + (keys.length || observed.length ? 6 : 0);
  panels.forEach((p, k) => {
    const part = densityPanel(w, h, p, banded);
    const [px, py] = [(k % columns) * (w + gap), top + Math.floor(k / columns) * (h + 42)];
    svg.append(letter(px, py + 12, k, p.title, w), move(part, px, py + 20));
  });
  return grown(svg, top + Math.ceil(panels.length / columns) * (h + 42) - 12);
}
function densityPanel(width, height, p, banded) {
  const { edges, curves } = p;
  const x = edges.slice(0, -1).map((v, i) => (v + edges[i + 1]) / 2);
  const there = curves.map((c, m) => [c, m]).filter(([c]) => c.some((v) => v > 0));
  const spread = banded && there.length ? bandOf(there.map(([c]) => c)) : null;
  const lines = banded ? there.filter(([, m]) => m === member()) : there;
  const high = Math.max(...[...lines.map(([c]) => c), ...(spread || []), p.observed || []].flat().filter(finite), 1e-9);
  const f = frame({ width, height, x: [edges[0], edges.at(-1)], y: [0, high * 1.06], yLabel: "density", xLabel: `${p.difference ? "difference" : "soil moisture"}${unitText("m3 m-3")}` });
  const mean = (c) => c.reduce((s, v, i) => s + (v || 0) * x[i] * (edges[i + 1] - edges[i]), 0);
  const tall = (v, text) => () => tipText(text, `mean ${fixed(mean(v), 3)} ${niceUnits("m3 m-3")}`);
  if (spread) f.svg.append(bandShape(x, spread, f.X, f.Y));
  lines.forEach(([c, m]) => {
    const d = path(x, c, f.X, f.Y);
    f.svg.append(tipOn(sv("g", {}, sv("path", { class: "hit", d }), !many() && !p.observed ? sv("path", { class: "family-fill", "--c": memberColour(m), opacity: 0.2, d: `${d}L${f.X(x.at(-1))} ${f.Y(0)}L${f.X(x[0])} ${f.Y(0)}Z` }) : null, sv("path", { class: "family", "--c": memberColour(m), "stroke-width": m === member() && many() ? 2.6 : 1.6, d })), tall(c, many() ? members()[m] : "simulated")));
  });
  if (p.observed) {
    const d = path(x, p.observed, f.X, f.Y);
    f.svg.append(tipOn(sv("g", { class: "observed" }, sv("path", { class: "hit", d }), sv("path", { class: "reference", "stroke-dasharray": "5 3", style: "stroke-width:2", d })), tall(p.observed, "observed")));
  }
  if (p.difference) f.svg.append(sv("path", { class: "axis", d: `M${f.X(0)} ${f.top}V${f.bottom}` }));
  return f.svg;
}
const densityRows = () => [["quantity", "member", "from", "to", "density"], ...densityPanels().flatMap((p) => [...p.curves.map((c, m) => [members()[m], c]), ...(p.observed ? [["observed", p.observed]] : [])].flatMap(([name, c]) => c.map((v, k) => [p.name, name, p.edges[k], p.edges[k + 1], v])))];

/* ---- spin-up ---- */

function cycleChart(width) {
  const rows = DATA.spinup.cycles;
  const lines = [["median", "median of the columns", COLOURS[0]], ["largest", "largest", COLOURS[1]]].filter(([k]) => rows.some((r) => finite(r[k])));
  const log = (v) => Math.log10(Math.max(Math.abs(v), 1e-3));
  const all = rows.flatMap((r) => lines.map(([k]) => log(r[k]))).concat(finite(DATA.spinup.bound) && DATA.spinup.bound > 0 ? [log(DATA.spinup.bound)] : []).filter(finite);
  if (!all.length) return null;
  const range = [Math.floor(Math.min(...all) - 0.05), Math.ceil(Math.max(...all) + 0.05)];
  const svg = canvas(width, 10);
  const top = legend(svg, width, lines.map(([, text, c]) => ({ text, colour: c, line: true })));
  const marks = Array.from({ length: range[1] - range[0] + 1 }, (_, k) => range[0] + k);
  const x = rows.map((r, k) => r.number ?? k + 1);
  const height = 220;
  const f = frame({ width, height, x: [x[0] - 0.4, x.at(-1) + 0.4], y: range, yTicks: marks, yLabels: marks.map((m) => (m >= 0 ? String(10 ** m) : (10 ** m).toFixed(-m))), xTicks: x.filter((_, k) => !(k % Math.ceil(x.length / 12))), xLabels: x.filter((_, k) => !(k % Math.ceil(x.length / 12))).map(String), xLabel: "cycle", yLabel: "drift of stored water (mm a year)" });
  if (finite(DATA.spinup.bound) && DATA.spinup.bound > 0) f.svg.append(sv("path", { class: "outline", "stroke-dasharray": "5 3", d: `M${f.left} ${f.Y(log(DATA.spinup.bound))}H${f.right}` }), sv("text", { class: "halo ink", x: f.right - 2, y: f.Y(log(DATA.spinup.bound)) - 5, "text-anchor": "end", text: `settled below ${plain(DATA.spinup.bound)}` }));
  for (const [k, , c] of lines) {
    f.svg.append(sv("path", { class: "family", "--c": c, "stroke-width": 2, d: path(x, rows.map((r) => log(r[k])), f.X, f.Y) }));
    rows.forEach((r, i) => finite(r[k]) && f.svg.append(tipOn(sv("circle", { class: "family-fill", "--c": c, r: 4, cx: f.X(x[i]), cy: f.Y(log(r[k])) }), () => tipText(`Cycle ${x[i]}`, `${k} ${short(r[k])} mm a year`, finite(r.share) ? `${fixed(100 * r.share, 0)} % settled` : ""))));
  }
  svg.append(move(f.svg, 0, top));
  return grown(svg, top + height);
}
function driftChart(width) {
  const v = DATA.spinup.drift;
  const range = extent([...v, 0], 0.1);
  if (!range) return null;
  const n = clamp(Math.round(Math.sqrt(v.length) * 1.5), 8, 40);
  const counts = new Array(n).fill(0);
  v.forEach((d) => { counts[clamp(Math.floor(((d - range[0]) / (range[1] - range[0])) * n), 0, n - 1)]++; });
  const f = frame({ width, height: 230, x: range, y: [0, Math.max(...counts) * 1.05], xLabel: "drift in the last cycle (mm a year)", yLabel: "columns" });
  counts.forEach((c, k) => { const a = range[0] + (k / n) * (range[1] - range[0]); if (c) f.svg.append(sv("rect", { class: "family-fill", "--c": COLOURS[0], x: f.X(a) + 0.5, width: Math.max(1, f.X(a + (range[1] - range[0]) / n) - f.X(a) - 1), y: f.Y(c), height: f.bottom - f.Y(c) })); });
  f.svg.append(sv("path", { class: "axis", d: `M${f.X(0)} ${f.top}V${f.bottom}` }));
  return f.svg;
}

/* ---- the page ---- */

PAGES.simulation = () => {
  const timed = [];
  const pending = () => (DATA[`s-${member()}-${place()}`] ? "This run did not write what this figure needs." : "Loading the series.");
  const timeFigure = (spec) => { const f = figure({ empty: pending, ...spec }); timed.push(f); return f; };
  const controls = [];
  if (places().length > 1) controls.push(select(head().points ? "Site" : "Place", places().map((p, k) => ({ value: String(k), label: p.name })), String(place()), (v) => set({ place: v === "0" ? "" : v })));
  if (many()) controls.push(select("Member", members().map((m, k) => ({ value: String(k), label: m })), String(member()), (v) => set({ member: v === "0" ? "" : v })));
  byId("controls").hidden = !controls.length;
  byId("controls").append(...controls);

  const B = DATA.balance;
  const part = (rows, most) => (rows.length > shownRows(rows, most).length ? ` (${shownRows(rows, most).length} of ${rows.length} shown)` : "");
  const balanceFigure = (rows, title, note, units, digits) => rows.length && figure({ title: () => title, note: () => note + part(rows), draw: (w) => balanceBars(w, shownRows(rows), units, digits), csv: () => balanceCsv(rows) });
  if (byId("balance")) {
    byId("balance").append(...[balanceFigure(B.water, `Water, ${head().water.title}`, "What comes in above, what goes out below; both bars are equally long where it closes", head().water.units, 1), balanceFigure(B.energy, `Energy, ${niceUnits("W m-2")}`, "Means over the period", "W m-2", 2)].filter(Boolean));
    if (B.partition.length > 1) byId("partition").append(figure({ title: () => "How evapotranspiration divides", note: () => part(B.partition, 40).trim(), draw: (w) => partitionBars(w, shownRows(B.partition, 40)), csv: () => [["place", "member", "transpiration", "ground_evaporation", "canopy_evaporation", "total"], ...B.partition.map((r) => [places()[r.place].name, members()[r.member], r.transpiration, r.ground_evaporation, r.canopy_evaporation, r.total])] }));
  }
  byId("year").append(figure({ title: () => ["Monthly means", here()].filter(Boolean).join(": "), note: () => (!many() ? "" : head().banded ? "Lines in colour: the chosen member" : "Strong: the chosen member; thin: the others"), empty: pending, draw: seasons, csv: seasonRows }));

  const bar = el("div", { class: "window" });
  const section = timeFigure({ title: () => ["Water and temperature in the soil", here()].filter(Boolean).join(": "), note: () => "The depth is drawn by its square root, so that thin layers show", draw: depthSection, csv: sectionRows });
  byId("series").append(bar, timeFigure({ title: () => [named(variable() || ""), here()].filter(Boolean).join(": "), note: () => "Drag to zoom, shift and drag to move, double click for all", draw: seriesChart, csv: seriesRows }), section);
  const buttons = () => {
    const [low, high] = view();
    const step = (share) => () => show(low + share * (high - low), high + share * (high - low));
    const button = (text, label, onclick) => el("button", { type: "button", text, "aria-label": label, onclick });
    const years = [...new Set(time().edges.slice(0, -1).map((d) => new Date(d * 86400000).getUTCFullYear()))];
    const now = years.find((y) => Date.UTC(y, 0, 1) / 86400000 === low && Date.UTC(y + 1, 0, 1) / 86400000 === high);
    const parts = [];
    if (choices().length > 1) parts.push(select("Variable", choices().map((n) => ({ value: n, label: about(n).title })), variable(), (v) => set({ variable: v })));
    if (years.length > 1) parts.push(select("Year", [{ value: "", label: state.from ? "Chosen days" : "All years" }, ...years.map((y) => ({ value: String(y), label: String(y) }))], now ? String(now) : "", (v) => (v ? show(Date.UTC(Number(v), 0, 1) / 86400000, Date.UTC(Number(v) + 1, 0, 1) / 86400000) : set({ from: "", to: "" }))));
    parts.push(el("div", { class: "buttons" }, button("\u2190", "Earlier", step(-0.5)), button("\u2192", "Later", step(0.5)), button("+", "Zoom in", () => show(low + (high - low) / 4, high - (high - low) / 4)), button("\u2212", "Zoom out", () => show(low - (high - low) / 2, high + (high - low) / 2)), button("All", "The whole period", () => set({ from: "", to: "" }))));
    const focused = bar.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    bar.replaceChildren(...parts);
    if (focused) bar.querySelector(`[aria-label="${focused}"]`)?.focus();
  };

  const scores = at(DATA, "skill", "scores") || [];
  if (scores.length || head().observed) byId("skill").hidden = false;
  if (scores.length) {
    const metrics = [...new Set(scores.map((r) => r.metric))];
    const metric = () => (metrics.includes(state.metric) ? state.metric : metrics.find((m) => /^kge$/i.test(m)) || metrics[0]);
    const baselines = scores.some((r) => !members().includes(r.member));
    if (metrics.length > 1) byId("observed").append(el("div", { class: "controls" }, select("Metric", metrics.map((m) => ({ value: m, label: m.length < 5 ? m.toUpperCase() : m })), metric(), (v) => set({ metric: v }))));
    byId("observed").append(figure({ title: () => `Skill: ${metric().length < 5 ? metric().toUpperCase() : metric()}`, note: () => `Lines: intervals${baselines ? "; open: benchmarks, simple physics or regressions on the forcing" : ""}${beyondNote(metric())}`, draw: (w) => skillDots(w, metric()), csv: () => [["observation", "member", "metric", "value", "low", "high", "n"], ...scores.map((r) => [r.observation, r.member, r.metric, r.value, r.low, r.high, r.n])] }));
  }
  if ((at(DATA, "skill", "analysis") || []).length) {
    if (statistics().length > 1) add("spread", el("div", { class: "controls" }, select("Of", statistics().map((v) => ({ value: v, label: { mean: "the mean", cycle: "the course of the year" }[v] || v })), statistic(), (v) => set({ statistic: v }))));
    add("spread", figure({ title: () => `Share of the variance between members${statistics().length > 1 ? `: ${{ mean: "the mean over the period", cycle: "the course of the year" }[statistic()] || statistic()}` : ""}`, note: () => `What each choice explains alone, and pairs of choices together; what is left belongs to higher interactions.${missingNote()}`, draw: spreadBars, csv: () => [["quantity", "statistic", "choice", "first", "total", "members", "missing"], ...DATA.skill.analysis.map((r) => [r.title, r.statistic, r.choice, r.share, r.total, r.members, r.missing])] }));
  }
  if (head().maps) load("maps").then(() => Promise.all([DATA.maps.sites ? null : load("grids"), load("coast")])).then(() => {
    const options = mapMembers().map((m) => ({ value: String(m), label: members()[m] }));
    if (many()) byId("map-controls").append(select("Maps of", options, String(first()), (v) => set({ base: v })), select("Compared with", options, String(second()), (v) => set({ other: v })));
    else byId("map-controls").hidden = true;
    const rows = (panels) => mapRows(theField(), Object.fromEntries(panels.map((p) => [p.column, p.values])));
    add("maps", figure({ title: () => `Means over the period${many() ? `: ${members()[first()]}` : ""}`, note: () => (many() ? "All members share the colour scales" : ""), draw: (w) => mapGrid(w, mapPanels(false)), csv: () => rows(mapPanels(false)) }));
    if (many()) add("maps", figure({ title: () => `${members()[second()]} minus ${members()[first()]}`, note: () => "", empty: "The two do not differ.", draw: (w) => mapGrid(w, mapPanels(true)), csv: () => rows(mapPanels(true)) }));
    redrawFigures();
  }).catch(() => null);
  const observedFigures = () => {
    (DATA.observed || []).slice(0, 12).forEach((o) => {
      const where = places().length > 1 ? `, ${places()[o.place].name}` : "";
      byId("observed").append(el("div", { class: "two" },
        timeFigure({ title: () => `${o.name}${where}`, note: () => `${o.title}${o.depth ? `, ${plain(100 * o.depth[0])} to ${plain(100 * o.depth[1])} cm` : ""}${unitText(o.units)}${spanNote(o)}`, draw: (w) => observedChart(w, o), csv: () => observedRows(o), empty: () => (o.members[member()] ? "This member has no values here." : `Only the first ${o.members.length} members stand beside the observations.`) }),
        figure({ title: () => `Simulated against observed${many() ? `: ${members()[member()]}` : ""}`, note: () => scatterNote(o), draw: (w) => scatterChart(w, o), csv: () => observedRows(o), empty: "Too few values in common." })));
    });
  };
  const densityFigure = () => {
    if (densityPanels().length) add("density", figure({ title: () => "How often the soil is how wet", note: () => [densityPanels().some((p) => p.observed) ? "Beside an observed series the members at its times and depth" : "", DATA.density ? `${densityPanels().some((p) => p.observed) ? "the others: all" : "All"} ${head().points ? "sites" : "cells, by area,"} and times${many() && !head().banded ? "; differences at the same place and time" : ""}` : "", members().length > densityPanels()[0].curves.length ? `the first ${densityPanels()[0].curves.length} members` : ""].filter(Boolean).join("; "), draw: densityGrid, csv: densityRows }));
  };
  // What is too much for one file lies beside the page.
  const late = ["observed", "density"].filter((key) => head()[key] && !DATA[key]);
  if (late.length) Promise.all(late.map((key) => load(key).catch(() => null))).then(() => { observedFigures(); densityFigure(); redrawFigures(); });
  else { observedFigures(); densityFigure(); }
  const ground = head().ground ? window.VADOSE_DRAW.ground(new Proxy({}, { get: (_, key) => DATA[`ground-${key}`] })) : null;
  if (finite(head().river)) ground.put("rivers", timeFigure({ title: () => `Discharge (m\u00b3 s\u207b\u00b9): ${places()[head().river].name}`, note: () => "Where most water runs over the land, and the rain there", draw: riverChart, csv: riverRows }));
  if (ground) head().ground.reduce((before, key) => before.then(() => load(`ground-${key}`)).then(() => { ground.parts[key]?.(); ground.told(); redrawFigures(); }).catch((error) => { console.error(`ground ${key}: ${error.message}`); }), Promise.resolve());
  if (byId("spinup-figures") && DATA.spinup.cycles.length) byId("spinup-figures").append(...[
    figure({ title: () => "Drift from cycle to cycle", note: () => "", draw: cycleChart, csv: () => [["cycle", "median", "largest", "share"], ...DATA.spinup.cycles.map((r) => [r.number, r.median, r.largest, r.share])] }),
    DATA.spinup.drift.length >= 20 && figure({ title: () => "Drift of the columns", note: () => "", draw: driftChart, csv: () => [["drift_mm_per_year"], ...DATA.spinup.drift.map((v) => [v])] })].filter(Boolean));

  let last = null;
  const key = () => JSON.stringify({ ...state, from: "", to: "" });
  const redrawTimed = () => { buttons(); timed.forEach((f) => f.figure.draw()); };
  const everything = () => { buttons(); section.hidden = !["soil_moisture", "soil_temperature"].some((n) => series(member(), place(), n)); redrawFigures(); };
  onRedraw(() => {
    controls.forEach((c, k) => c.show(String(places().length > 1 && k === 0 ? place() : member())));
    if (ground) ground.told();
    if (last === key()) return redrawTimed();
    last = key();
    everything();
    if (wanted().some((key) => !DATA[key])) ready().then(everything);
    return null;
  });
};
// What the page of an assimilation draws with too.
window.VADOSE_DRAW.tools = {
  COLOURS, LETTERS, move, grown, wide, fit, linesIn, letter, legend, scaleOf, time, span, isoDay, view, show, inView,
  timeAxis, columnsOf, rowAt, overview, shade, LEFT,
};
})();
