/* A ground and the water below it, on it and over it, as pages of flow studies and of simulations over a subsurface show
   them: VADOSE_DRAW.ground(data) draws from an object with head, maps, sections, topography, areas, frames and, of
   flow studies, balance. Sections: tools, time, maps, water table, sections, rivers, maps through time, figures. */
window.VADOSE_DRAW.ground = (DATA) => {
"use strict";

const {
  state, set, at, el, sv, byId, canvas, figure, select, segments, tip, tipOn, tipText, finite, clamp, fixed, short, niceUnits,
  unitText, ticks, tickText, frame, path, extent, colour, ramps, colourBar, unpack,
} = window.VADOSE_DRAW;
const { move, grown, linesIn, letter, legend, scaleOf } = window.VADOSE_DRAW.tools;
const head = () => DATA.head;

/* ---- tools ---- */

const BLUE = "#2f78c4";
let serial = 0;
/** Panels side by side, as many columns as have room; part(width, panel, k) -> svg. */
function panels(width, list, least, part, most = 3) {
  if (!list.length) return null;
  const gap = 30;
  const columns = clamp(Math.floor((width + gap) / (least + gap)), 1, Math.min(most, list.length));
  const w = Math.min((width - gap * (columns - 1)) / columns, 640);
  const svg = canvas(width, 10);
  let y = 0;
  for (let k = 0; k < list.length; k += columns) {
    const row = list.slice(k, k + columns);
    const heads = row.map((p) => linesIn(p.title, w - 26, 400, 2));
    const down = 24 + 14 * (Math.max(...heads.map((h) => h.length)) - 1);
    let tall = 0;
    row.forEach((p, j) => {
      const made = part(w, p, k + j);
      const x = j * (w + gap);
      svg.append(letter(x, y + 12, k + j, heads[j][0], w + 4), ...heads[j].slice(1).map((text) => sv("text", { class: "ink", x, y: y + 26, text })), move(made, x, y + down));
      tall = Math.max(tall, Number(made.getAttribute("height")) + down);
    });
    y += tall + 18;
  }
  return grown(svg, y - 12);
}
const stacked = (top, part) => { const svg = canvas(Number(part.getAttribute("width")), 10); const y = top(svg); svg.append(move(part, 0, y)); return grown(svg, y + Number(part.getAttribute("height"))); };
/** The table of 256 colours of a palette. */
const table = (palette) => { colour(palette, 0); return ramps[palette]; };
const paintOf = (scale) => {
  const t = table(scale.palette);
  return (v) => { const c = 3 * Math.round(255 * clamp((v - scale.low) / (scale.high - scale.low || 1), 0, 1)); return (255 << 24) | (t[c + 2] << 16) | (t[c + 1] << 8) | t[c]; };
};
const bits = (text) => { const raw = atob(text); return (i) => !!(raw.charCodeAt(i >> 3) & (128 >> (i & 7))); };
const hatch = (id) => sv("defs", {}, sv("pattern", { id, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, sv("path", { class: "hatch-line", d: "M0 0V5" })));

/* ---- time: hours or days since the start; dates of long studies that have one, and of all that are of days of a calendar ---- */

const last = () => Math.max(head().times.at(-1), at(DATA.balance, "edges") ? DATA.balance.edges.at(-1) : 0) || 1;
const dated = () => finite(head().start) && last() > 60 * 86400;
const unit = () => (last() <= 96 * 3600 ? { size: 3600, name: "hours", mark: "h" } : { size: 86400, name: "days", mark: "days" });
const iso = (seconds) => new Date(Math.round(head().start + seconds) * 1000).toISOString().slice(0, 16).replace("T", " ");
const startText = () => (finite(head().start) ? iso(0) : "the start");
const axisName = () => (dated() ? "" : `${unit().name} since ${startText()}`);
const when = (seconds) => (dated() || head().calendar ? iso(seconds).slice(0, dated() || head().calendar === "days" ? 10 : 16) : `${Number((seconds / unit().size).toPrecision(4))} ${unit().mark}`);
const both = (seconds) => (finite(head().start) && !dated() && !head().calendar ? `${when(seconds)}, ${iso(seconds)}` : when(seconds));
/** Ticks of the time axis: values in its unit and their texts. */
function timeTicks(width) {
  const room = Math.max(2, Math.floor(width / 70));
  const most = last() / unit().size;
  if (!dated()) {
    const step = [0.25, 0.5, 1, 2, 3, 6, 12, 24, 48].find((s) => unit().mark === "h" && most / s <= room);
    const values = step ? Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, k) => k * step) : ticks(0, most, room);
    return { values, labels: step ? values.map(String) : tickText(values) };
  }
  const every = [1, 2, 3, 6, 12, 24, 60, 120].find((m) => most / (30.44 * m) <= room) || 240;
  const [values, labels] = [[], []];
  const first = new Date(head().start * 1000);
  for (let m = 12 * first.getUTCFullYear() + first.getUTCMonth(); ; m++) {
    const day = (Date.UTC(Math.floor(m / 12), m % 12, 1) / 1000 - head().start) / 86400;
    if (day > most) break;
    if (day < 0 || m % every) continue;
    values.push(day);
    labels.push(m % 12 ? new Date(Date.UTC(2000, m % 12, 1)).toLocaleDateString("en", { month: "short", timeZone: "UTC" }) : String(m / 12));
  }
  return { values, labels };
}
/** A frame over the whole period; y [low, high], down: the larger lies lower. */
function timeFrame(width, height, y, options = {}) {
  const t = timeTicks(width - 40);
  const [low, high] = y;
  const marks = options.marks || ticks(low, high, Math.max(2, Math.round(height / 55)));
  return frame({ width, height, x: [0, last() / unit().size], y: options.down ? [high, low] : y, xTicks: t.values, xLabels: t.labels, xLabel: axisName(), yTicks: marks, yLabels: options.labels || tickText(marks), left: options.left });
}
const inUnit = (seconds) => seconds.map((s) => s / unit().size);
/** A hairline that follows the pointer and says what stands there; texts(k) of the nearest of `seconds`. */
function follow(f, seconds, texts) {
  const xs = inUnit(seconds);
  const hair = sv("path", { class: "cursor" });
  const area = sv("rect", { x: f.left, y: f.top, width: Math.max(1, f.right - f.left), height: Math.max(1, f.bottom - f.top), fill: "transparent" });
  const near = (e) => {
    const x = new DOMPoint(e.clientX, e.clientY).matrixTransform(area.getScreenCTM().inverse()).x;
    return xs.reduce((best, v, k) => (Math.abs(f.X(v) - x) < Math.abs(f.X(xs[best]) - x) ? k : best), 0);
  };
  area.addEventListener("pointermove", (e) => {
    const k = near(e);
    hair.setAttribute("d", `M${f.X(xs[k])} ${f.top}V${f.bottom}`);
    hair.style.visibility = "visible";
    tip.show(tipText(both(seconds[k]), ...texts(k)), e.clientX, e.clientY);
  });
  area.addEventListener("pointerleave", () => { hair.style.visibility = "hidden"; tip.hide(); });
  f.svg.append(hair, area);
}
/** A line chart over time. lines: [{text, colour, values, dash, ink}]; values at `seconds`. */
function lineChart(width, height, seconds, lines, options = {}) {
  const range = options.range || extent([...lines.flatMap((l) => l.values), ...(options.zero ? [0] : [])], 0.06) || [0, 1];
  const f = timeFrame(width, height, range, options);
  const xs = inUnit(seconds);
  if (options.zero && range[0] < 0) f.svg.append(sv("path", { class: "zero", d: `M${f.left} ${f.Y(0)}H${f.right}` }));
  lines.forEach((l) => f.svg.append(sv("path", { class: l.ink ? "reference" : "family", "--c": l.colour, "stroke-width": l.thin ? 1 : 1.9, "stroke-dasharray": l.dash, "stroke-opacity": l.thin ? 0.6 : null, "stroke-linejoin": "round", d: l.step ? steps(xs, l.values, f) : path(xs, l.values, f.X, f.Y) })));
  (options.dots || []).forEach((d) => d.values.forEach((v, k) => { if (finite(v)) f.svg.append(sv("circle", { class: "open-dot", cx: f.X(xs[k]).toFixed(1), cy: f.Y(v).toFixed(1), r: 2.6 })); }));
  follow(f, seconds, (k) => [...lines, ...(options.dots || [])].map((l) => finite(l.values[k]) && `${l.text}: ${short(l.values[k], 4)} ${niceUnits(options.units)}`).filter(Boolean));
  return f.svg;
}
/** A curve that holds each value over its interval; values belong to the ends of intervals. */
function steps(xs, values, f) {
  let d = "";
  values.forEach((v, k) => { if (k && finite(v)) d += `${d && finite(values[k - 1]) && k > 1 ? "L" : "M"}${f.X(xs[k - 1]).toFixed(1)} ${f.Y(v).toFixed(1)}H${f.X(xs[k]).toFixed(1)}`; });
  return d;
}

/* ---- maps ---- */

const held = {};
const cells = () => {
  if (held.cells) return held.cells;
  const m = DATA.maps;
  const [ny, nx] = m.shape;
  const [active, river] = [bits(m.active), bits(m.rivers)];
  const index = new Int32Array(ny * nx).fill(-1);
  let count = 0;
  for (let i = 0; i < ny * nx; i++) if (active(i)) index[i] = count++;
  return (held.cells = { ...m, ny, nx, index, count, river });
};
const layer = (name) => (DATA.maps && DATA.maps.layers[name] ? (held[name] ||= unpack(DATA.maps.layers[name])) : null);
const east = (column) => DATA.maps.x0 + (column + 0.5) * DATA.maps.dx;
const north = (row) => DATA.maps.y0 + (row + 0.5) * DATA.maps.dy;
const km = (metres) => `${Number((metres / 1000).toPrecision(4))} km`;
/** Lines from each cell of a river to the neighbour that carries more; a lone cell is a dot. */
function riverPath(X, Y) {
  const { ny, nx, river, course } = cells();
  const joined = new Set(course);
  let d = "";
  for (let k = 0; k < course.length; k += 2) d += `M${X(course[k] % nx)} ${Y(Math.floor(course[k] / nx))}L${X(course[k + 1] % nx)} ${Y(Math.floor(course[k + 1] / nx))}`;
  for (let i = 0; i < ny * nx; i++) if (river(i) && !joined.has(i)) d += `M${X(i % nx)} ${Y(Math.floor(i / nx))}h.01`;
  return d;
}
/** A length for the scale bar: 1, 2 or 5 times a power of ten, at most a third of the map. */
function barLength(metres) {
  const base = 10 ** Math.floor(Math.log10(metres / 3));
  return base * [5, 2, 1].find((m) => m * base <= metres / 3);
}
/** A map in the plane. o: {values of active cells, scale, rivers (drawn unless false), cuts, failures}. */
function plan(width, o) {
  const c = cells();
  const tall = (c.ny * c.dy) / (c.nx * c.dx);
  const h = Math.min(width * tall, Math.max(120, Math.min(width * 1.1, 420)));
  const w = h / tall;
  const left = (width - w) / 2;
  const svg = canvas(width, h + 74);
  const X = (j) => Number((left + ((j + 0.5) / c.nx) * w).toFixed(1));
  const Y = (i) => Number((h - ((i + 0.5) / c.ny) * h).toFixed(1));
  const id = `missing${++serial}`;
  const dense = Math.max(1, Math.ceil(700 / c.nx));
  const board = el("canvas", { width: c.nx * dense, height: c.ny * dense });
  const context = board.getContext("2d");
  const image = context.createImageData(c.nx * dense, c.ny * dense);
  const pixels = new Uint32Array(image.data.buffer);
  const paint = paintOf(o.scale);
  let missing = "";
  for (let i = 0; i < c.ny; i++) for (let j = 0; j < c.nx; j++) {
    const k = c.index[i * c.nx + j];
    if (k < 0) continue;
    const v = o.values[k];
    if (o.scale.blank && v <= o.scale.low) continue;
    if (!finite(v)) { missing += `M${(left + (j / c.nx) * w).toFixed(1)} ${(h - ((i + 1) / c.ny) * h).toFixed(1)}h${(w / c.nx).toFixed(2)}v${(h / c.ny).toFixed(2)}h${(-w / c.nx).toFixed(2)}Z`; continue; }
    const shade = paint(v);
    for (let a = 0; a < dense; a++) pixels.fill(shade, ((c.ny - 1 - i) * dense + a) * c.nx * dense + j * dense, ((c.ny - 1 - i) * dense + a) * c.nx * dense + (j + 1) * dense);
  }
  context.putImageData(image, 0, 0);
  svg.append(hatch(id), sv("rect", { class: "ground", x: left, y: 0, width: w, height: h }),
    sv("image", { href: board.toDataURL(), x: left, y: 0, width: w, height: h, preserveAspectRatio: "none" }));
  if (missing) svg.append(sv("path", { d: missing, fill: `url(#${id})` }));
  if (o.rivers !== false) { const d = riverPath(X, Y); const thick = clamp(0.4 * (w / c.nx), 0.6, 1.5); if (d) svg.append(sv("path", { class: "river-casing", "stroke-width": thick + 2, d }), sv("path", { class: "river", "stroke-width": thick, d })); }
  (o.cuts || []).forEach((s) => {
    const along = s.along === "x";
    const p = along ? h - ((s.place - c.y0) / (c.ny * c.dy)) * h : left + ((s.place - c.x0) / (c.nx * c.dx)) * w;
    const d = along ? `M${left} ${p}h${w}` : `M${p} 0v${h}`;
    svg.append(sv("path", { class: "cut-casing", d }), sv("path", { class: "cut", d }), sv("text", { class: "strong halo", x: along ? left + 4 : p + 4, y: along ? p - 5 : 13, text: along ? "x" : "y" }));
  });
  (o.failures || []).filter((f) => finite(f.east)).forEach((f) => {
    const [x, y] = [left + ((f.east - c.x0) / (c.nx * c.dx)) * w, h - ((f.north - c.y0) / (c.ny * c.dy)) * h];
    const d = `M${x - 6} ${y - 6}l12 12M${x - 6} ${y + 6}l12 -12`;
    svg.append(sv("path", { class: "failure-casing", d }), tipOn(sv("path", { class: "failure-mark", d }), () => tipText("Did not converge", finite(f.time) ? both(f.time) : "", `layer ${f.z}, row ${f.y}, column ${f.x}`)));
  });
  const cover = sv("rect", { x: left, y: 0, width: w, height: h, fill: "transparent" });
  cover.addEventListener("pointermove", (e) => {
    const here = new DOMPoint(e.clientX, e.clientY).matrixTransform(cover.getScreenCTM().inverse());
    const [j, i] = [Math.floor(((here.x - left) / w) * c.nx), Math.floor(((h - here.y) / h) * c.ny)];
    const k = i < 0 || j < 0 || i >= c.ny || j >= c.nx ? -1 : c.index[i * c.nx + j];
    if (k < 0) return tip.hide();
    const v = o.values[k];
    const text = finite(v) ? `${o.scale.text ? o.scale.text(v) : short(v)} ${niceUnits(o.scale.units)}` : o.none || "no value";
    return tip.show(tipText(text, `${km(east(j))} east, ${km(north(i))} north`, `row ${i}, column ${j}${c.factor > 1 ? `, of blocks of ${c.factor} by ${c.factor} cells` : ""}`), e.clientX, e.clientY);
  });
  cover.addEventListener("pointerleave", tip.hide);
  svg.insertBefore(cover, svg.querySelector(".failure-casing"));
  const metres = barLength(c.nx * c.dx);
  const length = (metres / (c.nx * c.dx)) * w;
  svg.append(sv("path", { class: "axis", style: "stroke:var(--soft)", d: `M${left} ${h + 8}v4h${length}v-4` }), sv("text", { x: left + length + 6, y: h + 15, text: metres >= 1000 ? `${metres / 1000} km` : `${metres} m` }));
  colourBar(svg, h + 30, width, o.scale);
  return svg;
}
const mapRows = (columns) => {
  const c = cells();
  const names = Object.keys(columns);
  const out = [["x (m)", "y (m)", "river", ...names]];
  c.index.forEach((k, i) => { if (k >= 0) out.push([east(i % c.nx), north(Math.floor(i / c.nx)), c.river(i) ? 1 : 0, ...names.map((n) => { const v = columns[n][k]; return finite(v) ? Number(v.toPrecision(6)) : null; })]); });
  return out;
};
const blockNote = (how) => (DATA.maps && DATA.maps.factor > 1 ? `. Blocks of ${DATA.maps.factor} by ${DATA.maps.factor} cells: their ${how}` : "");
const riverNote = () => `lines: the ${Math.round(100 * head().share)} % of the columns with the most water running over them`;
/** Values with a scale whose ends are marked where something lies beyond them. */
const bounded = (arrays, scale) => {
  let [low, high] = [Infinity, -Infinity];
  arrays.forEach((a) => a.forEach((v) => { if (v < low) low = v; if (v > high) high = v; }));
  const room = 1e-6 * (scale.high - scale.low);
  return { ...scale, under: low < scale.low - room, over: high > scale.high + room };
};

/* ---- the domain and the water table ---- */

function domainMap(width) {
  const values = layer("relief");
  if (!values) return null;
  const signed = head().relief.units.startsWith("log10");
  const scale = scaleOf([values], signed ? "viridis" : "YlOrBr", signed ? "m s-1" : head().relief.units);
  if (signed) { const marks = ticks(scale.low, scale.high, 4).filter(Number.isInteger); Object.assign(scale, marks.length > 1 ? { ticks: marks, labels: marks.map(power) } : { units: "log10 m s-1" }); scale.text = (v) => short(10 ** v); }
  return plan(Math.min(width, 620), { values, scale: bounded([values], scale), cuts: at(DATA.sections, "sections") || [], failures: head().failures });
}
const HIGH = { "-": "\u207b", 0: "\u2070", 1: "\u00b9", 2: "\u00b2", 3: "\u00b3", 4: "\u2074", 5: "\u2075", 6: "\u2076", 7: "\u2077", 8: "\u2078", 9: "\u2079" };
const power = (n) => (Math.abs(n) <= 3 ? String(Number((10 ** n).toPrecision(3))) : `10${[...String(n)].map((c) => HIGH[c]).join("")}`);
function tablePanels() {
  const [mean, start, end] = ["mean", "start", "end"].map(layer);
  const all = [mean, start, end].filter(Boolean);
  const scale = bounded(all, scaleOf(all, "YlGnBu_r", "m"));
  scale.low = Math.max(0, scale.low);
  const moved = held.moved ||= start.map((v, k) => end[k] - v);
  const none = "no cell is saturated";
  return [
    ...(mean ? [{ title: atMean(), values: mean, scale, none }] : []),
    { title: `Start, ${when(head().times[0])}`, values: start, scale, none },
    { title: `End, ${when(head().times.at(-1))}`, values: end, scale, none },
    { title: "Change: brown deeper, green shallower", values: moved, scale: bounded([moved], scaleOf([moved], "BrBG_r", "m", { centred: true })), none },
  ];
}
const tableMaps = (width) => panels(width, tablePanels(), 225, (w, p) => plan(w, p), 4);
function scatter(width) {
  return panels(width, DATA.topography, 330, (w, p) => {
    const x = extent(p.x, 0.03);
    const y = [0, (Math.max(...p.y) || 1) * 1.04];
    const marks = ticks(...y, 5);
    const f = frame({ width: w, height: clamp(0.66 * w, 220, 330), x, y: [y[1], -0.02 * y[1]], yTicks: marks, yLabels: tickText(marks), xLabel: p.title });
    p.x.forEach((v, k) => f.svg.append(sv("circle", { class: "scatter-dot", cx: f.X(v).toFixed(1), cy: f.Y(p.y[k]).toFixed(1), r: p.x.length > 800 ? 1.7 : 2.6 })));
    return f.svg;
  }, 2);
}
const relation = (p) => `r = ${fixed(p.r)}, of ranks ${fixed(p.rank)}, ${p.n.toLocaleString("en")} columns`;
function areaCharts(width) {
  const a = DATA.areas;
  const percent = (v) => (finite(v) ? 100 * v : NaN);
  const list = [
    { title: "Share of the area (%)", lines: [{ text: `more than ${head().ponded} mm on the ground`, colour: BLUE, values: a.ponded.map(percent) }, { text: "water table at the surface", colour: "#2b8a5a", values: a.wet.map(percent), dash: "6 3" }], units: "%" },
    { title: "Median water-table depth (m)", lines: [{ text: "median", colour: BLUE, values: a.middle.map((v) => (v === null ? NaN : v)) }], units: "m", down: true },
  ].filter((p) => p.lines.some((l) => l.values.some(finite)));
  return panels(width, list, 330, (w, p) => {
    const part = lineChart(w, 220, head().times, p.lines, p.down ? { down: true, units: p.units } : { units: p.units, range: [0, Math.max(1, 1.06 * Math.max(...p.lines.flatMap((l) => l.values).filter(finite)))] });
    return p.lines.length > 1 ? stacked((svg) => legend(svg, w, p.lines.map((l) => ({ ...l, line: true }))) + 4, part) : part;
  }, 2);
}

/* ---- sections ---- */

/** What sections are drawn against; elevation at first where the layers are not too thin beside the relief. */
function against() {
  const known = cutsOf().flatMap((s) => s.elevation || []).filter(finite);
  if (!known.length) return "depth";
  if (["depth", "elevation"].includes(state.against)) return state.against;
  return head().thickness.reduce((a, b) => a + b, 0) >= 0.3 * (Math.max(...known) - Math.min(...known)) ? "elevation" : "depth";
}
const cutsOf = () => at(DATA, "sections", "sections") || [];
function decoded(s) {
  return (s.decoded ||= { n: s.distance.length, depth: head().thickness.reduce((a, t) => [...a, a.at(-1) + t], [0]), saturation: s.saturation.map(unpack) });
}
function saturationScale() {
  const low = Math.min(...cutsOf().flatMap((s) => s.saturation.map((p) => p.min)));
  return { low: Math.min(0.9, Math.floor(low * 10) / 10), high: 1, palette: "YlGnBu", units: "" };
}
/** A section at one time: cells at their true thickness, layers, the water table, water on the ground. */
function sectionPanel(width, s, k) {
  const d = decoded(s);
  const cell = DATA.sections.cell[s.along];
  const high = against() === "elevation" ? s.elevation : null;
  const bottom = d.depth.at(-1);
  const real = high ? high.filter(finite) : [];
  const y = high ? [Math.min(...real) - bottom, Math.max(...real) + 0.05 * (Math.max(...real) - Math.min(...real) + bottom)] : [bottom, -0.05 * bottom];
  const x = [(s.distance[0] - cell / 2) / 1000, (s.distance.at(-1) + cell / 2) / 1000];
  const height = clamp(0.62 * width, 210, 300);
  const marks = ticks(Math.min(...y), Math.max(...y), 5).filter((v) => high || v >= 0);
  const size = [10 + 14 + 6.6 * Math.max(...tickText(marks).map((t) => t.length)), 48];
  const swell = ((height - size[1]) / Math.abs(y[1] - y[0])) / ((width - size[0]) / (1000 * (x[1] - x[0])));
  const f = frame({ width, height, x, y, yTicks: marks, yLabels: tickText(marks), xLabel: `km along ${s.along}; vertical \u00d7 ${swell >= 10 ? Math.round(swell) : fixed(swell, 1)}` });
  const groundAt = (metres) => { // linear between the centres of cells
    if (!high) return 0;
    const q = clamp((metres - s.distance[0]) / cell, 0, d.n - 1);
    const i = Math.min(d.n - 1, Math.floor(q));
    const [a, b] = [high[i], high[Math.min(i + 1, d.n - 1)]];
    return finite(a) && finite(b) ? a + (q - i) * (b - a) : high[Math.round(q)];
  };
  const level = (metres, depth) => f.Y(high ? groundAt(metres) - depth : depth);
  const dense = 2;
  const [w, h] = [Math.round((f.right - f.left) * dense), Math.round((f.bottom - f.top) * dense)];
  const board = el("canvas", { width: w, height: h });
  const context = board.getContext("2d");
  const image = context.createImageData(w, h);
  const pixels = new Uint32Array(image.data.buffer);
  const scale = saturationScale();
  const paint = paintOf(scale);
  const metresAt = (px) => 1000 * (x[0] + ((px + 0.5) / w) * (x[1] - x[0]));
  for (let px = 0; px < w; px++) {
    const metres = metresAt(px);
    const i = clamp(Math.round((metres - s.distance[0]) / cell), 0, d.n - 1);
    for (let z = 0; z < d.depth.length - 1; z++) {
      const v = d.saturation[k][z * d.n + i];
      if (!finite(v)) continue;
      const [from, to] = [d.depth[z], d.depth[z + 1]].map((q) => clamp(Math.round((level(metres, q) - f.top) * dense), 0, h));
      const shade = paint(v);
      for (let py = from; py < Math.max(to, from + 1) && py < h; py++) pixels[py * w + px] = shade;
    }
  }
  context.putImageData(image, 0, 0);
  const id = `nosoil${++serial}`;
  const outline = (depth) => Array.from({ length: Math.round(w / dense / 2) + 1 }, (_, q) => { const m = 1000 * (x[0] + (q / Math.round(w / dense / 2)) * (x[1] - x[0])); return [f.X(m / 1000), level(m, depth)]; }).filter((p) => finite(p[1]));
  const line = (points) => (points.length ? `M${points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}` : "");
  const body = `${line(outline(0))}L${line(outline(bottom).reverse()).slice(1)}Z`;
  f.svg.append(hatch(id), sv("path", { d: body, fill: `url(#${id})` }), sv("image", { href: board.toDataURL(), x: f.left, y: f.top, width: f.right - f.left, height: f.bottom - f.top, preserveAspectRatio: "none" }));
  d.depth.forEach((depth) => f.svg.append(sv("path", { class: "layer-line", d: line(outline(depth)) })));
  const ends = [s.distance[0] - cell / 2, ...s.distance, s.distance.at(-1) + cell / 2];
  const tableAt = [s.table[k][0], ...s.table[k], s.table[k].at(-1)];
  const sunk = path(ends.map((m) => m / 1000), tableAt.map((v, q) => (finite(v) ? level(ends[q], v) : NaN)), f.X, (v) => v);
  if (sunk) f.svg.append(sv("path", { class: "sunk-casing", d: sunk }), sv("path", { class: "sunk", d: sunk }));
  s.pond[k].forEach((v, i) => {
    if (!(v > head().ponded / 1000)) return;
    const points = [-0.5, -0.25, 0, 0.25, 0.5].map((q) => [f.X((s.distance[i] + q * cell) / 1000), level(s.distance[i] + q * cell, 0)]);
    f.svg.append(sv("path", { class: "water-level", d: `${line(points)}L${line([...points].reverse().map(([a, b]) => [a, b - 4])).slice(1)}Z` }));
  });
  const cover = sv("rect", { x: f.left, y: f.top, width: f.right - f.left, height: f.bottom - f.top, fill: "transparent" });
  cover.addEventListener("pointermove", (e) => {
    const p = new DOMPoint(e.clientX, e.clientY).matrixTransform(cover.getScreenCTM().inverse());
    const metres = 1000 * (x[0] + ((p.x - f.left) / (f.right - f.left)) * (x[1] - x[0]));
    const i = clamp(Math.round((metres - s.distance[0]) / cell), 0, d.n - 1);
    const z = d.depth.findIndex((q, n) => n && p.y < level(metres, q)) - 1;
    const v = z < 0 || p.y < level(metres, 0) ? NaN : d.saturation[k][z * d.n + i];
    const wet = s.table[k][i];
    return tip.show(tipText(finite(v) ? `saturation ${fixed(v, 3)}` : "outside the domain", finite(v) ? `layer ${z}, ${short(d.depth[z])} to ${short(d.depth[z + 1])} m` : "", `${km(s.distance[i])} along ${s.along}`, finite(wet) ? `water table at ${short(wet)} m` : "no cell is saturated"), e.clientX, e.clientY);
  });
  cover.addEventListener("pointerleave", tip.hide);
  f.svg.append(cover);
  f.svg.insertBefore(sv("text", { x: 0, y: 5, text: high ? "m above datum" : "depth (m)" }), f.svg.firstChild);
  return move(f.svg, 0, 0);
}
function sectionFigure(width, s) {
  const list = head().shown.map((t, k) => ({ title: `${["First", "Middle", "Last"][head().shown.length < 3 && k ? 2 : k]}, ${when(head().times[t])}`, k }));
  const part = panels(width, list, 230, (w, p) => sectionPanel(w, s, p.k));
  const svg = canvas(width, 10);
  const top = legend(svg, width, [{ text: "water table", colour: "var(--ink)", line: true }, { text: `more than ${head().ponded} mm on the ground`, colour: "#4d8fc4" }]) + 6;
  svg.append(move(part, 0, top));
  const y = top + Number(part.getAttribute("height")) + 8;
  colourBar(svg, y, width, saturationScale());
  return grown(svg, y + 30);
}
const sectionRows = (s) => [["time (s)", `${s.along} (m)`, "layer", "top (m)", "bottom (m)", "saturation", "water-table depth (m)"],
  ...head().shown.flatMap((t, k) => s.distance.flatMap((m, i) => head().thickness.map((_, z) => [head().times[t], m, z, decoded(s).depth[z], decoded(s).depth[z + 1], decoded(s).saturation[k][z * s.distance.length + i], s.table[k][i]])))];

/* ---- rivers ---- */

const atPeak = () => `Peak, ${when(head().times[head().peak])}`;
const atEnd = () => `End, ${when(head().times.at(-1))}`;
function dischargePanels() {
  const names = ["discharge_mean", "discharge_peak", "discharge_end"].filter(layer);
  const all = names.map(layer);
  const most = all.reduce((m, a) => a.reduce((n, v) => (v > n ? v : n), m), -Infinity);
  const scale = { low: most - 4, high: most, palette: "PuBu", units: "m3 s-1", blank: true, text: (v) => (v < most - 5.99 ? "0" : short(10 ** v)) };
  scale.ticks = Array.from({ length: 12 }, (_, k) => Math.ceil(scale.low) + k).filter((v) => v <= most);
  scale.labels = scale.ticks.map(power);
  const titles = { discharge_mean: atMean, discharge_peak: atPeak, discharge_end: atEnd };
  return names.map((n, k) => ({ title: titles[n](), values: all[k], scale, rivers: false }));
}
function pondPanels() {
  const list = ["pond_peak", "pond_end"].map((n) => (held[`${n}_mm`] ||= layer(n).map((v) => 1000 * v)));
  const real = list.flatMap((a) => Array.from(a).filter((v) => v > 0)).sort((a, b) => a - b);
  const high = real.length ? real[Math.floor(0.995 * (real.length - 1))] : 1;
  const scale = bounded(list, { low: 0, high, palette: "PuBu", units: "mm", blank: true });
  return list.map((values, k) => ({ title: k ? atEnd() : atPeak(), values, scale, rivers: false }));
}
const mapPair = (list) => (width) => panels(width, list(), 280, (w, p) => plan(Math.min(w, 560), p));

/* ---- maps through time ---- */

const FRAMES = { table: "Depth of the water table", discharge: "Discharge over the land", pond: "Water on the ground" };
const frameNames = () => Object.keys(FRAMES).filter((n) => at(DATA.frames, n, "length"));
const frameName = () => (frameNames().includes(state.map) ? state.map : frameNames()[0]);
const frameAt = () => { const n = DATA.frames.times.length; const k = Math.trunc(Number(state.frame)); return state.frame !== undefined && k >= 0 && k < n ? k : Math.max(0, DATA.frames.times.indexOf(head().peak)); };
const frameValues = (name) => (held[`frames ${name}`] ||= DATA.frames[name].map((p) => (name === "pond" ? unpack(p).map((v) => 1000 * v) : unpack(p))));
/** One scale for all times of a quantity: that of the maps above. */
function frameScale(name) {
  if (name === "discharge") return dischargePanels()[0].scale;
  if (name === "pond") return pondPanels()[0].scale;
  return (held.frameScale ||= (() => { const s = bounded(frameValues(name), scaleOf(frameValues(name), "YlGnBu_r", "m")); return { ...s, low: Math.max(0, s.low) }; })());
}
const frameMap = (width) => plan(Math.min(width, 640), { values: frameValues(frameName())[frameAt()], scale: frameScale(frameName()), rivers: frameName() === "table", none: "no cell is saturated" });

/* ---- figures: into the places of the page that are named as its data are ---- */

const controls = []; // [control, what it shows]
const put = (id, ...nodes) => { const kept = nodes.filter(Boolean); if (byId(id) && kept.length) { byId(id).hidden = false; byId(id).append(...kept); } };
const whose = () => (head().member ? `. ${head().member}` : "");
const atMean = () => "Mean over the period";
const mapsOf = (names, text) => Object.fromEntries(names.filter(layer).map((n) => [text(n), layer(n)]));
const parts = {
  maps: () => {
    if (head().relief) put("domain", figure({ title: () => `${head().relief.title}${unitText(head().relief.units)}`, note: () => [cutsOf().length ? "Dashed: where the sections lie" : "", head().discharge ? riverNote() : "", head().failures.some((f) => finite(f.east)) ? "crosses: steps that did not converge" : ""].filter(Boolean).join("; "), draw: domainMap, csv: () => mapRows({ [head().relief.title]: layer("relief") }) }));
    put("table", figure({ title: () => "Depth of the water table below the ground (m)", note: () => `Hatched: no cell of the column is saturated${head().discharge ? `; ${riverNote()}` : ""}${blockNote("mean")}${whose()}`, draw: tableMaps, csv: () => mapRows(mapsOf(["mean", "start", "end"], (n) => `${n} (m)`)) }));
    if (head().discharge) put("rivers", figure({ title: () => "Discharge of water running over the land (m\u00b3 s\u207b\u00b9)", note: () => `${layer("discharge_mean") ? "Over the period, at" : "At"} the output with the largest discharge of a cell and at the end; a logarithmic scale over four decades, blank below${blockNote("largest")}${whose()}`, draw: mapPair(dischargePanels), csv: () => mapRows(mapsOf(["discharge_mean", "discharge_peak", "discharge_end"], (n) => `${n.slice(10)} (log10 m3 s-1)`)) }));
    if (["pond_peak", "pond_end"].some((n) => layer(n).some((v) => v > 0))) put("rivers", figure({ title: () => "Stage: water on the ground (mm)", note: () => `The depth of the pond in each cell, blank where there is none${blockNote("largest")}${whose()}`, draw: mapPair(pondPanels), csv: () => mapRows({ "peak (m)": layer("pond_peak"), "end (m)": layer("pond_end") }) }));
  },
  topography: () => { if (DATA.topography.length) put("table", figure({ title: () => "Depth of the water table at the end (m) against the ground", note: () => `Against elevation ${relation(DATA.topography[0])}${DATA.topography[1] ? `; against topographic position ${relation(DATA.topography[1])}` : ""}`, draw: scatter, csv: () => [["panel", "x (m)", "water-table depth (m)"], ...DATA.topography.flatMap((p) => p.x.map((v, k) => [p.title, v, p.y[k]]))] })); },
  areas: () => put("table", figure({ title: () => "Wet ground through time", note: () => `Over the active columns, at the outputs${whose()}`, draw: areaCharts, csv: () => [["time (s)", "ponded (1)", "water table at the surface (1)", "median depth (m)"], ...head().times.map((t, k) => [t, DATA.areas.ponded[k], DATA.areas.wet[k], DATA.areas.middle[k]])] })),
  sections: () => {
    if (at(cutsOf(), 0, "elevation")) {
      const c = segments("Drawn against", [{ value: "elevation", label: "Elevation" }, { value: "depth", label: "Depth" }], against(), (v) => set({ against: v }));
      controls.push([c, against]);
      put("section-controls", c);
    } else byId("section-controls").hidden = true;
    put("sections", ...cutsOf().map((s) => figure({ title: () => `Saturation (1) along ${s.along}, at ${km(s.place)} ${s.along === "x" ? "north" : "east"}`, note: () => `Laid ${head().why}; layers at their true thickness${against() === "elevation" ? " below the ground" : ", the ground drawn level"}${whose()}`, draw: (w) => sectionFigure(w, s), csv: () => sectionRows(s) })));
  },
  frames: () => {
    const now = () => head().times[DATA.frames.times[frameAt()]];
    const units = { table: "m", discharge: "m3 s-1", pond: "mm" };
    const shown = figure({ title: () => `${FRAMES[frameName()]}${unitText(units[frameName()])}: ${both(now())}`, note: () => `One scale for all times${blockNote(frameName() === "table" ? "mean" : "largest")}${whose()}`, draw: frameMap, csv: () => mapRows({ [`${frameName()}${{ table: " (m)", discharge: " (log10 m3 s-1)", pond: " (mm)" }[frameName()]}`]: frameValues(frameName())[frameAt()] }) });
    const slider = el("input", { type: "range", min: 0, max: DATA.frames.times.length - 1, step: 1, "aria-label": "Time of the map" });
    const tell = () => { slider.value = String(frameAt()); slider.setAttribute("aria-valuetext", both(now())); };
    slider.addEventListener("input", () => { state.frame = slider.value; tell(); shown.figure.draw(); });
    slider.addEventListener("change", () => set({ frame: slider.value }));
    const c = select("Map of", frameNames().map((n) => ({ value: n, label: FRAMES[n] })), frameName(), (v) => set({ map: v }));
    controls.push([c, frameName], [{ show: tell }, () => null]);
    put("frame-controls", c, el("label", { class: "control slide" }, el("span", { text: `Time: ${DATA.frames.times.length} of ${head().times.length} outputs` }), slider));
    put("frames", shown);
  },
};
return { panels, stacked, inUnit, timeFrame, follow, lineChart, steps, both, put, parts, told: () => controls.forEach(([c, value]) => c.show(value())) };
};
