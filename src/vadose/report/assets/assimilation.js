/* The page of an assimilation, drawn with the tools of report.js and simulation.js. Sections: tools, sensors, series,
   assimilated, fluxes, maps, parameters, consistency, water, page. */
(() => {
"use strict";

const {
  DATA, PAGES, state, set, load, head, at, el, sv, byId, canvas, figure, redrawFigures, select, tipOn, tipText, finite, clamp,
  fixed, short, niceUnits, unitText, ticks, tickText, frame, path, extent, colour, css, hex, dark, field, drawMap, colourBar, mapRows,
  unpack, onColour, onRedraw,
} = window.VADOSE_DRAW;
const {
  COLOURS, LETTERS, move, grown, wide, fit, linesIn, letter, legend, scaleOf, time, span, isoDay, view, show, inView, timeAxis,
  columnsOf, rowAt, overview, shade, LEFT,
} = window.VADOSE_DRAW.tools;

/* ---- tools ---- */

const experiments = () => head().experiments;
const names = () => experiments().map((e) => e.name);
const places = () => head().places;
const about = (name) => head().variables[name] || { title: name.replace(/_/g, " "), units: "" };
const pick = (key, count, first = 0) => { const k = Math.trunc(Number(state[key])); return state[key] !== undefined && k >= 0 && k < count ? k : first; };
const place = () => pick("place", places().length);
const reference = () => head().reference;
const updated = () => experiments().map((_, k) => k).filter((k) => experiments()[k].updates.length);
/** The experiment that is looked at closely: one with analyses. */
const chosen = () => { const all = updated(); const k = pick("experiment", experiments().length, all[0] ?? 0); return all.includes(k) ? k : all[0] ?? 0; };
const GREY = "#7d838d";
const hue = (k) => { const own = experiments().map((_, i) => i).filter((i) => i !== reference()); return k === reference() ? GREY : COLOURS[own.indexOf(k) % COLOURS.length]; };
const keys = (list, line = true) => list.map((k) => ({ text: names()[k], colour: hue(k), line }));
const all = () => experiments().map((_, k) => k);
const of = (p) => (places().length > 1 || !head().points ? places()[p].name.replace(/^Sensors, /, "") : "");
const titled = (...parts) => parts.filter(Boolean).join(": ");
const METRICS = { correlation: "Correlation", ubrmse: "ubRMSE", rmse: "RMSE", bias: "Bias", ner_ubrmse: "NER of the ubRMSE (%)", delta_correlation: "Change of correlation" };
const GAINS = ["ner_ubrmse", "delta_correlation"];
const spreadNote = "bands: one standard deviation of the members either side of their mean";
const quantile = (sorted, q) => { const k = q * (sorted.length - 1); const a = Math.floor(k); return sorted[a] + (k - a) * ((sorted[a + 1] ?? sorted[a]) - sorted[a]); };
/** Panels side by side, as many columns as have room; one with `row` begins a row; part(width, panel, k) -> svg. */
function panels(width, list, least, part, most = 4) {
  if (!list.length) return null;
  const gap = 30;
  const columns = clamp(Math.floor((width + gap) / (least + gap)), 1, Math.min(most, list.length));
  const w = Math.min((width - gap * (columns - 1)) / columns, 620);
  const svg = canvas(width, 10);
  const rows = list.reduce((all, p) => { if (p.row || !all.length || all.at(-1).length === columns) all.push([]); all.at(-1).push(p); return all; }, []);
  let [y, k] = [0, 0];
  for (const row of rows) {
    const heads = row.map((p) => linesIn(p.title, w - 24, 400, 2));
    const down = 22 + 14 * (Math.max(...heads.map((h) => h.length)) - 1);
    let tall = 0;
    row.forEach((p, j) => {
      const made = part(w, p, k);
      svg.append(letter(j * (w + gap), y + 12, k++, heads[j][0], w + 4), ...heads[j].slice(1).map((text) => sv("text", { class: "ink", x: j * (w + gap), y: y + 26, text })), move(made, j * (w + gap), y + down));
      tall = Math.max(tall, Number(made.getAttribute("height")) + down);
    });
    y += tall + 16;
  }
  return grown(svg, y - 12);
}
const stacked = (top, part) => { const svg = canvas(Number(part.getAttribute("width")), 10); const y = top(svg); svg.append(move(part, 0, y)); return grown(svg, y + Number(part.getAttribute("height"))); };

/* ---- independent sensors ---- */

const judged = () => DATA.judged || [];
const variables = () => [...new Set(judged().map((r) => r.variable))];
const judgedVariable = () => (variables().includes(state.judged) ? state.judged : variables()[0]);
const rowsOf = (variable) => judged().filter((r) => r.variable === variable);
const sensors = (rows) => [...new Set(rows.map((r) => r.sensor))];
const MOST = 20; // sensors whose changes stand one below another
/** The sensors whose changes are shown: of many those that changed most. */
function shownSensors(rows) {
  const size = (name) => Math.max(0, ...rows.filter((r) => r.sensor === name).map((r) => Math.abs(at(r.metrics, "ner_ubrmse", "value") || 0)));
  const list = sensors(rows);
  return list.length <= MOST ? list : [...list].sort((a, b) => size(b) - size(a)).slice(0, MOST);
}
/** NER and the change of correlation as dots with intervals: a block a sensor, a lane an experiment. */
function changes(width) {
  const rows = rowsOf(judgedVariable());
  const shown = [["ner_ubrmse", "NER of the ubRMSE (%)"], ["ner_rmse", "NER of the RMSE (%)"], ["delta_correlation", "Change of correlation"]].filter(([m]) => rows.some((r) => finite(at(r.metrics, m, "value"))));
  const lanes = updated().filter((k) => rows.some((r) => r.experiment === k));
  if (!shown.length || !lanes.length) return null;
  const svg = canvas(width, 10);
  const top = legend(svg, width, keys(lanes, false)) + 6;
  const list = shownSensors(rows);
  const narrow = width < 620;
  const label = narrow ? 0 : Math.min(0.3 * width, 16 + Math.max(...list.map((n) => wide(n, 600))));
  const beside = narrow ? 1 : shown.length;
  const w = (width - label - 30 * (beside - 1)) / beside;
  const gap = 12;
  let y0 = top;
  shown.forEach(([metric, title], j) => {
    const x0 = label + (narrow ? 0 : j * (w + 30));
    const values = rows.flatMap((r) => [at(r.metrics, metric, "value"), at(r.metrics, metric, "low"), at(r.metrics, metric, "high")]).filter(finite).concat(0);
    const range = extent(values.map((v) => clamp(v, -100, 100)), 0.08);
    if (range[0] === 0) range[0] = -0.06 * range[1];
    const X = (v) => x0 + 8 + ((clamp(v, ...range) - range[0]) / (range[1] - range[0])) * (w - 20);
    svg.append(sv("text", { class: "ink", x: x0 + 8, y: y0 + 10, text: title }));
    let y = y0 + 20;
    const grid = sv("g", {});
    svg.append(grid);
    const first = y;
    const names_ = []; // above the grid
    for (const name of list) {
      if (narrow) { names_.push(sv("text", { class: "strong halo", x: 0, y: y + 11, text: fit(name, width, 600) })); y += 16; }
      else if (!j) svg.append(sv("text", { class: "strong", x: label - 14, y: y + (lanes.length * gap) / 2 + 4, "text-anchor": "end", text: fit(name, label - 14, 600) }, sv("title", { text: name })));
      lanes.forEach((k, lane) => {
        const m = at(rows.find((r) => r.sensor === name && r.experiment === k), "metrics", metric);
        if (!m || !finite(m.value)) return;
        const yy = y + (lane + 0.5) * gap;
        const node = sv("g", { class: "change" });
        if (finite(m.low) && finite(m.high)) node.append(sv("path", { class: "family", "--c": hue(k), "stroke-width": 1.8, d: `M${X(m.low)} ${yy}H${X(m.high)}` }));
        node.append(sv("circle", { class: "family-fill", "--c": hue(k), cx: X(m.value), cy: yy, r: 4.2 }));
        svg.append(tipOn(node, () => tipText(name, names()[k], `${title}: ${short(m.value)}${finite(m.low) ? ` (${short(m.low)} to ${short(m.high)})` : ""}`)));
      });
      y += lanes.length * gap + 12;
    }
    const marks = ticks(...range, w < 300 ? 4 : 6);
    const labels = tickText(marks);
    marks.forEach((v, i) => { grid.append(sv("path", { class: Math.abs(v) < 1e-9 ? "even" : "gridline", d: `M${X(v)} ${first}V${y - 4}` })); svg.append(sv("text", { x: X(v), y: y + 10, "text-anchor": "middle", text: labels[i] })); });
    svg.append(...names_);
    if (narrow) y0 = y + 34;
    svg.tall = Math.max(svg.tall || 0, y + 18);
  });
  return grown(svg, svg.tall);
}
/** Distributions of a metric over the sensors, an experiment each; dots with intervals where they are few. */
function metricPanels(width) {
  const rows = rowsOf(judgedVariable());
  const list = Object.entries(METRICS).filter(([m]) => !GAINS.includes(m) || sensors(rows).length > MOST).filter(([m]) => rows.some((r) => finite(at(r.metrics, m, "value")))).map(([m, title]) => ({ metric: m, title: `${title}${m === "correlation" || GAINS.includes(m) ? "" : unitText(rows[0].units)}` }));
  return panels(width, list, experiments().length > 3 ? 310 : 230, (w, p) => metricPanel(w, rows, p.metric));
}
function metricPanel(width, rows, metric) {
  const shown = all().filter((k) => rows.some((r) => r.experiment === k && finite(at(r.metrics, metric, "value"))));
  const few = sensors(rows).length <= 3;
  const valuesOf = (k) => rows.filter((r) => r.experiment === k).map((r) => ({ ...at(r.metrics, metric), sensor: r.sensor })).filter((m) => finite(m.value));
  const every = shown.flatMap((k) => valuesOf(k).flatMap((m) => (few ? [m.value, m.low, m.high] : [m.value])));
  const range = extent([...every, ...(metric === "bias" || GAINS.includes(metric) ? [0] : [])], 0.08) || [0, 1];
  const f = frame({ width, height: 240, x: [-0.5, shown.length - 0.5], y: range, xTicks: [], xLabels: [] });
  if (range[0] < 0 && range[1] > 0) f.svg.append(sv("path", { class: "zero", d: `M${f.left} ${f.Y(0)}H${f.right}` }));
  if (few) sensors(rows).forEach((name, i) => {
    const shift = (i - (sensors(rows).length - 1) / 2) * 9;
    const points = shown.map((k, j) => [f.X(j) + shift, valuesOf(k).find((m) => m.sensor === name), k]).filter((p) => p[1]);
    f.svg.append(sv("path", { class: "thin", d: points.map((p, n) => `${n ? "L" : "M"}${p[0]} ${f.Y(p[1].value)}`).join("") }));
    for (const [x, m, k] of points) {
      const node = sv("g", {});
      if (finite(m.low) && finite(m.high)) node.append(sv("path", { class: "family", "--c": hue(k), "stroke-width": 1.6, d: `M${x} ${f.Y(m.low)}V${f.Y(m.high)}` }));
      node.append(sv("circle", { class: "family-fill", "--c": hue(k), cx: x, cy: f.Y(m.value), r: 4.4 }));
      f.svg.append(tipOn(node, () => tipText(name, names()[k], `${METRICS[metric]} ${short(m.value)}${finite(m.low) ? ` (${short(m.low)} to ${short(m.high)})` : ""}`)));
    }
  });
  else shown.forEach((k, j) => f.svg.append(box(f, j, valuesOf(k), k, metric)));
  shown.forEach((k, j) => {
    const room = (f.right - f.left) / shown.length + 2;
    linesIn(names()[k], room).forEach((text, n) => f.svg.append(sv("text", { class: "ink", x: f.X(j), y: f.bottom + 16 + 13 * n, "text-anchor": "middle", text }, sv("title", { text: names()[k] }))));
  });
  return grown(f.svg, 268);
}
function box(f, x, list, k, metric) {
  const v = list.map((m) => m.value).sort((a, b) => a - b);
  const [p10, p25, p50, p75, p90] = [0.1, 0.25, 0.5, 0.75, 0.9].map((q) => quantile(v, q));
  const mean = v.reduce((s, a) => s + a, 0) / v.length;
  const half = Math.min(26, (0.3 * (f.right - f.left)) / experiments().length);
  const X = f.X(x);
  const h = (y, a = half) => `M${X - a} ${f.Y(y)}H${X + a}`;
  const node = sv("g", { class: "box" }, sv("path", { class: "family", "--c": hue(k), "stroke-width": 1.3, d: `M${X} ${f.Y(p10)}V${f.Y(p25)}M${X} ${f.Y(p75)}V${f.Y(p90)}${h(p10, half / 2)}${h(p90, half / 2)}` }),
    sv("rect", { class: "family-fill", "--c": hue(k), opacity: 0.35, x: X - half, width: 2 * half, y: f.Y(p75), height: Math.max(1, f.Y(p25) - f.Y(p75)) }),
    sv("path", { class: "family", "--c": hue(k), "stroke-width": 2.6, d: h(p50) }), sv("path", { class: "family", "--c": hue(k), "stroke-width": 1.3, "stroke-dasharray": "3 2", d: h(mean) }));
  const out = list.filter((m) => m.value < p10 || m.value > p90);
  tipOn(node, () => tipText(names()[k], `${METRICS[metric]} over ${v.length} sensors`, `median ${short(p50)}, mean ${short(mean)}`, `25 to 75 %: ${short(p25)} to ${short(p75)}`));
  return sv("g", {}, node, ...out.map((m) => tipOn(sv("circle", { class: "family", style: "fill:var(--paper)", "--c": hue(k), "stroke-width": 1.2, cx: X, cy: f.Y(m.value), r: 2.8 }), () => tipText(m.sensor, names()[k], short(m.value)))));
}
const judgedRows = () => [["experiment", "sensor", "variable", "metric", "value", "low", "high", "n"], ...judged().flatMap((r) => Object.entries(r.metrics).map(([m, v]) => [names()[r.experiment] ?? "", r.sensor, r.variable, m, v.value, v.low, v.high, r.n]))];
const measured = (j) => (j.decoded ||= { seen: unpack(j.values), models: j.experiments.map((e) => e.map(unpack)) });
function judgeWindow(j) {
  if (state.from || state.to || !j.span) return view();
  const [first, last] = span();
  const margin = Math.max(0.03 * (j.span[1] - j.span[0]), 1);
  return [Math.max(first, j.span[0] - margin), Math.min(last, j.span[1] + margin)];
}
function judgeChart(width, j) {
  const d = measured(j);
  return ensembleChart(width, { height: clamp(width * 0.42, 190, 260), window: judgeWindow(j), lines: all().map((k) => ({ k, values: d.models[k][0], sd: d.models[k][1] })), dots: { text: "measured", values: d.seen } });
}
const judgeRows = (j) => { const d = measured(j); return [["time", "measured", ...names().flatMap((n) => [`${n} mean`, `${n} sd`])], ...Array.from(d.seen, (v, t) => [isoDay(time().edges[t]), v, ...d.models.flatMap((m) => [m[0][t], m[1][t]])]).filter((r) => finite(r[1]))]; };

/* ---- series with spread ---- */

const held = {};
function series(p, name) {
  const pack = at(DATA[`p-${p}`], "series", name);
  return pack ? (held[`${p}|${name}`] ||= pack.map(([mean, sd]) => [unpack(mean), unpack(sd)])) : null;
}
const rain = (p) => { const pack = at(DATA[`p-${p}`], "rain"); return pack ? (held[`rain|${p}`] ||= unpack(pack)) : null; };
const choices = () => head().series.filter((n) => series(place(), n));
const variable = () => (choices().includes(state.variable) ? state.variable : choices()[0]);
/** Means of experiments with their spread, measured dots, rain; o: {height, window, lines: [{k, values, sd}], dots, rain, overview}. */
function ensembleChart(width, o) {
  const svg = canvas(width, 10);
  const [low, high] = o.window || view();
  const [a, b] = inView(low, high);
  const count = Math.min(b - a, Math.round(1.5 * width));
  const whole = b - a <= count;
  const cut = (values) => Array.from(whole ? values.slice(a, b) : columnsOf(values, low, high, count));
  const x = whole ? time().mid.slice(a, b) : Array.from({ length: count }, (_, k) => low + ((k + 0.5) / count) * (high - low));
  const lines = o.lines.map((l) => { const [y, sd] = [cut(l.values), cut(l.sd)]; return { ...l, y, low: y.map((v, i) => v - sd[i]), high: y.map((v, i) => v + sd[i]) }; });
  const dots = o.dots ? cut(o.dots.values) : [];
  const range = extent([...lines.flatMap((l) => [...l.low, ...l.high]), ...dots], 0.04);
  if (!range) return null;
  let y = legend(svg, width, [...keys(lines.map((l) => l.k)), ...(o.dots ? [{ text: o.dots.text, dot: true }] : [])]) + 4;
  const frameBox = { left: LEFT, right: width - 6, top: y, bottom: 0 };
  const axis = timeAxis(svg, frameBox, (day) => {
    const t = rowAt(day);
    return tipText(isoDay(time().edges[t]), o.rain ? `precipitation ${short(o.rain[t])} mm d\u207b\u00b9` : "", ...o.lines.map((l) => `${names()[l.k]}: ${short(l.values[t])} \u00b1 ${short(l.sd[t], 2)}`), o.dots && finite(o.dots.values[t]) ? `${o.dots.text}: ${short(o.dots.values[t])}` : "");
  }, [low, high]);
  const X = axis.X;
  if (o.rain) {
    const values = cut(o.rain);
    const most = Math.max(...values.filter(finite), 1e-6);
    const step = (frameBox.right - frameBox.left) / values.length;
    svg.append(sv("path", { class: "rain", style: `stroke-width:${clamp(step * 0.7, 0.8, 9)}`, d: values.map((v, k) => (v > 0.01 * most ? `M${X(x[k]).toFixed(1)} ${y + 4}v${((v / most) * 30).toFixed(1)}` : "")).join("") }),
      sv("path", { class: "axis", d: `M${frameBox.left} ${y + 4}H${frameBox.right}` }), sv("text", { x: frameBox.left - 6, y: y + 8, "text-anchor": "end", text: "0" }), sv("text", { x: frameBox.left - 6, y: y + 36, "text-anchor": "end", text: short(most, 2) }));
    y += 50;
  }
  const bottom = y + o.height;
  const Y = (v) => bottom - ((v - range[0]) / (range[1] - range[0])) * (o.height - 6);
  const marks = ticks(...range, Math.max(2, Math.round(o.height / 52)));
  const labels = tickText(marks);
  axis.marks.forEach(([d]) => svg.append(sv("path", { class: "gridline", opacity: 0.6, d: `M${d.x} ${y}V${bottom}` })));
  marks.forEach((v, k) => svg.append(sv("path", { class: "gridline", d: `M${frameBox.left} ${Y(v)}H${frameBox.right}` }), sv("text", { x: frameBox.left - 6, y: Y(v) + 4, "text-anchor": "end", text: labels[k] })));
  for (const l of lines) svg.append(sv("path", { class: "family-fill spread", "--c": hue(l.k), opacity: 0.2, d: area(x, l.low, l.high, X, Y) }));
  for (const l of lines) svg.append(sv("path", { class: "family", "--c": hue(l.k), "stroke-width": l.k === reference() ? 1.5 : 1.9, "stroke-linejoin": "round", d: path(x, l.y, X, Y) }));
  if (o.dots) svg.append(sv("path", { class: "samples", style: "stroke:var(--ink);stroke-opacity:.75", "stroke-width": 3.4, d: x.map((t, k) => (finite(dots[k]) ? `M${X(t).toFixed(1)} ${Y(dots[k]).toFixed(1)}h0.01` : "")).join("") }));
  svg.append(sv("path", { class: "axis", d: `M${frameBox.left} ${bottom}H${frameBox.right}` }));
  axis.marks.forEach(([d, text]) => svg.append(sv("path", { class: "axis", d: `M${d.x} ${bottom}v4` }), sv("text", { x: d.x, y: bottom + 17, "text-anchor": d.anchor, text })));
  frameBox.bottom = bottom;
  axis.finish();
  return grown(svg, o.overview ? overview(svg, width, bottom + 34, o.overview) : bottom + 24);
}
/** The area between two curves, broken where either is missing. */
function area(x, low, high, X, Y) {
  let d = "";
  for (let k = 0; k < x.length; ) {
    if (!finite(low[k]) || !finite(high[k])) { k++; continue; }
    const from = k;
    while (k < x.length && finite(low[k]) && finite(high[k])) k++;
    const rows = Array.from({ length: k - from }, (_, i) => from + i);
    d += `M${rows.map((i) => `${X(x[i]).toFixed(1)} ${Y(high[i]).toFixed(1)}`).join("L")}L${rows.reverse().map((i) => `${X(x[i]).toFixed(1)} ${Y(low[i]).toFixed(1)}`).join("L")}Z`;
  }
  return d;
}
function seriesChart(width) {
  const found = series(place(), variable());
  if (!found) return null;
  return ensembleChart(width, { height: clamp(width * 0.27, 200, 320), lines: all().map((k) => ({ k, values: found[k][0], sd: found[k][1] })), rain: rain(place()), overview: found[reference() ?? 0][0] });
}
const seriesRows = () => { const found = series(place(), variable()); const [a, b] = inView(...view()); return [["time", ...names().flatMap((n) => [`${n} mean`, `${n} sd`])], ...time().edges.slice(a, b).map((t, i) => [isoDay(t), ...found.flatMap((m) => [m[0][a + i], m[1][a + i]]).map((v) => (finite(v) ? Number(v.toPrecision(5)) : null))])]; };

/* ---- what was assimilated ---- */

const observed = () => DATA.observed || [];
const spot = () => pick("spot", observed().length);
const decoded = (o) => (o.decoded ||= { y: unpack(o.observed), error: unpack(o.error), models: o.experiments.map((e) => e && e.map(unpack)) });
function observedChart(width) {
  const o = observed()[spot()];
  const d = o && decoded(o);
  const model = d && d.models[chosen()];
  if (!model) return null;
  const [low, high] = view();
  const rows = Array.from(o.days, (_, k) => k).filter((k) => o.days[k] >= low - 0.5 && o.days[k] <= high + 0.5);
  const [fore, foreSd, after] = model;
  const loop = reference() !== null && reference() !== chosen() ? d.models[reference()] : null;
  const range = extent(rows.flatMap((k) => [d.y[k] - d.error[k], d.y[k] + d.error[k], fore[k] - foreSd[k], fore[k] + foreSd[k], after[k], loop ? loop[0][k] : NaN]), 0.04);
  if (!range) return null;
  const svg = canvas(width, 10);
  const c = hue(chosen());
  const y = legend(svg, width, [{ text: "observed, with its error", dot: true }, { text: "forecast, with its spread", colour: c, ring: true }, { text: "analysis", colour: c }, ...(loop ? [{ text: names()[reference()], colour: GREY, line: true, dash: "5 3" }] : [])]) + 4;
  const frameBox = { left: LEFT, right: width - 6, top: y, bottom: y + clamp(width * 0.27, 200, 320) };
  const nearest = (day) => rows.reduce((best, k) => (best === null || Math.abs(o.days[k] - day) < Math.abs(o.days[best] - day) ? k : best), null);
  const axis = timeAxis(svg, frameBox, (day) => {
    const k = nearest(day);
    return k === null ? null : tipText(isoDay(o.days[k]).slice(0, 16), `observed ${short(d.y[k])} \u00b1 ${short(d.error[k], 2)}${o.refused[k] ? ", refused" : ""}`, `forecast ${short(fore[k])} \u00b1 ${short(foreSd[k], 2)}`, `analysis ${short(after[k])} \u00b1 ${short(model[3][k], 2)}`);
  });
  const X = (k) => axis.X(o.days[k]);
  const Y = (v) => frameBox.bottom - ((v - range[0]) / (range[1] - range[0])) * (frameBox.bottom - y - 6);
  const marks = ticks(...range, 5);
  const labels = tickText(marks);
  axis.marks.forEach(([m]) => svg.append(sv("path", { class: "gridline", opacity: 0.6, d: `M${m.x} ${y}V${frameBox.bottom}` })));
  marks.forEach((v, k) => svg.append(sv("path", { class: "gridline", d: `M${frameBox.left} ${Y(v)}H${frameBox.right}` }), sv("text", { x: frameBox.left - 6, y: Y(v) + 4, "text-anchor": "end", text: labels[k] })));
  const many = rows.length > Math.max(40, width / 7);
  if (loop) svg.append(sv("path", { class: "family", "--c": GREY, "stroke-width": 1.4, "stroke-dasharray": "5 3", d: line(rows.filter((k) => finite(loop[0][k])), X, (k) => Y(loop[0][k])) }));
  svg.append(sv("path", { class: "family-fill", "--c": c, opacity: 0.16, d: area(rows.map((k) => o.days[k]), rows.map((k) => fore[k] - foreSd[k]), rows.map((k) => fore[k] + foreSd[k]), axis.X, Y) }));
  svg.append(sv("path", { class: "family", "--c": c, "stroke-width": 1.3, "stroke-linejoin": "round", d: rows.filter((k) => finite(fore[k])).map((k, i) => `${i ? "L" : "M"}${X(k).toFixed(1)} ${Y(fore[k]).toFixed(1)}V${Y(after[k]).toFixed(1)}`).join("") }));
  svg.append(sv("path", { class: "errorbar", style: many ? "stroke-opacity:.22" : "", d: rows.filter((k) => finite(d.y[k])).map((k) => `M${X(k).toFixed(1)} ${Y(d.y[k] - d.error[k]).toFixed(1)}V${Y(d.y[k] + d.error[k]).toFixed(1)}`).join("") }));
  if (!many) rows.filter((k) => finite(fore[k])).forEach((k) => svg.append(sv("circle", { class: "family", style: "fill:var(--paper)", "--c": c, "stroke-width": 1.3, cx: X(k), cy: Y(fore[k]), r: 2.7 }), sv("circle", { class: "family-fill", "--c": c, cx: X(k), cy: Y(after[k]), r: 2.7 })));
  rows.forEach((k) => finite(d.y[k]) && svg.append(sv("circle", o.refused[k] ? { class: "open-dot", cx: X(k), cy: Y(d.y[k]), r: 2.6 } : { class: "reference-fill", cx: X(k), cy: Y(d.y[k]), r: many ? 1.7 : 2.6 })));
  svg.append(sv("path", { class: "axis", d: `M${frameBox.left} ${frameBox.bottom}H${frameBox.right}` }));
  axis.marks.forEach(([m, text]) => svg.append(sv("path", { class: "axis", d: `M${m.x} ${frameBox.bottom}v4` }), sv("text", { x: m.x, y: frameBox.bottom + 17, "text-anchor": m.anchor, text })));
  axis.finish();
  return grown(svg, frameBox.bottom + 24);
}
const line = (rows, X, Y) => rows.map((k, i) => `${i ? "L" : "M"}${X(k).toFixed(1)} ${Y(k).toFixed(1)}`).join("");
const observedRows = () => { const o = observed()[spot()]; const d = decoded(o); return [["time", "observed", "error", "refused", ...names().flatMap((n, k) => (d.models[k] ? ["forecast", "forecast sd", "analysis", "analysis sd"].map((t) => `${n}: ${t}`) : []))], ...Array.from(o.days, (day, k) => [isoDay(day), d.y[k], d.error[k], o.refused[k], ...d.models.flatMap((m) => (m ? m.map((v) => v[k]) : []))])]; };

/* ---- fluxes ---- */

const here = () => DATA[`p-${place()}`];
const FLUXES = { evapotranspiration: "Evapotranspiration", runoff: "Runoff", precipitation: "Precipitation" };
/** Sums over the period at this place, and over what was measured at each sensor of a flux of water. */
function totalGroups() {
  const t = at(here(), "totals") || {};
  const own = Object.keys(FLUXES).filter((n) => t[n] && n !== "precipitation").map((n) => ({ title: FLUXES[n], values: t[n] }));
  const rows = judged().filter((r) => r.metrics.total && finite(r.measured));
  const towers = sensors(rows).slice(0, 4).map((name) => ({ title: `${rows.find((r) => r.sensor === name).title} where ${name} measured it`, measured: rows.find((r) => r.sensor === name).measured, values: all().map((k) => at(rows.find((r) => r.sensor === name && r.experiment === k), "metrics", "total", "value") ?? NaN) }));
  return [...own, ...towers];
}
function totals(width) {
  const groups = totalGroups();
  if (!groups.length) return null;
  const most = Math.max(...groups.flatMap((g) => [...g.values, g.measured]).filter(finite), 1e-9);
  const narrow = width < 620;
  const left = narrow ? 0 : 16 + Math.max(...names().map((n) => wide(n)));
  const right = width - 70;
  const svg = canvas(width, 10);
  let y = 0;
  for (const g of groups) {
    svg.append(sv("text", { class: "strong", x: 0, y: y + 12, text: fit(g.title, width, 600) }));
    y += 20;
    const bars = [...(finite(g.measured) ? [[-1, g.measured]] : []), ...g.values.map((v, k) => [k, v])].filter(([, v]) => finite(v));
    for (const [k, v] of bars) {
      const name = k < 0 ? "measured" : names()[k];
      if (narrow) { svg.append(sv("text", { class: "ink", x: 0, y: y + 11, text: fit(name, width) })); y += 15; }
      else svg.append(sv("text", { class: "ink", x: left - 12, y: y + 13, "text-anchor": "end", text: name }));
      const off = k >= 0 && reference() !== null && k !== reference() ? v - g.values[reference()] : NaN;
      svg.append(tipOn(sv("rect", { class: k < 0 ? "reference-fill" : "family-fill", "--c": k < 0 ? null : hue(k), x: left, y, width: Math.max(0.5, ((right - left) * Math.max(0, v)) / most), height: 17 }), () => tipText(name, `${g.title}: ${short(v)} mm`, finite(off) ? `${fixed(off, 1)} mm against the ${names()[reference()]}` : "")),
        sv("text", { class: "ink", x: width, y: y + 13, "text-anchor": "end", text: `${fixed(v, most < 100 ? 1 : 0)} mm` }));
      y += 23;
    }
    y += 12;
  }
  return grown(svg, y - 8);
}
/** The measured means of the months of a flux at this place, over what was measured, beside the models there. */
function measuredMonths(name) {
  const j = (DATA.judges || []).find((q) => q.variable === name && q.place === place());
  if (!j) return null;
  const labels = here().months;
  const seen = measured(j).seen;
  const sums = labels.map(() => [0, 0]);
  time().mid.forEach((d, t) => { const m = labels.indexOf(new Date(d * 86400000).toISOString().slice(0, 7)); if (m >= 0 && finite(seen[t])) { sums[m][0] += seen[t]; sums[m][1] += 1; } });
  const most = Math.max(...sums.map((s) => s[1]));
  return sums.map(([s, n]) => (n >= 0.5 * most ? s / n : NaN));
}
/** Names of months on an axis: the year stands in place of January. */
const monthNames = (list) => (list.length > 1 ? list.map(monthName) : list.map((m) => new Date(`${m}-01T00:00Z`).toLocaleDateString("en", { month: "long", year: "numeric", timeZone: "UTC" })));
const monthName = (m) => { const d = new Date(`${m}-01T00:00Z`); return d.getUTCMonth() ? d.toLocaleDateString("en", { month: "short", timeZone: "UTC" }) : String(d.getUTCFullYear()); };
function fluxPanels(width) {
  const p = here();
  if (!p) return null;
  const list = Object.keys(p.monthly).filter((n) => p.months.length > 1 && p.monthly[n].some((v) => v.some(finite))).map((n) => ({ title: `${about(n).title} by month${unitText(about(n).units)}`, x: p.months.map((_, i) => i + 0.5), range: [0, p.months.length], labels: monthNames(p.months), lines: p.monthly[n], dots: measuredMonths(n) }));
  if (p.hours) list.push({ title: "Evapotranspiration through the day (mm d\u207b\u00b9)", x: p.hours, range: [0, 24], hours: true, lines: p.diurnal });
  const part = panels(width, list, 330, fluxPanel, 3);
  return part && stacked((svg) => legend(svg, width, [...keys(all()), ...(list.some((q) => q.dots) ? [{ text: "measured", dot: true }] : [])]) + 6, part);
}
function fluxPanel(width, q) {
  const range = extent([...q.lines.flat(), ...(q.dots || [])]) || [0, 1];
  const every = q.hours ? 1 : Math.ceil(q.labels.length / Math.max(2, Math.floor((width - 40) / 44)));
  const xs = q.hours ? [0, 6, 12, 18, 24] : q.x.filter((_, i) => !(i % every));
  const f = frame({ width, height: 230, x: q.range, y: range, xTicks: xs, xLabels: q.hours ? xs.map(String) : q.labels.filter((_, i) => !(i % every)), xLabel: q.hours ? "hour (UTC)" : "" });
  q.lines.forEach((v, k) => {
    f.svg.append(sv("path", { class: "family", "--c": hue(k), "stroke-width": k === reference() ? 1.5 : 2, d: path(q.x, v, f.X, f.Y) }));
    v.forEach((y, i) => finite(y) && !q.hours && f.svg.append(tipOn(sv("circle", { class: "family-fill", "--c": hue(k), cx: f.X(q.x[i]), cy: f.Y(y), r: 3 }), () => tipText(names()[k], `${q.labels[i]}: ${short(y)}`))));
  });
  (q.dots || []).forEach((y, i) => finite(y) && f.svg.append(tipOn(sv("circle", { class: "reference-fill", cx: f.X(q.x[i]), cy: f.Y(y), r: 3.6 }), () => tipText("measured", `${q.labels[i]}: ${short(y)}`))));
  return f.svg;
}
const fluxRows = () => { const p = here(); return [["quantity", "experiment", "month or hour (UTC)", "value"], ...Object.entries(p.monthly).flatMap(([n, lines]) => lines.flatMap((v, k) => v.map((y, i) => [n, names()[k], p.months[i], y]))), ...(p.diurnal || []).flatMap((v, k) => v.map((y, i) => ["evapotranspiration by hour", names()[k], p.hours[i], y]))]; };
const totalRows = () => [["quantity", "experiment", "mm"], ...totalGroups().flatMap((g) => [...(finite(g.measured) ? [[g.title, "measured", g.measured]] : []), ...g.values.map((x, k) => [g.title, names()[k], x])])];

/* ---- maps ---- */

const STYLE = {
  top_layer: ["YlGnBu", 1, "m3 m-3", "BrBG"], root_zone: ["YlGnBu", 1, "m3 m-3", "BrBG"], evapotranspiration: ["YlGn", 1, "mm d-1", "BrBG"],
  runoff: ["PuBuGn", 1, "mm d-1", "BrBG"], water_table_depth: ["PuBu_r", 1, "m", "BrBG_r"], snow_water: ["PuBu", 1, "mm", "BrBG"],
};
const packOf = (kind) => at(DATA.maps, kind);
const fieldOf = (kind) => (packOf(kind) ? field(packOf(kind), DATA.grids) : null);
const layer = (kind, k, name) => { const v = fieldOf(kind)?.layer(`${k}:${name}`); return v ? Array.from(v) : null; };
const mapped = () => Object.keys(STYLE).filter((n) => all().some((k) => (layer("cells", k, n) || []).some((v) => Math.abs(v) > 1e-9)));
const mapName = () => (mapped().includes(state.map) ? state.map : mapped()[0]);
const tiny = (scale) => Math.max(Math.abs(scale.low), Math.abs(scale.high)) < 1e-3;
function mapGrid(width, list, kind) {
  if (!list.length) return null;
  return panels(width, list, width < 500 ? 155 : 215, (w, p) => {
    const map = drawMap(w, { field: fieldOf(kind), values: p.values, scale: p.scale, bar: false, radius: p.values.length > 400 ? 2.5 : 5 });
    const h = Number(map.getAttribute("height"));
    const svg = canvas(w, 10);
    svg.append(map);
    const marks = p.scale.centred ? [p.scale.low, 0, p.scale.high] : ticks(p.scale.low, p.scale.high, 3);
    colourBar(svg, h + 2, w, { ...p.scale, units: "", ticks: marks, labels: tiny(p.scale) ? marks.map((v) => (v ? v.toExponential(0).replaceAll("-", "\u2212") : "0")) : null });
    return grown(svg, h + 38);
  });
}
const scaled = (arrays, palette, units, centred) => ({ ...scaleOf(arrays, palette, units, { centred }), centred });
const shared = (list, palette, units, centred) => { const scale = scaled(list.map((p) => p.values), palette, units, centred); return list.map((p) => ({ ...p, scale })); };
function meanPanels() {
  const name = mapName();
  if (!name) return [];
  const [palette, , units, signed] = STYLE[name];
  const own = all().map((k) => ({ k, title: names()[k], column: `${experiments()[k].slug}`, values: layer("cells", k, name) })).filter((p) => p.values);
  const base = own.find((p) => p.k === reference());
  const off = base ? own.filter((p) => p !== base).map((p) => ({ title: `${p.title} minus ${base.title}`, column: `${p.column} minus ${base.column}`, values: p.values.map((v, i) => v - base.values[i]) })) : [];
  return [...shared(own, palette, units, false), ...(off.some((p) => p.values.some((v) => Math.abs(v) > 1e-12)) ? shared(off, signed, units, true).map((p, i) => ({ ...p, row: !i })) : [])];
}
const INCREMENTS = [["increment_surface", "mean at the surface", "BrBG", "m3 m-3", true], ["increment_surface_sd", "standard deviation at the surface", "YlOrBr", "m3 m-3", false], ["increment_root", "mean in the root zone", "BrBG", "m3 m-3", true], ["added", "water added (mm)", "BrBG", "mm", true]];
function incrementPanels() {
  return INCREMENTS.map(([name, title, palette, units, centred]) => { const values = layer("cells", chosen(), name); return values && { title, column: name, values, scale: scaled([values], palette, units, centred) }; }).filter((p) => p && p.values.some((v) => Math.abs(v) > 1e-12));
}
const SKILL = [["ner", "NER (%)", "%"], ["delta_r", "change of correlation", ""]];
const skillPanels = (kind, metrics = SKILL) => metrics.map(([name, title, units]) => { const values = layer(kind, chosen(), name); return values && values.some(finite) && { title, column: name, values, scale: scaled(updated().map((k) => layer(kind, k, name)).filter(Boolean), "PuOr", units, true) }; }).filter(Boolean);
const TWIN = [["twin_less_surface", "RMSE at the surface, less by (%)", "%"], ["twin_less_root_zone", "RMSE in the root zone, less by (%)", "%"], ["twin_less_water_table", "RMSE of the water table, less by (%)", "%"], ["twin_ner_surface", "NER at the surface (%)", "%"], ["twin_ner_root_zone", "NER in the root zone (%)", "%"], ["twin_ner_water_table", "NER of the water table (%)", "%"], ["twin_delta_r_surface", "change of correlation at the surface", ""], ["twin_delta_r_root_zone", "change of correlation in the root zone", ""], ["twin_sand_nearer", "sand, nearer by (%)", "%"], ["twin_clay_nearer", "clay, nearer by (%)", "%"], ["twin_K_s_nearer", "conductivity, nearer by (decades)", ""]];
const panelRows = (kind, list) => mapRows(fieldOf(kind), Object.fromEntries(list.map((p) => [p.column, p.values])));

/* ---- parameters ---- */

const TALL = Math.sqrt(3) / 2;
const shortClass = (name) => name.split(" ").map((word) => (/^silt/.test(word) ? "Si" : word.slice(0, 1).toUpperCase())).join("");
const parameterised = () => Object.keys(at(DATA.parameters, "triangles") || {});
const estimated = () => { const own = experiments()[chosen()].slug; return parameterised().includes(own) ? own : parameterised()[0]; };
const numberOf = (slug) => experiments().findIndex((e) => e.slug === slug);
function triangle(width, fill) {
  const pad = 34;
  const side = width - 2 * pad;
  const svg = canvas(width, side * TALL + 64);
  const spotOf = (sand, clay) => [pad + ((100 - sand - clay / 2) / 100) * side, 14 + (1 - clay / 100) * side * TALL];
  const outline = (points) => `M${points.map(([s, c]) => spotOf(s, c).map((v) => v.toFixed(1)).join(" ")).join("L")}`;
  const corners = [[100, 0], [0, 0], [0, 100]];
  const text = (sand, clay, dx, dy, content, anchor, more = {}) => { const [x, y] = spotOf(sand, clay); svg.append(sv("text", { x: x + dx, y: y + dy, "text-anchor": anchor, text: content, ...more })); };
  const turn = (sand, clay, dx, dy, angle, content) => { const [x, y] = spotOf(sand, clay); svg.append(sv("text", { class: "ink", "text-anchor": "middle", transform: `translate(${x + dx} ${y + dy}) rotate(${angle})`, text: content })); };
  svg.append(sv("path", { class: "ground", d: `${outline(corners)}Z` }));
  for (let p = 20; p < 100; p += 20) {
    svg.append(sv("path", { class: "gridline", opacity: 0.7, d: outline([[100 - p, p], [0, p]]) + outline([[p, 0], [p, 100 - p]]) + outline([[100 - p, 0], [0, 100 - p]]) }));
    text(100 - p, p, -7, 4, p, "end");
    text(0, 100 - p, 7, 2, p, "start");
    text(p, 0, 3, 16, p, "middle");
  }
  for (const c of DATA.parameters.classes) svg.append(tipOn(sv("path", { class: "class-border", d: `${outline(c.sand.map((s, k) => [s, c.clay[k]]))}Z` }), () => tipText(c.name)));
  fill(svg, spotOf, outline);
  for (const c of DATA.parameters.classes) {
    const [s, k] = [c.sand, c.clay].map((v) => v.reduce((a, b) => a + b, 0) / v.length);
    if (!["silt", "loamy sand", "sand"].includes(c.name) || side > 340) text(s, k, 0, 4, shortClass(c.name), "middle", { class: "strong halo", style: "font-size:10px;pointer-events:none;opacity:.75" });
  }
  svg.append(sv("path", { class: "outline", d: `${outline(corners)}Z` }));
  turn(50, 50, -27, 0, -60, "clay (%)");
  turn(0, 50, 29, 0, 60, "silt (%)");
  turn(50, 0, 0, 38, 0, "sand (%)");
  return svg;
}
/** Textures of cells before and after, and of the members at the chosen place. */
function triangles(width) {
  const t = at(DATA.parameters, "triangles", estimated());
  if (!t || !t.cells) return null;
  const c = hue(numberOf(estimated()));
  const members = t.places[place()];
  const cells = t.cells.points
    ? [{ title: "Means of the members, each cell", draw: (svg, spotOf) => t.cells.points.names.forEach((name, k) => {
      const [a, b] = ["prior", "posterior"].map((kind) => spotOf(t.cells.points[kind][0][k], t.cells.points[kind][1][k]));
      svg.append(tipOn(sv("g", {}, sv("path", { class: "reference", style: "stroke-width:1.1", d: `M${a}L${b}` }), sv("circle", { class: "open-dot", cx: a[0], cy: a[1], r: 3.2 }), sv("circle", { class: "family-fill", "--c": c, cx: b[0], cy: b[1], r: 3.6 })), () => tipText(name, ...["prior", "posterior"].map((kind) => `${kind}: sand ${fixed(t.cells.points[kind][0][k], 1)}, clay ${fixed(t.cells.points[kind][1][k], 1)} %`))));
    }) }]
    : ["prior", "posterior"].map((kind) => ({ title: `Means of the members, all cells: ${kind}`, draw: (svg, _, outline) => binned(svg, outline, t.cells, kind) }));
  const list = [...cells, ...(members ? [{ title: `Members${of(place()) ? `: ${of(place())}` : ""}`, draw: (svg, spotOf) => ["prior", "posterior"].forEach((kind) => members[kind][0].forEach((sand, k) => {
    if (!finite(sand)) return;
    const [x, y] = spotOf(sand, members[kind][1][k]);
    svg.append(sv("circle", kind === "prior" ? { class: "open-dot", opacity: 0.8, cx: x, cy: y, r: 3 } : { class: "family-fill", "--c": c, opacity: 0.75, cx: x, cy: y, r: 3 }));
  })) }] : [])];
  const part = panels(width, list, 300, (w, p) => triangle(Math.min(w, 480), p.draw), 3);
  return stacked((svg) => legend(svg, width, [{ text: "prior", colour: "var(--ink)", ring: true }, { text: "posterior", colour: c }]) + 6, part);
}
function binned(svg, outline, cells, kind) {
  const most = quantile([...cells.bins.prior.share, ...cells.bins.posterior.share].sort((a, b) => a - b), 0.995);
  const { sand, clay, share } = cells.bins[kind];
  share.forEach((v, i) => {
    const [s, c] = [sand[i] * cells.step, clay[i] * cells.step];
    const t = 0.1 + 0.9 * Math.sqrt(clamp(v / most, 0, 1));
    svg.append(sv("path", { d: `${outline([[s, c], [s + cells.step, c], [s + cells.step, c + cells.step], [s, c + cells.step]])}Z`, fill: css(colour("PuBu", dark() ? 1 - t : t)), style: "pointer-events:none" }));
  });
}
function triangleRows() {
  const t = DATA.parameters.triangles[estimated()];
  const p = t.cells.points;
  if (p) return [["cell", "sand prior", "clay prior", "sand posterior", "clay posterior"], ...p.names.map((n, k) => [n, p.prior[0][k], p.prior[1][k], p.posterior[0][k], p.posterior[1][k]])];
  return [["kind", "sand from", "clay from", "share"], ...["prior", "posterior"].flatMap((kind) => t.cells.bins[kind].share.map((v, i) => [kind, t.cells.bins[kind].sand[i] * t.cells.step, t.cells.bins[kind].clay[i] * t.cells.step, v]))];
}
function densityPanels(width) {
  const list = (at(DATA.parameters, "densities") || []).map((d) => ({ ...d, title: `${d.title}${unitText(d.units)}` }));
  const shown = parameterised().map(numberOf);
  const part = panels(width, list, 260, densityPanel, 3);
  return part && stacked((svg) => legend(svg, width, [{ text: "prior", colour: "var(--ink)", line: true, dash: "5 3" }, ...shown.map((k) => ({ text: `posterior, ${names()[k]}`, colour: hue(k), line: true })), ...(list.some((d) => d.truth) ? [{ text: "truth, its cells", colour: "#8f949c", opacity: 0.4 }] : [])]) + 6, part);
}
const POWERS = { "-": "\u207b", 0: "\u2070", 1: "\u00b9", 2: "\u00b2", 3: "\u00b3", 4: "\u2074", 5: "\u2075", 6: "\u2076", 7: "\u2077", 8: "\u2078", 9: "\u2079" };
const power = (v) => `10${[...String(v)].map((c) => POWERS[c]).join("")}`;
function densityPanel(width, d) {
  const sets = Object.entries(d.sets).filter(([, s]) => s.prior || s.posterior);
  const high = Math.max(...sets.flatMap(([, s]) => [...(s.prior || []), ...(s.posterior || [])]).filter(finite), 1e-12) * (d.truth ? 1.15 : 1);
  const xs = [d.x[0], d.x.at(-1)];
  const marks = d.log ? ticks(...xs, Math.max(2, Math.round(xs[1] - xs[0]))).filter((v) => Number.isInteger(v)) : undefined;
  const whole = marks && marks.length > 1;
  const f = frame({ width, height: 220, x: xs, y: [0, 1.06 * high], yTicks: [], yLabels: [""], left: 4, ...(whole ? { xTicks: marks, xLabels: marks.map(power) } : d.log ? { xLabel: "logarithm to the base 10" } : {}) });
  if (d.truth && !d.truth.density) f.svg.append(sv("path", { style: "stroke:var(--thin);stroke-width:5;stroke-opacity:.6;fill:none", d: `M${f.X(d.truth.mean)} ${f.top}V${f.bottom}` }));
  else if (d.truth) { // its height is cut: a narrow truth would flatten the others
    const y = d.truth.density.map((v) => Math.min(v, 1.06 * high));
    f.svg.append(sv("path", { class: "band", d: `${path(d.x, y, f.X, f.Y)}L${f.X(xs[1])} ${f.Y(0)}L${f.X(xs[0])} ${f.Y(0)}Z` }));
  }
  sets.forEach(([slug, s], i) => {
    const k = numberOf(slug);
    const named = (kind) => `${kind}: mean ${d.log ? (10 ** s[`${kind}_mean`]).toExponential(1).replace("-", "\u2212") : short(s[`${kind}_mean`])}, sd ${short(s[`${kind}_sd`])}${d.log ? " of the logarithm" : ""}`;
    if (s.prior && !i) f.svg.append(tipOn(sv("g", {}, sv("path", { class: "hit", d: path(d.x, s.prior, f.X, f.Y) }), sv("path", { class: "reference", "stroke-dasharray": "5 3", style: "stroke-width:1.7", d: path(d.x, s.prior, f.X, f.Y) })), () => tipText(d.title, named("prior"))));
    if (s.posterior) f.svg.append(tipOn(sv("g", {}, sv("path", { class: "hit", d: path(d.x, s.posterior, f.X, f.Y) }), sv("path", { class: "family", "--c": hue(k), "stroke-width": 2.2, d: path(d.x, s.posterior, f.X, f.Y) })), () => tipText(names()[k], named("posterior"))));
  });
  return f.svg;
}
const densityRows = () => [["parameter", "experiment", "kind", "x", "density"], ...DATA.parameters.densities.flatMap((d) => Object.entries(d.sets).flatMap(([slug, s]) => ["prior", "posterior"].flatMap((kind) => (s[kind] || []).map((v, i) => [d.log ? `log10 ${d.name}` : d.name, slug, kind, d.x[i], v]))))];

/* ---- consistency ---- */

const consistent = () => (DATA.consistency || []).map((c, k) => c && { ...c, k }).filter(Boolean);
const gauss = (z) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
function histograms(width) {
  return panels(width, consistent().map((c) => ({ ...c, title: names()[c.k] })), 250, (w, c) => {
    const density = c.counts.map((n, i) => n / c.n / (c.edges[i + 1] - c.edges[i]));
    const f = frame({ width: w, height: 220, x: [c.edges[0], c.edges.at(-1)], y: [0, 1.06 * Math.max(...density, 0.42)], xTicks: [-4, -2, 0, 2, 4], xLabel: "innovation / its expected size" });
    density.forEach((v, i) => v && f.svg.append(tipOn(sv("rect", { class: "family-fill", "--c": hue(c.k), opacity: 0.6, x: f.X(c.edges[i]) + 0.5, width: f.X(c.edges[i + 1]) - f.X(c.edges[i]) - 1, y: f.Y(v), height: f.bottom - f.Y(v) }), () => tipText(`${c.counts[i]} of ${c.n}`, `${c.edges[i]} to ${c.edges[i + 1]}`))));
    const z = Array.from({ length: 81 }, (_, i) => -4 + i / 10);
    f.svg.append(sv("path", { class: "even", d: path(z, z.map(gauss), f.X, f.Y) }), sv("text", { x: f.right, y: f.top + 8, "text-anchor": "end", text: `mean ${fixed(c.mean)}, sd ${fixed(c.sd)}` }));
    return f.svg;
  });
}
function memoryChart(width) {
  const list = consistent().filter((c) => c.memory);
  if (!list.length) return null;
  const lags = Array.from({ length: Math.max(...list.map((c) => c.memory.r.length)) - 1 }, (_, i) => i + 1);
  const band = Math.max(...list.map((c) => c.memory.band));
  const range = extent([...list.flatMap((c) => c.memory.r.slice(1)), band, -band, 0], 0.08);
  const f = frame({ width, height: 230, x: [0.4, lags.at(-1) + 0.6], y: range, xTicks: lags.filter((l) => l % 2 || lags.length < 8), xLabels: lags.filter((l) => l % 2 || lags.length < 8).map(String), xLabel: "lag (observations of a place)" });
  f.svg.append(sv("rect", { class: "band", x: f.left, width: f.right - f.left, y: f.Y(band), height: f.Y(-band) - f.Y(band) }), sv("path", { class: "zero", d: `M${f.left} ${f.Y(0)}H${f.right}` }));
  list.forEach((c, i) => {
    const shift = (i - (list.length - 1) / 2) * 0.14;
    lags.forEach((l) => finite(c.memory.r[l]) && f.svg.append(tipOn(sv("g", {}, sv("path", { class: "family", "--c": hue(c.k), "stroke-width": 1.6, d: `M${f.X(l + shift)} ${f.Y(0)}V${f.Y(c.memory.r[l])}` }), sv("circle", { class: "family-fill", "--c": hue(c.k), cx: f.X(l + shift), cy: f.Y(c.memory.r[l]), r: 3.4 })), () => tipText(names()[c.k], `lag ${l}: ${fixed(c.memory.r[l])}`))));
  });
  return stacked((svg) => legend(svg, width, [...keys(list.map((c) => c.k), false), { text: "95 % of white noise", colour: "#8f949c", opacity: 0.5 }]) + 4, f.svg);
}
function chiChart(width) {
  const list = consistent();
  const svg = canvas(width, 10);
  const y = legend(svg, width, [...keys(list.map((c) => c.k)), { text: "expected", colour: "var(--ink)", line: true, dash: "5 3" }]) + 4;
  const frameBox = { left: LEFT, right: width - 6, top: y, bottom: y + 190 };
  const smooth = (c) => { // a mean over about a tenth of the moments, weighted by the number of observations
    const half = Math.max(0, Math.round(c.days.length / 24));
    return c.daily.map((_, i) => { let [s, n] = [0, 0]; for (let j = Math.max(0, i - half); j <= Math.min(c.daily.length - 1, i + half); j++) { s += c.used[j] * c.daily[j]; n += c.used[j]; } return n ? s / n : NaN; });
  };
  const lines = list.map((c) => ({ c, y: smooth(c) }));
  const high = Math.max(2, ...lines.flatMap((l) => l.y).filter(finite)) * 1.05;
  const axis = timeAxis(svg, frameBox, (day) => tipText(isoDay(day).slice(0, 10), ...lines.map((l) => { const i = l.c.days.reduce((b, d, k) => (Math.abs(d - day) < Math.abs(l.c.days[b] - day) ? k : b), 0); return `${names()[l.c.k]}: ${fixed(l.y[i])}`; })));
  const Y = (v) => frameBox.bottom - (clamp(v, 0, high) / high) * (frameBox.bottom - y - 4);
  const marks = ticks(0, high, 4);
  tickText(marks).forEach((text, k) => svg.append(sv("path", { class: "gridline", d: `M${LEFT} ${Y(marks[k])}H${frameBox.right}` }), sv("text", { x: LEFT - 6, y: Y(marks[k]) + 4, "text-anchor": "end", text })));
  svg.append(sv("path", { class: "even", d: `M${LEFT} ${Y(1)}H${frameBox.right}` }));
  for (const l of lines) { const rows = l.c.days.map((_, i) => i).filter((i) => l.c.days[i] >= axis.low && l.c.days[i] <= axis.high && finite(l.y[i])); svg.append(sv("path", { class: "family", "--c": hue(l.c.k), "stroke-width": l.c.k === reference() ? 1.5 : 1.9, d: line(rows, (i) => axis.X(l.c.days[i]), (i) => Y(l.y[i])) })); }
  svg.append(sv("path", { class: "axis", d: `M${LEFT} ${frameBox.bottom}H${frameBox.right}` }));
  axis.marks.forEach(([m, text]) => svg.append(sv("path", { class: "axis", d: `M${m.x} ${frameBox.bottom}v4` }), sv("text", { x: m.x, y: frameBox.bottom + 17, "text-anchor": m.anchor, text })));
  axis.finish();
  return grown(svg, frameBox.bottom + 24);
}
const rankPanelList = () => consistent().flatMap((c) => (c.ranks[0] && c.ranks[0].title === "all" ? c.ranks.slice(0, 1) : c.ranks).map((r) => ({ ...r, k: c.k, title: [names()[c.k], c.ranks.length > 1 ? r.title : ""].filter(Boolean).join(", ") })));
function rankPanels(width) {
  return panels(width, rankPanelList().slice(0, 12), 250, (w, r) => {
    const bins = r.counts.length;
    const total = r.counts.reduce((a, b) => a + b, 0);
    const group = Math.max(1, Math.ceil(bins / Math.max(8, Math.floor(w / 14))));
    const sums = Array.from({ length: Math.ceil(bins / group) }, (_, i) => { const part = r.counts.slice(i * group, (i + 1) * group); return (part.reduce((a, b) => a + b, 0) / part.length) * (bins / total); });
    const f = frame({ width: w, height: 210, x: [0, bins], y: [0, 1.14 * Math.max(...sums, 1.2)], xTicks: [0, bins], xLabels: ["below all", "above all members"] });
    sums.forEach((v, i) => { const to = Math.min(bins, (i + 1) * group); f.svg.append(tipOn(sv("rect", { class: "family-fill", "--c": hue(r.k), opacity: 0.7, x: f.X(i * group) + 0.5, width: Math.max(0.6, f.X(to) - f.X(i * group) - 1), y: f.Y(v), height: f.bottom - f.Y(v) }), () => tipText(`${fixed(v)} of an even share`, group > 1 ? `ranks ${i * group + 1} to ${to}` : `rank ${i + 1} of ${bins}`))); });
    f.svg.append(sv("path", { class: "even", d: `M${f.left} ${f.Y(1)}H${f.right}` }));
    if (finite(r.p_value)) f.svg.append(sv("text", { x: f.right, y: 8, "text-anchor": "end", text: `p of evenness ${r.p_value < 0.01 ? "< 0.01" : fixed(r.p_value)}` }));
    f.svg.querySelector("text[text-anchor=middle]")?.setAttribute("text-anchor", "start");
    return f.svg;
  });
}
function skillChart(width) {
  const list = consistent().filter((c) => c.skill);
  if (!list.length) return null;
  const values = list.flatMap((c) => [...c.skill.expected, ...c.skill.met]);
  const range = extent(values, 0.1);
  const size = Math.min(width, 420);
  const units = at(head(), "observed_units") || "";
  const f = frame({ width: size, height: size * 0.82, x: range, y: range, xLabel: `expected from spread and error${unitText(units)}`, yLabel: `size of innovations (RMS)${unitText(units)}` });
  f.svg.append(sv("path", { class: "even", d: `M${f.X(range[0])} ${f.Y(range[0])}L${f.X(range[1])} ${f.Y(range[1])}` }));
  list.forEach((c) => {
    f.svg.append(sv("path", { class: "family", "--c": hue(c.k), "stroke-width": 1.4, d: path(c.skill.expected, c.skill.met, f.X, f.Y) }));
    c.skill.expected.forEach((v, i) => f.svg.append(tipOn(sv("circle", { class: "family-fill", "--c": hue(c.k), cx: f.X(v), cy: f.Y(c.skill.met[i]), r: 4 }), () => tipText(names()[c.k], `expected ${short(v)}, met ${short(c.skill.met[i])}`, `${c.skill.counts[i]} observations`))));
  });
  return stacked((svg) => legend(svg, width, [...keys(list.map((c) => c.k), false), { text: "one to one", colour: "var(--ink)", line: true, dash: "5 3" }]) + 4, f.svg);
}
const spreadRows = () => [["experiment", "expected", "met", "observations"], ...consistent().filter((c) => c.skill).flatMap((c) => c.skill.expected.map((v, i) => [names()[c.k], v, c.skill.met[i], c.skill.counts[i]]))];

/* ---- water ---- */

const layerText = ([a, b]) => `${Number((100 * a).toPrecision(3))} to ${Number((100 * b).toPrecision(3))} cm`;
function addedPanels(width) {
  const list = (DATA.water || []).filter((w) => w.monthly.some((row) => row.some((v) => Math.abs(v) > 1e-9))).map((w) => ({ ...w, title: names()[w.experiment] }));
  if (!list.length) return null;
  const deep = list[0].monthly[0].length;
  const shadeOf = (l) => hex(colour("viridis", 0.06 + (0.86 * l) / Math.max(1, deep - 1)));
  const sums = list.flatMap((w) => w.monthly.flatMap((row) => [row.filter((v) => v > 0).reduce((a, b) => a + b, 0), row.filter((v) => v < 0).reduce((a, b) => a + b, 0)]));
  const range = extent([...sums, 0], 0.06);
  const part = panels(width, list, 330, (w, p) => {
    const every = Math.ceil(p.months.length / Math.max(2, Math.floor((w - 40) / 44)));
    const x = p.months.map((_, i) => i + 0.5);
    const f = frame({ width: w, height: 240, x: [0, p.months.length], y: range, xTicks: x.filter((_, i) => !(i % every)), xLabels: monthNames(p.months).filter((_, i) => !(i % every)) });
    p.monthly.forEach((row, i) => {
      const from = [0, 0];
      row.forEach((v, l) => {
        if (!finite(v) || !v) return;
        const side = v > 0 ? 0 : 1;
        const [a, b] = [from[side], from[side] + v];
        from[side] = b;
        f.svg.append(tipOn(sv("rect", { class: "family-fill", "--c": shadeOf(l), x: f.X(i + 0.18), width: f.X(0.64) - f.X(0), y: f.Y(Math.max(a, b)), height: Math.abs(f.Y(a) - f.Y(b)) }), () => tipText(p.months[i], head().layers[l] ? layerText(head().layers[l]) : `layer ${l + 1}`, `${fixed(v, 2)} mm`)));
      });
      const net = row.filter(finite).reduce((a, b) => a + b, 0);
      f.svg.append(tipOn(sv("circle", { class: "open-dot", cx: f.X(i + 0.5), cy: f.Y(net), r: 3.4 }), () => tipText(p.months[i], `together ${fixed(net, 2)} mm`)));
    });
    f.svg.append(sv("path", { class: "zero", d: `M${f.left} ${f.Y(0)}H${f.right}` }));
    return f.svg;
  }, 3);
  return stacked((svg) => legend(svg, width, [...Array.from({ length: deep }, (_, l) => ({ text: head().layers[l] ? layerText(head().layers[l]) : `layer ${l + 1}`, colour: shadeOf(l) })), { text: "all layers", colour: "var(--ink)", ring: true }]) + 6, part);
}
const addedRows = () => [["experiment", "month", "layer top (m)", "layer bottom (m)", "mm"], ...DATA.water.flatMap((w) => w.monthly.flatMap((row, i) => row.map((v, l) => [names()[w.experiment], w.months[i], at(head().layers, l, 0), at(head().layers, l, 1), v])))];

/* ---- the page ---- */

PAGES.assimilation = () => {
  const timed = [];
  const put = (id, ...nodes) => { const kept = nodes.filter(Boolean); if (byId(id) && kept.length) { byId(id).hidden = false; byId(id).append(...kept); } };
  const timeFigure = (spec) => { const f = figure({ empty: "Loading the series.", ...spec }); timed.push(f); return f; };
  const controls = [];
  if (places().length > 1) controls.push([select("Place", places().map((p, k) => ({ value: String(k), label: p.name })), String(place()), (v) => set({ place: v === "0" ? "" : v })), () => String(place())]);
  if (updated().length > 1) controls.push([select("Experiment", updated().map((k) => ({ value: String(k), label: names()[k] })), String(chosen()), (v) => set({ experiment: v })), () => String(chosen())]);
  byId("controls").hidden = !controls.length;
  byId("controls").append(...controls.map(([c]) => c));

  if (judged().length) {
    if (variables().length > 1) { const c = select("Judged by", variables().map((v) => ({ value: v, label: rowsOf(v)[0].title })), judgedVariable(), (v) => set({ judged: v })); controls.push([c, judgedVariable]); put("changes", el("div", { class: "controls" }, c)); }
    const gain = judged().some((r) => finite(at(r.metrics, "ner_ubrmse", "value")));
    put("changes", gain && figure({ title: () => `What assimilation changed: ${rowsOf(judgedVariable())[0].title}`, note: () => `Right of the dashed line: better than the open loop. NER: by how much the RMSE fell; lines: 95 % intervals that account for autocorrelation${sensors(rowsOf(judgedVariable())).length > MOST ? `. The ${MOST} of ${sensors(rowsOf(judgedVariable())).length} sensors that changed most` : ""}`, draw: changes, csv: judgedRows, empty: "No experiment has analyses to be compared." }),
      figure({ title: () => `Skill of the experiments: ${rowsOf(judgedVariable())[0].title}`, note: () => (sensors(rowsOf(judgedVariable())).length <= 3 ? "A dot a sensor; lines: 95 % intervals that account for autocorrelation" : `Over ${sensors(rowsOf(judgedVariable())).length} sensors: boxes 25 to 75 %, whiskers 10 to 90 %, thick the median, dashed the mean`), draw: metricPanels, csv: judgedRows }));
  }
  const bar = el("div", { class: "window" });
  put("series", bar, timeFigure({ title: () => titled(`${about(variable() || "").title}${unitText(about(variable() || "").units)}`, of(place())), note: () => `Lines: means of the members, ${spreadNote}. Drag to zoom, shift and drag to move, double click for all`, draw: seriesChart, csv: seriesRows }));
  const buttons = () => {
    const [low, high] = view();
    const step = (share) => () => show(low + share * (high - low), high + share * (high - low));
    const button = (text, label, onclick) => el("button", { type: "button", text, "aria-label": label, onclick });
    const focused = bar.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    bar.replaceChildren(...(choices().length > 1 ? [select("Variable", choices().map((n) => ({ value: n, label: about(n).title })), variable(), (v) => set({ variable: v }))] : []),
      el("div", { class: "buttons" }, button("\u2190", "Earlier", step(-0.5)), button("\u2192", "Later", step(0.5)), button("+", "Zoom in", () => show(low + (high - low) / 4, high - (high - low) / 4)), button("\u2212", "Zoom out", () => show(low - (high - low) / 2, high + (high - low) / 2)), button("All", "The whole period", () => set({ from: "", to: "" }))));
    if (focused) bar.querySelector(`[aria-label="${focused}"]`)?.focus();
  };
  const fluxes = [
    figure({ title: () => titled("Over the period", of(place())), note: () => "Totals of the means of the members", draw: totals, csv: totalRows, empty: "Loading the totals." }),
    figure({ title: () => titled("Through the months", of(place())), note: () => (["evapotranspiration", "latent_heat"].some((n) => here() && here().monthly[n] && measuredMonths(n)) ? "Measured: means over the days that were measured, of months with half of them" : ""), draw: fluxPanels, csv: fluxRows, empty: "The period has one month." }),
  ];
  put("fluxes", ...fluxes);
  const later = {
    observed: () => {
      if (!observed().length) return;
      const c = select("Observed at", observed().map((o, k) => ({ value: String(k), label: o.name })), String(spot()), (v) => set({ spot: v === "0" ? "" : v }));
      controls.push([c, () => String(spot())]);
      put("assimilated", observed().length > 1 && el("div", { class: "controls" }, c), timeFigure({ title: () => titled("What was assimilated", observed()[spot()].name), note: () => `${names()[chosen()]}: from each forecast to its analysis, bars and band one standard deviation; open dots in ink were refused`, draw: observedChart, csv: observedRows, empty: "This experiment has no analyses here." }));
    },
    judges: () => put("judges", ...(DATA.judges || []).slice(0, 12).map((j) => timeFigure({ title: () => titled(j.name, of(j.place)), note: () => `${j.title}${j.depth ? `, ${layerText(j.depth)}` : ""}${unitText(j.units)}; ${spreadNote}`, draw: (w) => judgeChart(w, j), csv: () => judgeRows(j) })), head().judges > 12 && el("p", { class: "notice", text: `The first 12 of ${head().judges} sensors.` })),
    consistency: () => {
      if (!consistent().length) return;
      put("consistent", figure({ title: () => "Innovations over their expected size", note: () => "Observation minus mean forecast over the root of spread\u00b2 and error\u00b2; dashed: the standard normal distribution that an ensemble with the right spread has", draw: histograms, csv: () => [["experiment", "from", "to", "count"], ...consistent().flatMap((c) => c.counts.map((n, i) => [names()[c.k], c.edges[i], c.edges[i + 1], n]))] }),
        timeFigure({ title: () => "Mean square of normalised innovations", note: () => "Running mean over about a tenth of the moments; above 1 the ensemble is too sure of itself, below 1 not sure enough", draw: chiChart, csv: () => [["experiment", "time", "mean square", "observations"], ...consistent().flatMap((c) => c.days.map((d, i) => [names()[c.k], isoDay(d), c.daily[i], c.used[i]]))] }),
        el("div", { class: "two" }, ...[consistent().some((c) => c.memory) && figure({ title: () => "Memory of innovations", note: () => "Autocorrelation; a filter that uses all of an observation leaves white noise", draw: memoryChart, csv: () => [["experiment", "lag", "autocorrelation"], ...consistent().filter((c) => c.memory).flatMap((c) => c.memory.r.map((r, i) => [names()[c.k], i, r]))] }),
          consistent().some((c) => c.skill) && figure({ title: () => "Spread and error", note: () => "Innovations in classes of equal counts by their expected size; above the line the spread is too small", draw: skillChart, csv: spreadRows })].filter(Boolean)),
        rankPanelList().length > 0 && figure({ title: () => "Ranks of the observations among the members", note: () => "Even where the ensemble is right, a U where its spread is too small, a slope where it is biased; dashed: an even share", draw: rankPanels, csv: () => [["experiment", "observation", "rank", "count"], ...rankPanelList().flatMap((r) => r.counts.map((n, i) => [names()[r.k], r.title, i, n]))] }));
    },
    parameters: () => {
      if (parameterised().some((s) => at(DATA.parameters, "triangles", s, "cells"))) put("parameters", figure({ title: () => titled("Texture before and after", names()[numberOf(estimated())]), note: () => `With the classes of the USDA${places().some((_, p) => at(DATA.parameters, "triangles", estimated(), "places", p)) && !at(DATA.parameters, "triangles", estimated(), "places", place()) ? "; the members of a cell stand beside it where a place is chosen" : ""}`, draw: triangles, csv: triangleRows, empty: "No cell has a texture." }));
      if (DATA.parameters.densities.length) put("parameters", figure({ title: () => "Parameters over all cells and members", note: () => "Kernel densities; a logarithmic axis where values span more than a factor of 8", draw: densityPanels, csv: densityRows }));
    },
    maps: () => Promise.all([load("coast").catch(() => null), packOf("cells") && !packOf("cells").sites ? load("grids") : null]).then(() => {
      if (packOf("cells") && mapped().length) {
        const c = select("Map of", mapped().map((n) => ({ value: n, label: about(n).title })), mapName(), (v) => set({ map: v }));
        controls.push([c, mapName]);
        put("maps", mapped().length > 1 && el("div", { class: "controls" }, c), figure({ title: () => `${about(mapName()).title}: means over the period${unitText(STYLE[mapName()][2])}`, note: () => "Means of the members; then what the experiments changed", draw: (w) => mapGrid(w, meanPanels(), "cells"), csv: () => panelRows("cells", meanPanels()) }));
        if (incrementPanels().length) put("maps", figure({ title: () => titled("Increments", names()[chosen()]), note: () => "Changes of the ensemble mean by an analysis (m\u00b3 m\u207b\u00b3) over all analyses, and the water that they added to the column in all", draw: (w) => mapGrid(w, incrementPanels(), "cells"), csv: () => panelRows("cells", incrementPanels()) }));
        if (skillPanels("cells", TWIN).length) put("twin", figure({ title: () => titled("Nearer to the truth", names()[chosen()]), note: () => "RMSE, NER of the ubRMSE and change of correlation against the open loop, parameters against the prior; purple: better. The experiments share the scales", draw: (w) => mapGrid(w, skillPanels("cells", TWIN), "cells"), csv: () => panelRows("cells", skillPanels("cells", TWIN)) }));
      }
      if (packOf("points") && skillPanels("points").length) put("maps", figure({ title: () => titled("Forecasts against what was assimilated next", names()[chosen()]), note: () => "Before each analysis, so that the observation is not yet in it; purple: better than the open loop", draw: (w) => mapGrid(w, skillPanels("points"), "points"), csv: () => panelRows("points", skillPanels("points")) }));
    }),
  };
  if ((DATA.water || []).some((w) => w.monthly.some((row) => row.some((v) => Math.abs(v) > 1e-9)))) put("added", figure({ title: () => "Water that analyses added, by month and layer (mm)", note: () => "Mean over the area of the change of the ensemble mean; ring: all layers together", draw: addedPanels, csv: addedRows }));

  let last = null;
  const key = () => JSON.stringify({ ...state, from: "", to: "" });
  const everything = () => { buttons(); fluxes[0].hidden = !!here() && !totalGroups().length; fluxes[1].hidden = !!here() && !here().hours && (here().months.length < 2 || !Object.keys(here().monthly).length); byId("fluxes-section").hidden = fluxes.every((f) => f.hidden); redrawFigures(); };
  ["judges", "observed", "consistency", "parameters", "maps"].filter((k) => k === "consistency" || head()[k]).forEach((k) => load(k).then(later[k]).then(everything).catch(() => null));
  onRedraw(() => {
    controls.forEach(([c, value]) => c.show(value()));
    if (last === key()) { buttons(); timed.forEach((f) => f.figure.draw()); return; }
    last = key();
    everything();
    if (!here()) load(`p-${place()}`).then(everything).catch(() => null);
  });
};
})();
