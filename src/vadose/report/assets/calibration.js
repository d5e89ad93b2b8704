/* Pages of a calibration run, drawn with the tools of report.js. Sections: tools, maps, densities, triangle, sites,
   drydowns, pages. */
(() => {
"use strict";

const {
  DATA, PAGES, state, set, load, head, at, el, sv, byId, canvas, figure, redrawFigures, select, segments, tipOn, tipText,
  finite, clamp, fixed, short, niceUnits, ticks, tickText, frame, path, extent, colour, css, dark, field, drawMap, siteExtent,
  colourBar, mapRows, onRedraw,
} = window.VADOSE_DRAW;

/* ---- tools ---- */

const COLOURS = ["#2f78c4", "#c8553d", "#2b8a5a", "#96790f", "#a04fa8", "#5d7f8a"];
const PALETTE = { wilting_point: "YlGnBu", critical_point: "YlGnBu", sand: "YlOrBr", clay: "PuBu", organic_carbon: "YlGn" };
const THRESHOLDS = ["wilting_point", "critical_point"];
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const experiments = () => head().experiments;
const chosen = () => experiments().find((e) => e.slug === state.experiment) || experiments()[0];
const colourOf = (e) => COLOURS[experiments().indexOf(e) % COLOURS.length];
const named = (name) => head().titles[name] || name;
const unitsOf = (name) => (THRESHOLDS.includes(name) ? "m3 m-3" : "%");
const digitsOf = (name) => (THRESHOLDS.includes(name) ? 3 : 1);
const quantile = (sorted, q) => sorted[clamp(Math.floor(q * sorted.length), 0, sorted.length - 1)];
const known = (arrays) => arrays.flatMap((a) => (a ? Array.from(a).filter(finite) : [])).sort((a, b) => a - b);
const held = (key) => (DATA[key] ? field(DATA[key], DATA.grids) : null);
const layerOf = (key, name) => at(held(key), "layer") && held(key).layer(name);
const move = (child, x, y) => { child.setAttribute("x", x); child.setAttribute("y", y); child.setAttribute("overflow", "visible"); return child; };
const clip = (text, room) => (text.length > room ? `${text.slice(0, Math.max(1, room - 1))}\u2026` : text);

/** The ends of a colour scale that hold 96 % of all values, on round numbers. */
function scaleOf(arrays, palette, units, options = {}) {
  const values = known(arrays);
  if (!values.length) return { low: 0, high: 1, palette, units };
  let [low, high] = [quantile(values, 0.02), quantile(values, 0.98)];
  if (options.centred) [low, high] = [-Math.max(Math.abs(low), Math.abs(high)), Math.max(Math.abs(low), Math.abs(high))];
  if (options.zero) low = 0;
  if (!(high > low)) high = low + (Math.abs(low) || 1) * 0.1;
  const marks = ticks(low, high, 4);
  const step = marks.length > 1 ? marks[1] - marks[0] : high - low;
  return { low: Math.floor(low / step + 1e-6) * step, high: Math.ceil(high / step - 1e-6) * step, palette, units };
}
function experimentControl() {
  if (experiments().length < 2) return null;
  const options = experiments().map((e) => ({ value: e.slug, label: e.title }));
  const make = options.length > 4 || options.some((o) => o.label.length > 24) ? select : segments;
  return make("Experiment", options, chosen().slug, (v) => set({ experiment: v }));
}
/** Loads what an experiment needs for this page whenever it is chosen, then draws. */
function follow(prefixes, control, then) {
  onRedraw(() => {
    const e = chosen();
    if (control && e) control.show(e.slug);
    if (then) then();
    redrawFigures();
    if (e) Promise.all(prefixes.map((p) => load(`${p}-${e.slug}`).catch(() => null))).then(() => { if (then) then(); redrawFigures(); });
  });
}

/* ---- maps in rows and columns, with the density of each as an inset ---- */

const isGlobal = (f) => !f.sites && f.extent[3] - f.extent[2] > 200;

/** rows: [[{name, field, values, scale, density: {x, y, other}}]]; one drawing, one colour bar for neighbours that share a scale. */
function mapGrid(width, rows) {
  const [across, down] = [Math.max(...rows.map((r) => r.length)), rows.length];
  const columns = width >= 780 ? across : width >= 500 ? Math.min(2, across) : 1;
  const turned = columns < across && down === 2 && columns === 2;
  const flat = turned ? rows[0].flatMap((_, k) => rows.map((r) => r[k])) : rows.flat();
  const shown = flat.filter((p) => p && p.values);
  if (!shown.length) return null;
  const lines = [];
  if (columns === across) rows.forEach((r) => lines.push(r.filter((p) => p && p.values)));
  else for (let k = 0; k < shown.length; k += columns) lines.push(shown.slice(k, k + columns));
  const gap = 22;
  const w = Math.min(620, (width - gap * (columns - 1)) / columns);
  const svg = canvas(width, 10);
  let [y, count] = [0, 0];
  for (const line of lines.filter((l) => l.length)) {
    let tall = 0;
    line.forEach((p, k) => {
      const x = k * (w + gap);
      const map = drawMap(w, { field: p.field, values: p.values, scale: p.scale, bar: false, radius: p.field.sites && p.field.sites.lat.length > 80 ? 3.2 : 5 });
      const h = Number(map.getAttribute("height"));
      svg.append(sv("text", { x, y: y + 12 }, sv("tspan", { class: "strong", text: `(${LETTERS[count++ % 26]}) ` }), sv("tspan", { class: "ink", text: clip(p.name, Math.floor(w / 6.6)) })), move(map, x, y + 20));
      let bottom = h + 20;
      if (p.density) {
        const inside = isGlobal(p.field) && w >= 300;
        const box = inside ? { x: x + 2, y: y + 20 + h * 0.58, width: w * 0.235, height: h * 0.4 } : { x: x + 4, y: y + 26 + h, width: Math.min(w - 8, 260), height: 66 };
        svg.append(inset(box, p.density, p.name));
        if (!inside) bottom += 76;
      }
      tall = Math.max(tall, bottom);
    });
    y += tall;
    for (let k = 0; k < line.length;) {
      let end = k;
      while (end + 1 < line.length && line[end + 1].scale === line[k].scale) end++;
      const span = (end - k + 1) * w + (end - k) * gap;
      const part = Math.min(span, 430);
      const bar = sv("g", { transform: `translate(${k * (w + gap) + (span - part) / 2} 0)` });
      const values = line.slice(k, end + 1).flatMap((p) => Array.from(p.values)).filter(finite);
      const { low, high } = line[k].scale;
      let [least, most] = [Infinity, -Infinity];
      for (const v of values) { if (v < least) least = v; if (v > most) most = v; }
      const length = Math.min(340, part * 0.72);
      bar.append(sv("text", { x: (part + length) / 2 + 14, y: y + 17, text: niceUnits(line[k].scale.units) }));
      colourBar(bar, y + 8, part, { ...line[k].scale, units: "", under: least < low - 1e-9 * (high - low), over: most > high + 1e-9 * (high - low) });
      svg.append(bar);
      k = end + 1;
    }
    y += 52;
  }
  svg.setAttribute("height", y - 8);
  svg.setAttribute("viewBox", `0 0 ${width} ${y - 8}`);
  return svg;
}
/** A small density within a map: {x, y, other, mean}; the other curve (the satellite's) is thin. */
function inset(box, d, name) {
  const [low, high] = [d.x[0], d.x[d.x.length - 1]];
  const most = Math.max(...d.y, ...(d.other || [0])) * 1.08 || 1;
  const base = box.height - 14;
  const X = (v) => box.x + 6 + ((v - low) / (high - low)) * (box.width - 12);
  const Y = (v) => box.y + base - (v / most) * (base - 4);
  const group = sv("g", { class: "inset" });
  const curve = path(d.x, d.y, X, Y);
  group.append(sv("rect", { x: box.x, y: box.y, width: box.width, height: box.height, fill: "transparent" }),
    sv("path", { class: "band", d: `${curve}L${X(high).toFixed(1)} ${Y(0)}L${X(low).toFixed(1)} ${Y(0)}Z` }),
    d.other ? sv("path", { class: "thin", "stroke-dasharray": "3 2", d: path(d.x, d.other, X, Y) }) : null,
    sv("path", { class: "reference", style: "stroke-width:1.3", d: curve }),
    sv("path", { class: "axis", d: `M${X(low)} ${Y(0)}H${X(high)}` }));
  let marks = ticks(low, high, 4);
  if (tickText(marks).join("").length * 5.4 + 7 * marks.length > box.width - 8) marks = ticks(low, high, 2);
  const labels = tickText(marks);
  marks.forEach((v, k) => group.append(sv("path", { class: "axis", d: `M${X(v)} ${Y(0)}v3` }),
    sv("text", { class: "ink", style: "font-size:9px", x: clamp(X(v), box.x + 9, box.x + box.width - 9), y: Y(0) + 11.5, "text-anchor": "middle", text: labels[k] })));
  return tipOn(group, () => tipText(name, head().points ? "density" : "area-weighted density", finite(d.mean) ? `mean ${short(d.mean)}` : ""));
}
/** The density of a quantity in an experiment: kind is satellite, before or after. */
function densityOf(name, kind, e, other) {
  const of = at(DATA.densities, name, "sets", e ? e.slug : "");
  if (!of || !of[kind]) return null;
  return { x: DATA.densities[name].x, y: of[kind], other: other && of[other] ? of[other] : null, mean: of.mean[kind], cells: of.cells };
}
const cellText = (n) => (finite(n) ? `${n.toLocaleString("en")} ${head().points ? "sites" : "cells"}` : "");

/* ---- densities, Figure 9 ---- */

/** Panels of densities: names of quantities, all experiments in each; legend, panels and letters in one drawing. */
function densityGrid(width, names) {
  const drawn = (of) => of.satellite || of.before || of.after;
  const shownNames = names.filter((n) => Object.values(at(DATA.densities, n, "sets") || {}).some(drawn));
  if (!shownNames.length) return null;
  const columns = width >= 640 ? 2 : 1;
  const gap = 30;
  const w = (width - gap * (columns - 1)) / columns;
  const h = clamp(w * 0.5, 190, 270);
  const svg = canvas(width, 10);
  const top = legend(svg, width, [
    { text: "Satellite", class: "reference" },
    ...experiments().flatMap((e) => [{ text: `${e.title}, baseline`, colour: colourOf(e), dash: "6 4" }, { text: `${e.title}, optimised`, colour: colourOf(e) }]),
  ]);
  shownNames.forEach((name, k) => {
    const part = densityPanel(w, h, name);
    const [x, y] = [(k % columns) * (w + gap), top + Math.floor(k / columns) * (h + 34)];
    svg.append(sv("text", { x, y: y + 12 }, sv("tspan", { class: "strong", text: `(${LETTERS[k]}) ` }), sv("tspan", { class: "ink", text: named(name) })), move(part, x, y + 20));
  });
  const tall = top + Math.ceil(shownNames.length / columns) * (h + 34);
  svg.setAttribute("height", tall);
  svg.setAttribute("viewBox", `0 0 ${width} ${tall}`);
  return svg;
}
function densityPanel(width, height, name) {
  const { x, sets } = DATA.densities[name];
  const curves = experiments().flatMap((e) => ["before", "after"].map((kind) => ({ e, kind, y: at(sets, e.slug, kind), mean: at(sets, e.slug, "mean", kind) }))).filter((c) => c.y);
  const satellite = at(sets, "", "satellite");
  const most = Math.max(...curves.flatMap((c) => c.y), ...(satellite || [0]));
  const f = frame({ width, height, x: [x[0], x[x.length - 1]], y: [0, most * 1.06], xLabel: `${named(name)} (${niceUnits(unitsOf(name))})`, yLabel: THRESHOLDS.includes(name) ? "density (m\u00b3 m\u207b\u00b3)\u207b\u00b9" : "density (%\u207b\u00b9)" });
  if (satellite) f.svg.append(sv("path", { class: "band", d: `${path(x, satellite, f.X, f.Y)}L${f.X(x[x.length - 1])} ${f.Y(0)}L${f.X(x[0])} ${f.Y(0)}Z` }));
  for (const c of curves) {
    const d = path(x, c.y, f.X, f.Y);
    const line = sv("g", {}, sv("path", { class: "hit", d }), sv("path", { class: "family", "--c": colourOf(c.e), "stroke-width": c.kind === "after" ? 2 : 1.5, "stroke-dasharray": c.kind === "after" ? null : "6 4", d }));
    f.svg.append(tipOn(line, () => tipText(c.e.title, c.kind === "after" ? "optimised" : "baseline", `mean ${fixed(c.mean, digitsOf(name))} ${niceUnits(unitsOf(name))}`)));
  }
  if (satellite) f.svg.append(sv("path", { class: "reference", d: path(x, satellite, f.X, f.Y) }));
  return f.svg;
}
/** Lines with their names in rows; returns the height that they take. */
function legend(svg, width, items) {
  let [x, y] = [0, 10];
  for (const item of items) {
    const text = clip(item.text, 46);
    const need = 44 + 6.3 * text.length;
    if (x && x + need > width) [x, y] = [0, y + 19];
    if (item.mark) svg.append(item.mark(x + 10, y));
    else svg.append(sv("path", { class: item.class || "family", "--c": item.colour, "stroke-width": 2, "stroke-dasharray": item.dash, d: `M${x} ${y}h24` }));
    svg.append(sv("text", { class: "ink", x: x + 31, y: y + 4, text }, sv("title", { text: item.text })));
    x += need;
  }
  return y + 24;
}
function densityRows(names) {
  const out = [["quantity", "experiment", "kind", "x", "density"]];
  for (const name of names) {
    const d = DATA.densities[name];
    if (!d) continue;
    for (const [slug, of] of Object.entries(d.sets)) for (const kind of ["satellite", "before", "after"]) if (of[kind]) d.x.forEach((x, k) => out.push([name, slug || "all", kind, x, of[kind][k]]));
  }
  return out;
}

/* ---- the texture triangle ---- */

const TALL = Math.sqrt(3) / 2;
const shortClass = (name) => name.split(/[\s_]+/).map((word) => (/^silt/i.test(word) ? "Si" : word.slice(0, 1).toUpperCase())).join("");

/** A triangle of sand (left), silt (right) and clay (top) with class borders; draw(place) fills it. */
function triangle(width, fill) {
  const pad = 34;
  const side = width - 2 * pad;
  const height = side * TALL + 64;
  const svg = canvas(width, height);
  const place = (sand, clay) => [pad + ((100 - sand - clay / 2) / 100) * side, 14 + (1 - clay / 100) * side * TALL];
  const line = (points) => `M${points.map(([s, c]) => place(s, c).map((v) => v.toFixed(1)).join(" ")).join("L")}`;
  const corners = [[100, 0], [0, 0], [0, 100]];
  svg.append(sv("path", { class: "ground", d: `${line(corners)}Z` }));
  fill(svg, place, line);
  const text = (sand, clay, dx, dy, content, anchor, more = {}) => { const [x, y] = place(sand, clay); svg.append(sv("text", { x: x + dx, y: y + dy, "text-anchor": anchor, text: content, ...more })); };
  for (let p = 20; p < 100; p += 20) {
    svg.append(sv("path", { class: "gridline", opacity: 0.7, d: line([[100 - p, p], [0, p]]) + line([[p, 0], [p, 100 - p]]) + line([[100 - p, 0], [0, 100 - p]]) }));
    text(100 - p, p, -7, 4, p, "end");
    text(0, 100 - p, 7, 2, p, "start");
    text(p, 0, 3, 16, p, "middle");
  }
  const classes = at(head(), "ternary", "classes") || [];
  for (const c of classes) {
    const points = c.sand.map((s, k) => [s, c.clay[k]]);
    svg.append(tipOn(sv("path", { class: "class-border", d: `${line(points)}Z` }), () => tipText(c.name)));
  }
  for (const c of classes) {
    const [sand, clay, area] = centre(c.sand, c.clay);
    if (area * (side / 100) ** 2 * TALL > 420) text(sand, clay, 0, 4, shortClass(c.name), "middle", { class: "strong halo", style: "font-size:10.5px;pointer-events:none" });
  }
  svg.append(sv("path", { class: "outline", d: `${line(corners)}Z` }));
  const turn = (sand, clay, dx, dy, angle, content) => { const [x, y] = place(sand, clay); svg.append(sv("text", { class: "ink", "text-anchor": "middle", transform: `translate(${x + dx} ${y + dy}) rotate(${angle})`, text: content })); };
  turn(50, 50, -27, 0, -60, "clay (%)");
  turn(0, 50, 29, 0, 60, "silt (%)");
  turn(50, 0, 0, 38, 0, "sand (%)");
  return svg;
}
/** Centroid and area of a polygon. */
function centre(xs, ys) {
  let [area, cx, cy] = [0, 0, 0];
  xs.forEach((x, k) => {
    const [nx, ny] = [xs[(k + 1) % xs.length], ys[(k + 1) % ys.length]];
    const cross = x * ny - nx * ys[k];
    area += cross / 2;
    cx += (x + nx) * cross;
    cy += (ys[k] + ny) * cross;
  });
  return area ? [cx / (6 * area), cy / (6 * area), Math.abs(area)] : [xs[0], ys[0], 0];
}
function ternaryGrid(width, data, e) {
  if (!data) return null;
  if (data.points) return ternaryPoints(width, data.points, e);
  const columns = width >= 620 ? 2 : 1;
  const gap = 24;
  const w = Math.min(560, (width - gap * (columns - 1)) / columns);
  const svg = canvas(width, 10);
  const most = quantile([...data.bins.before.share, ...data.bins.after.share].sort((a, b) => a - b), 0.995);
  let tall = 0;
  ["before", "after"].forEach((kind, k) => {
    const part = triangle(w, (node, place, line) => {
      const { sand, clay, share } = data.bins[kind];
      share.forEach((v, i) => {
        const [s, c] = [sand[i] * data.step, clay[i] * data.step];
        const t = 0.1 + 0.9 * Math.sqrt(clamp(v / most, 0, 1));
        node.append(sv("path", { d: `${line([[s, c], [s + data.step, c], [s + data.step, c + data.step], [s, c + data.step]])}Z`, fill: css(colour("PuBu", dark() ? 1 - t : t)) }));
      });
    });
    const h = Number(part.getAttribute("height"));
    const [x, y] = columns === 2 ? [k * (w + gap), 0] : [0, k * (h + 34)];
    svg.append(sv("text", { x, y: y + 12 }, sv("tspan", { class: "strong", text: `(${LETTERS[k]}) ` }), sv("tspan", { class: "ink", text: kind === "before" ? "Baseline" : "Optimised" })), move(part, x, y + 22));
    tall = Math.max(tall, y + h + 26);
  });
  svg.setAttribute("height", tall);
  svg.setAttribute("viewBox", `0 0 ${width} ${tall}`);
  return svg;
}
function ternaryPoints(width, points, e) {
  const w = Math.min(680, width);
  return triangle(w, (svg, place) => svg.append(sv("g", { class: "over" }, points.names.map((name, k) => {
    const [a, b] = ["before", "after"].map((kind) => place(points[kind][0][k], points[kind][1][k]));
    const text = (kind) => `sand ${fixed(points[kind][0][k], 1)}, clay ${fixed(points[kind][1][k], 1)} %`;
    return tipOn(sv("g", { tabindex: points.names.length <= 40 ? 0 : null, "aria-label": name }, sv("path", { class: "reference", style: "stroke-width:1.2", d: `M${a}L${b}` }),
      sv("circle", { class: "open-dot", cx: a[0], cy: a[1], r: 4 }), sv("circle", { class: "family-fill", "--c": colourOf(e), cx: b[0], cy: b[1], r: 4.4 })),
    () => tipText(name, `baseline: ${text("before")}`, `optimised: ${text("after")}`));
  }))));
}
function ternaryRows(data) {
  if (data.points) return [["cell", "sand_before", "clay_before", "sand_after", "clay_after"], ...data.points.names.map((n, k) => [n, data.points.before[0][k], data.points.before[1][k], data.points.after[0][k], data.points.after[1][k]])];
  return [["kind", "sand_from", "clay_from", "share"], ...["before", "after"].flatMap((kind) => data.bins[kind].share.map((v, i) => [kind, data.bins[kind].sand[i] * data.step, data.bins[kind].clay[i] * data.step, v]))];
}

/* ---- few sites: every site is a row ---- */

/** columns: [{name, units, series: [{text, values, error, kind: "open" | "dot" | "ink", colour}]}]; a panel each, sites down. */
function siteDots(width, names, columns) {
  const label = Math.min(width < 560 ? 104 : 190, 16 + 6.4 * Math.max(...names.map((n) => n.length)));
  const beside = clamp(Math.floor((width - label) / 210), 1, columns.length);
  const w = (width - label) / beside;
  const step = 24;
  const svg = canvas(width, 10);
  const every = columns.flatMap((c) => c.series).filter((s, k, all) => all.findIndex((o) => o.text === s.text) === k);
  const top = legend(svg, width, every.map((s) => ({ text: s.text, mark: (x, y) => dot(s, x, y) })));
  const block = names.length * step + 62;
  for (let first = 0, row = 0; first < columns.length; first += beside, row++) {
    const y0 = top + row * block + 20;
    names.forEach((n, i) => svg.append(sv("path", { class: "gridline", d: `M${label} ${y0 + (i + 0.5) * step}H${width}` }),
      sv("text", { class: "ink", x: label - 10, y: y0 + (i + 0.5) * step + 4, "text-anchor": "end", text: clip(n, Math.floor((label - 10) / 6.2)) }, sv("title", { text: n }))));
    columns.slice(first, first + beside).forEach((c, j) => siteColumn(svg, c, names, { x: label + j * w, y: y0, width: w - 26, step, letter: LETTERS[first + j] }));
  }
  const tall = top + Math.ceil(columns.length / beside) * block;
  svg.setAttribute("height", tall);
  svg.setAttribute("viewBox", `0 0 ${width} ${tall}`);
  return svg;
}
function dot(s, x, y) {
  return sv("circle", { class: s.kind === "ink" ? "reference-fill" : s.kind === "open" ? "open-dot" : "family-fill", "--c": s.colour, cx: x, cy: y, r: s.kind === "ink" ? 3.6 : 4.2 });
}
function siteColumn(svg, c, names, box) {
  const range = extent(c.series.flatMap((s) => Array.from(s.values).flatMap((v, k) => (s.error && finite(s.error[k]) ? [v - s.error[k], v + s.error[k]] : [v]))));
  svg.append(sv("text", { x: box.x + 8, y: box.y - 8 }, sv("tspan", { class: "strong", text: `(${box.letter}) ` }), sv("tspan", { class: "ink", text: c.name }), sv("tspan", { text: ` (${niceUnits(c.units)})` })));
  if (!range) return;
  const X = (v) => box.x + 8 + ((v - range[0]) / (range[1] - range[0])) * (box.width - 8);
  const bottom = box.y + names.length * box.step;
  const marks = ticks(...range, 4);
  const labels = tickText(marks);
  marks.forEach((v, k) => svg.append(sv("path", { class: "gridline", d: `M${X(v)} ${box.y}V${bottom}` }), sv("text", { x: X(v), y: bottom + 16, "text-anchor": "middle", text: labels[k] })));
  svg.append(sv("path", { class: "axis", d: `M${box.x + 8} ${bottom}H${box.x + box.width}` }));
  names.forEach((name, i) => {
    const y = (k) => box.y + (i + 0.5) * box.step + (k - (c.series.length - 1) / 2) * 4.5;
    const group = sv("g", {});
    c.series.forEach((s, k) => {
      const v = s.values[i];
      if (!finite(v)) return;
      if (s.error && finite(s.error[i])) group.append(sv("path", { class: s.kind === "ink" ? "reference" : "family", "--c": s.colour, "stroke-width": 1.4, style: "stroke-width:1.4", d: `M${X(v - s.error[i])} ${y(k)}H${X(v + s.error[i])}` }));
      group.append(dot(s, X(v), y(k)));
    });
    svg.append(tipOn(group, () => tipText(name, ...c.series.filter((s) => finite(s.values[i])).map((s) => `${s.text}: ${short(s.values[i])}${s.error && finite(s.error[i]) ? ` \u00b1 ${short(s.error[i], 2)}` : ""}`))));
  });
}
function siteRows(names, columns) {
  return [["site", ...columns.flatMap((c) => c.series.flatMap((s) => [`${c.name}, ${s.text}`, ...(s.error ? [`${c.name}, ${s.text}, interval`] : [])]))],
    ...names.map((n, i) => [n, ...columns.flatMap((c) => c.series.flatMap((s) => [s.values[i], ...(s.error ? [s.error[i]] : [])]))])];
}

/* ---- drydowns ---- */

const yearOf = (day) => new Date(day * 86400000).getUTCFullYear();
/** The samples of every event: rows of the series from its start on, as many as it has samples. */
function eventSamples(cell, days) {
  return (cell.events || []).map((event) => {
    let row = typeof event.start === "number" ? event.start : days.indexOf(Math.floor(Date.parse(event.start) / 86400000));
    const rows = [];
    for (; row >= 0 && row < days.length && rows.length < event.length; row++) if (finite(cell.values[row])) rows.push(row);
    return { ...event, rows };
  }).filter((e) => e.rows.length > 1);
}
function seriesChart(width, cell, days, events, span) {
  const rows = days.map((_, k) => k).filter((k) => days[k] >= span[0] && days[k] <= span[1]);
  const values = rows.map((k) => cell.values[k]);
  const E = cell.estimate || {};
  const y = tight([...values, E.wilting_point, E.critical_point], cell.rain ? 0.2 : 0.06);
  if (!y) return null;
  const height = clamp(width * 0.36, 230, 380);
  const marks = dateTicks(span, width);
  const f = frame({ width, height, x: span, y, xTicks: marks.map((m) => m[0]), xLabels: marks.map((m) => m[1]), yLabel: `soil moisture (${niceUnits("m3 m-3")})${cell.rain ? ", rain from above (mm)" : ""}` });
  if (cell.rain) {
    const most = Math.max(...cell.rain.filter(finite), 1);
    f.svg.append(sv("path", { class: "rain", d: rows.filter((k) => cell.rain[k] > 0).map((k) => `M${f.X(days[k]).toFixed(1)} ${f.top}v${((cell.rain[k] / most) * (f.bottom - f.top) * 0.24).toFixed(1)}`).join("") }));
  }
  for (const name of THRESHOLDS) {
    if (!finite(E[name])) continue;
    const half = 1.96 * (E[`${name}_error`] || 0);
    const [upper, lower] = [half, -half].map((v) => clamp(f.Y(E[name] + v), f.top, f.bottom));
    f.svg.append(sv("rect", { class: "band", x: f.left, y: upper, width: f.right - f.left, height: Math.max(1, lower - upper) }),
      sv("path", { class: "outline", "stroke-dasharray": "5 3", d: `M${f.left} ${f.Y(E[name])}H${f.right}` }),
      sv("text", { class: "strong halo", x: f.right - 4, y: f.Y(E[name]) - 5, "text-anchor": "end", text: `${named(name).toLowerCase()} ${fixed(E[name], 3)}` }));
  }
  f.svg.append(sv("path", { class: "samples", d: rows.filter((k) => finite(cell.values[k])).map((k) => `M${f.X(days[k]).toFixed(1)} ${f.Y(cell.values[k]).toFixed(1)}h0.01`).join("") }));
  for (const event of events.filter((e) => days[e.rows[0]] <= span[1] && days[e.rows.at(-1)] >= span[0])) {
    const inside = event.rows.filter((k) => days[k] >= span[0] && days[k] <= span[1]);
    const d = path(inside.map((k) => days[k]), inside.map((k) => cell.values[k]), f.X, f.Y);
    f.svg.append(tipOn(sv("g", { class: "drydown" }, sv("path", { class: "hit", d }), sv("path", { class: "family", "--c": COLOURS[1], "stroke-width": 2, d })),
      () => tipText(`Drydown of ${event.rows.length} samples`, finite(event.theta_w) ? `wilting point ${fixed(event.theta_w, 3)}` : "", finite(event.theta_c) ? `critical point ${fixed(event.theta_c, 3)}` : "", finite(event.tau) ? `memory ${fixed(event.tau, 1)} d` : "", finite(event.r2) ? `R\u00b2 ${fixed(event.r2)}` : "")));
  }
  return f.svg;
}
/** The range of numbers with room above and below, not forced down to zero. */
function tight(values, above) {
  const real = values.filter(finite);
  if (!real.length) return null;
  const [low, high] = [Math.min(...real), Math.max(...real)];
  const room = high - low || 0.01;
  return [Math.max(0, low - 0.08 * room), high + above * room];
}
/** Ticks on the first days of months or years. */
function dateTicks([first, last], width) {
  const years = (last - first) / 365.25;
  const every = years > 1.5 ? 12 * Math.max(1, Math.ceil((years * 46) / width)) : Math.max(1, Math.ceil((12 * years * 46) / width));
  const out = [];
  const start = new Date(first * 86400000);
  for (let m = start.getUTCMonth(), y = start.getUTCFullYear(), k = 0; k < 1000; k++, m++) {
    const day = Date.UTC(y, m, 1) / 86400000;
    if (day > last) break;
    const date = new Date(day * 86400000);
    if (day < first || (date.getUTCMonth() + 12 * date.getUTCFullYear()) % every) continue;
    out.push([day, every % 12 ? date.toLocaleDateString("en", { month: "short", timeZone: "UTC" }) : String(date.getUTCFullYear())]);
  }
  return out;
}
/** All events from their first sample on; scaled: (theta - theta_w) / amplitude against t / tau, beside exp(-x). */
function alignedChart(width, cell, days, events, scaled) {
  const E = cell.estimate || {};
  const lines = events.map((e) => {
    const low = finite(e.theta_w) ? e.theta_w : E.wilting_point;
    const size = finite(e.amplitude) && e.amplitude > 0 ? e.amplitude : cell.values[e.rows[0]] - low;
    const tau = finite(e.tau) && e.tau > 0 ? e.tau : E.memory;
    const t = e.rows.map((k) => days[k] - days[e.rows[0]]);
    const v = e.rows.map((k) => cell.values[k]);
    return scaled ? { e, t: t.map((d) => d / tau), v: v.map((q) => (q - low) / size) } : { e, t, v };
  }).filter((l) => l.t.every(finite) && l.v.every(finite));
  if (!lines.length) return null;
  const far = known([lines.map((l) => l.t.at(-1))]);
  const last = scaled ? clamp(quantile(far, 0.98), 1, 6) : Math.max(2, quantile(far, 0.98));
  const every = known([lines.flatMap((l) => l.v)]);
  const y = scaled ? [Math.min(-0.1, Math.max(-0.6, quantile(every, 0.005))), Math.max(1.1, Math.min(1.8, quantile(every, 0.995)))] : tight([...every, E.wilting_point, E.critical_point], 0.06);
  const f = frame({ width, height: clamp(width * 0.62, 240, 340), x: [0, last], y, xLabel: scaled ? "time since the first sample / memory" : "days since the first sample", yLabel: scaled ? "(\u03b8 \u2212 \u03b8w) / \u0394\u03b8" : `soil moisture (${niceUnits("m3 m-3")})` });
  const mask = `lines${width}${scaled ? "s" : ""}`;
  const ground = sv("g", { "clip-path": `url(#${mask})` });
  f.svg.append(sv("defs", {}, sv("clipPath", { id: mask }, sv("rect", { x: f.left, y: f.top, width: f.right - f.left, height: f.bottom - f.top }))), ground);
  const keep = (l) => l.t.filter((t) => t <= last * 1.0001).length;
  lines.forEach((l) => { const n = keep(l); ground.append(tipOn(sv("path", { class: "thin", "stroke-opacity": lines.length > 60 ? 0.5 : 0.9, d: path(l.t.slice(0, n), l.v.slice(0, n), f.X, f.Y) }), () => tipText(`Drydown of ${l.e.rows.length} samples`))); });
  const x = Array.from({ length: 81 }, (_, k) => (last * k) / 80);
  if (scaled) f.svg.append(sv("path", { class: "reference", d: path(x, x.map((v) => Math.exp(-v)), f.X, f.Y) }), sv("text", { class: "strong halo", x: f.X(Math.min(1, last)) + 8, y: f.Y(Math.exp(-Math.min(1, last))) - 8, text: "exp(\u2212x)" }));
  else if ([E.wilting_point, E.critical_point, E.memory].every(finite)) {
    f.svg.append(sv("path", { class: "outline", "stroke-dasharray": "5 3", d: `M${f.left} ${f.Y(E.wilting_point)}H${f.right}M${f.left} ${f.Y(E.critical_point)}H${f.right}` }),
      sv("path", { class: "reference", d: path(x, x.map((t) => E.wilting_point + (E.critical_point - E.wilting_point) * Math.exp(-t / E.memory)), f.X, f.Y) }));
  }
  return f.svg;
}

/* ---- pages ---- */

const siteNames = () => at(DATA.thresholds, "sites", "names");
/** Rows of maps of thresholds: satellite, baseline and optimised soil. */
function thresholdRows() {
  const e = chosen();
  const sources = [["Satellite", "thresholds", "", "satellite", null], ...(e ? [["Baseline soil", `t-${e.slug}`, "_baseline", "before", "satellite"], ["Optimised soil", `t-${e.slug}`, "", "after", "satellite"]] : [])];
  return THRESHOLDS.map((name) => {
    const layers = sources.map(([, key, end]) => layerOf(key, name + end));
    const scale = scaleOf(layers, PALETTE[name], "m3 m-3");
    return sources.map(([text, key, , kind, other], k) => ({ name: `${named(name)}, ${text.toLowerCase()}`, column: `${name}_${kind}`, field: held(key), values: layers[k], scale, density: densityOf(name, kind, e, other) }));
  });
}
function thresholdSites() {
  const e = chosen();
  return THRESHOLDS.map((name) => ({ name: named(name), units: "m3 m-3", series: [
    { text: "satellite", values: layerOf("thresholds", name), error: (layerOf("uncertainty", `${name}_error`) || []).map((v) => 1.96 * v), kind: "ink" },
    ...(e && DATA[`t-${e.slug}`] ? [{ text: "baseline soil", values: layerOf(`t-${e.slug}`, `${name}_baseline`) || [], kind: "open" }, { text: "optimised soil", values: layerOf(`t-${e.slug}`, name) || [], kind: "dot", colour: colourOf(e) }] : [])] }));
}
/** The columns of panels that lie on one field as rows of a table. */
function panelRows(rows) {
  const panels = rows.flat().filter((p) => p && p.values);
  const index = new Map();
  const first = panels[0];
  const same = panels.filter((p) => p.values.length === first.values.length && (p.field === first.field || p.field.sites || p.field.index.every((v, k) => v === first.field.index[k])));
  if (same.length === panels.length) return mapRows(first.field, Object.fromEntries(panels.map((p) => [p.column || p.name, p.values])));
  const columns = panels.map((p) => p.column || p.name);
  panels.forEach((p, c) => mapRows(p.field, { v: p.values }).slice(1).forEach(([lat, lon, v]) => {
    const key = `${lat} ${lon}`;
    if (!index.has(key)) index.set(key, [lat, lon, ...columns.map(() => null)]);
    index.get(key)[c + 2] = v;
  }));
  return [["lat", "lon", ...columns], ...index.values()];
}
const gridFigure = (title, note, rows, empty) => figure({ title, note, empty: empty || "Loading the maps.", draw: (w) => mapGrid(w, rows()), csv: () => panelRows(rows()) });

PAGES.calibration = () => {
  const control = experimentControl();
  if (control) byId("controls").append(control);
  const e = () => chosen();
  const note = () => {
    const parts = THRESHOLDS.map((name) => {
      const m = e() && at(DATA.densities, name, "sets", e().slug, "mean");
      return m && finite(m.after) ? `${named(name).toLowerCase()} ${fixed(m.satellite, 3)}, ${fixed(m.before, 3)} and ${fixed(m.after, 3)}` : "";
    }).filter(Boolean);
    return parts.length ? `${head().points ? "Means" : "Area means"} of satellite, baseline and optimised soil over the ${cellText(at(DATA.densities, THRESHOLDS[0], "sets", e().slug, "cells"))} that have all three: ${parts.join("; ")} ${niceUnits("m3 m-3")}. Insets: densities, the satellite's dashed` : "";
  };
  const heading = () => (e() ? `Soil moisture thresholds: satellite and ${e().title}` : "Soil moisture thresholds from the satellite");
  if (head().few) {
    byId("thresholds").append(
      figure({ title: heading, note: () => "Bars: 95 % intervals of the satellite estimates", empty: "Loading the numbers.", draw: (w) => siteDots(w, siteNames(), thresholdSites()), csv: () => siteRows(siteNames(), thresholdSites()) }),
      figure({ class: "apart", title: () => "Where the sites lie", note: () => "", draw: (w) => mapGrid(w, [thresholdRows().map((r) => r[0]).map((p) => ({ ...p, density: null }))]), csv: () => panelRows([thresholdRows().map((r) => r[0])]) }));
    load("uncertainty").then(redrawFigures);
  } else byId("thresholds").append(gridFigure(heading, note, thresholdRows));
  follow(["t"], control);
};

/** Before, after and difference of a component, with their densities. */
function componentRow(name) {
  const e = chosen();
  const key = `x-${e.slug}`;
  const [before, after, change] = ["_baseline", "", "_difference"].map((k) => layerOf(key, name + k));
  const scale = scaleOf([before, after], PALETTE[name], "%", { zero: name === "organic_carbon" });
  return [[
    { name: `${named(name)}, baseline`, column: `${name}_baseline`, field: held(key), values: before, scale, density: densityOf(name, "before", e) },
    { name: `${named(name)}, optimised`, column: name, field: held(key), values: after, scale, density: densityOf(name, "after", e, "before") },
    { name: "Optimised \u2212 baseline", column: `${name}_difference`, field: held(key), values: change, scale: scaleOf([change], "RdBu_r", "%", { centred: true }), density: densityOf(`${name}_difference`, "after", e) },
  ]];
}
function spreadRows() {
  const e = chosen();
  const key = `x-${e.slug}`;
  const row = (end, text, palette) => e.components.map((name) => {
    const values = layerOf(key, name + end);
    return { name: `${named(name)}, ${text}`, column: name + end, field: held(key), values, scale: scaleOf([values], palette, "%", { zero: true }) };
  }).filter((p) => p.values);
  return [row("_uncertainty", "95 % half width", "Reds"), row("_range", "admissible range", "PuBuGn")].filter((r) => r.length);
}
function misfitRow() {
  const key = `x-${chosen().slug}`;
  const [before, after] = ["misfit_baseline", "misfit"].map((n) => layerOf(key, n));
  const scale = scaleOf([before, after], "Reds", "m3 m-3", { zero: true });
  return [[{ name: "Baseline", column: "misfit_baseline", field: held(key), values: before, scale }, { name: "Optimised", column: "misfit", field: held(key), values: after, scale }]];
}
function componentSites() {
  const e = chosen();
  const key = `x-${e.slug}`;
  return e.components.map((name) => ({ name: named(name), units: "%", series: [
    { text: "baseline", values: layerOf(key, `${name}_baseline`) || [], kind: "open" },
    { text: "optimised, with its 95 % interval", values: layerOf(key, name) || [], error: layerOf(key, `${name}_uncertainty`), kind: "dot", colour: colourOf(e) }] }));
}
function middle(name) {
  const values = known([layerOf(`x-${chosen().slug}`, name)]);
  return values.length ? quantile(values, 0.5) : NaN;
}
PAGES["calibration-texture"] = () => {
  const control = experimentControl();
  if (control) byId("controls").append(control);
  const e = () => chosen();
  const ready = () => DATA[`x-${e().slug}`];
  const meanNote = (name) => () => {
    const m = at(DATA.densities, name, "sets", e().slug, "mean");
    return m && finite(m.after) ? `${head().points ? "" : "area "}mean ${fixed(m.before, 1)} % before, ${fixed(m.after, 1)} % after` : "";
  };
  const parts = byId("components");
  const every = ["sand", "clay", "organic_carbon"].filter((n) => experiments().some((x) => x.components.includes(n)));
  const figures = head().few ? [figure({ title: () => `Texture of the sites: ${e().title}`, note: () => "", empty: "Loading the numbers.", draw: (w) => ready() && siteDots(w, siteNames(), componentSites()), csv: () => siteRows(siteNames(), componentSites()) })]
    : every.map((name) => [name, gridFigure(() => `${named(name)} before and after: ${e().title}`, meanNote(name), () => componentRow(name))]);
  if (head().few) parts.append(...figures);
  else parts.append(...figures.map(([, f]) => f));
  const classNote = () => {
    const classes = at(head(), "ternary", "classes") || [];
    const keys = classes.map((c) => `${shortClass(c.name)} ${c.name}`).join(", ");
    return [ready() && at(ready(), "ternary", "points") ? "Open: baseline; filled: optimised." : `Shares of the ${head().points ? "sites" : "area"} on bins of ${fixed(at(ready(), "ternary", "step") || 2, 0)} %, stronger is more.`, keys].filter(Boolean).join(" ");
  };
  byId("triangle").append(el("h2", { text: "The texture triangle" }), figure({ title: () => `Textures before and after: ${e().title}`, note: classNote, empty: () => (ready() ? "No cell has a texture." : "Loading the textures."), draw: (w) => ready() && ternaryGrid(w, ready().ternary, e()), csv: () => ternaryRows(ready().ternary) }));
  if (!head().few) {
    byId("spread").append(el("h2", { text: "How well the texture is known" }), gridFigure(() => `Uncertainty of the optimised texture: ${e().title}`,
      () => { const m = e().components.map((n) => [named(n).toLowerCase(), middle(`${n}_uncertainty`)]).filter((p) => finite(p[1])); return m.length ? `Half widths of 95 % intervals, median ${m.map(([n, v]) => `${n} ${fixed(v, 1)} %`).join(", ")}; the admissible range holds all textures that fit the satellite as well` : ""; }, spreadRows));
  }
  byId("misfit").append(el("h2", { text: "Misfit to the satellite" }), head().few
    ? figure({ title: () => `Misfit before and after: ${e().title}`, note: () => "", draw: (w) => ready() && siteDots(w, siteNames(), misfitSites()), csv: () => siteRows(siteNames(), misfitSites()), empty: "Loading the numbers." })
    : gridFigure(() => `Misfit before and after: ${e().title}`, () => (finite(middle("misfit")) ? `median ${fixed(middle("misfit_baseline"), 4)} before, ${fixed(middle("misfit"), 4)} ${niceUnits("m3 m-3")} after` : ""), misfitRow));
  follow(["x"], control, () => { if (!head().few) figures.forEach(([name, f]) => { f.hidden = !e().components.includes(name); }); });
};
function misfitSites() {
  const key = `x-${chosen().slug}`;
  return [{ name: "Misfit", units: "m3 m-3", series: [{ text: "baseline", values: layerOf(key, "misfit_baseline") || [], kind: "open" }, { text: "optimised", values: layerOf(key, "misfit") || [], kind: "dot", colour: colourOf(chosen()) }] }];
}

PAGES["calibration-comparison"] = () => {
  const names = ["sand", "clay", "wilting_point", "critical_point", "organic_carbon"];
  const widths = () => {
    const all = names.flatMap((n) => Object.values(at(DATA.densities, n, "sets") || {}).flatMap((s) => Object.values(s.bandwidth).filter(finite).map((v) => [THRESHOLDS.includes(n), v])));
    const span = (test, unit) => { const v = all.filter((p) => p[0] === test).map((p) => p[1]); return v.length ? `${short(Math.min(...v), 2)}\u2013${short(Math.max(...v), 2)} ${unit}` : ""; };
    return [span(false, "%"), span(true, niceUnits("m3 m-3"))].filter(Boolean).join(" and ");
  };
  byId("densities").append(figure({ title: () => "Soil texture and thresholds in all experiments", note: () => (widths() ? `${head().points ? "Kernel" : "Area-weighted kernel"} densities; bandwidths ${widths()}` : ""), draw: (w) => densityGrid(w, names), csv: () => densityRows(names), empty: "No densities are drawn for fewer than five cells." }));
  onRedraw(redrawFigures);
};

PAGES["calibration-uncertainty"] = () => {
  const U = () => held("uncertainty");
  const panel = (layer, name, palette, units, options = { zero: true }) => {
    const values = layerOf("uncertainty", layer);
    return values && { name, column: layer, field: U(), values, scale: scaleOf([values], palette, units, options) };
  };
  const group = (id, heading, title, note, rows) => {
    if (!rows().flat().some(Boolean)) return;
    byId(id).append(el("h2", { text: heading }), gridFigure(() => title, () => note, () => rows().map((r) => r.filter(Boolean)).filter((r) => r.length)));
  };
  group("errors", "Standard errors", "Standard errors of the estimates", "", () => [[panel("wilting_point_error", "Wilting point", "Reds", "m3 m-3"), panel("critical_point_error", "Critical point", "Reds", "m3 m-3"), panel("memory_error", "Memory", "Reds", "d")]]);
  group("memory", "Memory, events and noise", "Memory, events and noise", "Memory: the time in which the soil loses 63 % of its water above the wilting point", () => [[panel("memory", "Memory", "viridis", "d"), panel("events", "Drydowns kept", "YlGn", ""), panel("noise", "Noise of the observations", "PuBuGn", "m3 m-3")]]);
  const units = head().method === "published" ? "drydowns" : "years";
  group("between", `Between the ${units} of a cell`, `Spread between the ${units} of a cell`, "", () => [[panel("wilting_point_spread", "Wilting point", "PuBu", "m3 m-3"), panel("critical_point_spread", "Critical point", "PuBu", "m3 m-3"), panel("memory_spread", "Memory", "PuBu", "d")]]);
  if (at(DATA.uncertainty, "reason")) byId("reason").append(el("h2", { text: "Where there is no result" }), reasonFigure(DATA.uncertainty.reason));
  onRedraw(redrawFigures);
};
const REASON_COLOURS = ["#9fc5a8", "#c9ccd1", "#8a7fb0", "#5f6b7a", "#d98c3f", "#b5483a", "#3f83b5", "#e0c64f", "#7a4b2b", "#c77fb5", "#dfe3e6"];
/** Each reason its own colour: a scale of steps. */
function reasonFigure(pack) {
  const f = field(pack, DATA.grids);
  const n = pack.names.length;
  const table = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const c = REASON_COLOURS[clamp(Math.round((i / 255) * (n - 1)), 0, n - 1) % REASON_COLOURS.length];
    for (let k = 0; k < 3; k++) table[3 * i + k] = parseInt(c.slice(1 + 2 * k, 3 + 2 * k), 16);
  }
  window.VADOSE_DRAW.ramps.reasons = table;
  const text = (v) => pack.names[clamp(Math.round(v), 0, n - 1)];
  return figure({
    title: () => "What became of each cell", note: () => "The reason that most of the area of a cell of this map has",
    draw(width) {
      const w = Math.min(width, 900);
      const map = drawMap(w, { field: f, values: f.layer("reason"), scale: { low: 0, high: Math.max(1, n - 1), palette: "reasons", text }, bar: false });
      const svg = canvas(w, 10);
      const h = Number(map.getAttribute("height"));
      const keys = sv("g", { transform: `translate(0 ${h + 10})` });
      const tall = h + 10 + legend(keys, w, pack.names.map((name, k) => ({ text: name, mark: (x, y) => sv("rect", { x: x - 2, y: y - 6, width: 18, height: 11, rx: 2, fill: REASON_COLOURS[k % REASON_COLOURS.length] }) })));
      svg.append(move(map, 0, 0), keys);
      svg.setAttribute("height", tall);
      svg.setAttribute("viewBox", `0 0 ${w} ${tall}`);
      return svg;
    },
    csv: () => mapRows(f, { reason: Array.from(f.layer("reason")) }).map((r, k) => (k ? [r[0], r[1], text(r[2])] : r)),
  });
}

PAGES["calibration-drydowns"] = () => {
  const cells = DATA.cells.map((cell) => { const days = cell.days || cell.values.map((_, k) => cell.first + k); return { ...cell, days, events: eventSamples(cell, days) }; });
  const name = (c) => c.name || `${fixed(c.lat, 2)}\u00b0, ${fixed(c.lon, 2)}\u00b0`;
  const index = () => clamp(Math.trunc(Number(state.cell)) || 0, 0, cells.length - 1);
  const cell = () => cells[index()];
  const years = () => [...new Set(cell().days.map(yearOf))].filter(finite);
  const busiest = () => { const n = {}; cell().events.forEach((e) => { const y = yearOf(cell().days[e.rows[0]]); n[y] = (n[y] || 0) + 1; }); return String(years().sort((a, b) => (n[b] || 0) - (n[a] || 0) || a - b)[0]); };
  const year = () => (state.year === "all" || years().map(String).includes(state.year) ? state.year : busiest());
  const span = () => { const d = cell().days; return year() === "all" ? [d[0], d.at(-1)] : [Math.max(d[0], Date.UTC(Number(year()), 0, 1) / 86400000), Math.min(d.at(-1), Date.UTC(Number(year()), 11, 31) / 86400000)]; };
  const controls = byId("controls");
  const E = () => cell().estimate || {};
  byId("series").append(figure({ title: () => name(cell()), note: () => `${cell().events.length} drydowns${finite(E().memory) ? `, memory ${fixed(E().memory, 1)} \u00b1 ${fixed(1.96 * E().memory_error, 1)} d` : ""}${finite(E().noise) ? `, noise ${fixed(E().noise, 3)}` : ""}; bands are 95 % intervals`, draw: (w) => seriesChart(w, cell(), cell().days, cell().events, span()), csv: () => [["day", "soil_moisture", "rain"], ...cell().days.map((d, k) => [new Date(d * 86400000).toISOString().slice(0, 10), cell().values[k], cell().rain ? cell().rain[k] : null])], empty: "This cell has no values." }));
  const eventRows = () => [["event", "day", "soil_moisture"], ...cell().events.flatMap((e, k) => e.rows.map((r) => [k + 1, cell().days[r] - cell().days[e.rows[0]], cell().values[r]]))];
  byId("aligned").append(
    figure({ title: () => "Drydowns from their first samples", note: () => "Strong: the curve of the cell's thresholds and memory", draw: (w) => alignedChart(w, cell(), cell().days, cell().events, false), csv: eventRows, empty: "No drydown in this cell." }),
    figure({ title: () => "Drydowns on one scale", note: () => "Each by its own fit; all should follow the strong curve", draw: (w) => alignedChart(w, cell(), cell().days, cell().events, true), csv: eventRows, empty: "No drydown in this cell." }));
  onRedraw(() => {
    const parts = [];
    if (cells.length > 1) parts.push(select("Cell", cells.map((c, k) => ({ value: String(k), label: name(c) })), String(index()), (v) => set({ cell: v })));
    if (years().length > 1) parts.push(select("Years", [{ value: "all", label: "All years" }, ...years().sort((a, b) => a - b).map((y) => ({ value: String(y), label: String(y) }))], year(), (v) => set({ year: v })));
    const focused = controls.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    controls.replaceChildren(...parts);
    if (focused) controls.querySelector(`[aria-label="${focused}"]`)?.focus();
    redrawFigures();
  });
};
})();
