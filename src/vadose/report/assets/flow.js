/* The page of a flow study, drawn with the tools of report.js, simulation.js and ground.js. Sections: tools, balance, gauges,
   solver, page. */
(() => {
"use strict";

const { DATA, PAGES, load, head, sv, byId, canvas, figure, redrawFigures, finite, fixed, short, niceUnits, unitText, ticks, tickText, extent, onRedraw } = window.VADOSE_DRAW;
const { move, legend } = window.VADOSE_DRAW.tools;
const ground = window.VADOSE_DRAW.ground(DATA);
const { panels, stacked, inUnit, timeFrame, follow, lineChart, steps, both, put } = ground;

/* ---- tools ---- */

const BLUE = "#2f78c4";
const GREY = "#7d838d";
const TERMS = { rain: "#6aaed6", evaporation: "#3a8f57", border: "#2c5d8f" };
const SPARE = ["#c8553d", "#96790f", "#a04fa8", "#5d7f8a", "#b56576", "#4f6d2f"];

/* ---- balance ---- */

function hydrograph(width) {
  const b = DATA.balance;
  if (b.edges.length < 2) return null;
  const wet = b.rain.some((v) => v > 0);
  const right = wet ? 44 : 0;
  const most = Math.max(...b.outflow.filter(finite), 1e-12);
  const marks = ticks(0, most, 5);
  const labels = tickText(marks);
  const f = timeFrame(width - right, 300, [0, (wet ? 1.42 : 1.06) * most], { marks, labels });
  const xs = inUnit(b.edges);
  if (wet) {
    const heavy = Math.max(...b.rain);
    const tall = 0.28 * (f.bottom - f.top);
    const R = (v) => f.top + (v / heavy) * tall;
    b.rain.forEach((v, k) => { if (v > 0) f.svg.append(sv("rect", { class: "family-fill", "--c": TERMS.rain, opacity: 0.75, x: f.X(xs[k]) + 0.3, y: f.top, width: Math.max(0.6, f.X(xs[k + 1]) - f.X(xs[k]) - 0.6), height: R(v) - f.top })); });
    const own = ticks(0, heavy, 2);
    const texts = tickText(own);
    own.forEach((v, k) => f.svg.append(sv("path", { class: "axis", d: `M${f.right} ${R(v)}h4` }), sv("text", { x: f.right + 8, y: R(v) + 4, text: texts[k] })));
    f.svg.append(sv("path", { class: "axis", d: `M${f.right} ${f.top}v${tall}` }));
  }
  const values = [NaN, ...b.outflow];
  f.svg.append(sv("path", { class: "family", "--c": TERMS.border, "stroke-width": 2, d: steps(xs, values, f) }));
  follow(f, b.edges, (k) => (k ? [`outflow ${short(b.outflow[k - 1], 4)} m\u00b3 s\u207b\u00b9`, wet && `rain ${short(b.rain[k - 1])} mm h\u207b\u00b9`].filter(Boolean) : ["start"]));
  const whole = canvas(width, Number(f.svg.getAttribute("height")));
  whole.append(move(f.svg, 0, 0));
  return stacked((svg) => legend(svg, width, [{ text: "outflow over the border (m\u00b3 s\u207b\u00b9, left)", colour: TERMS.border, line: true }, ...(wet ? [{ text: "rain (mm h\u207b\u00b9, from the top, right)", colour: TERMS.rain, opacity: 0.75 }] : [])]) + 6, whole);
}

const termColour = (name, k) => TERMS[name] || SPARE[k % SPARE.length];
const joinedNote = () => (DATA.balance.every > 1 ? `. Means over ${DATA.balance.every} steps each` : "");
function storageCharts(width) {
  const b = DATA.balance;
  const list = [
    { title: "Water in the ground, change since the start (mm)", values: b.storage, colour: BLUE, text: "in the ground" },
    { title: "Water on the ground (mm)", values: b.pond, colour: "#1c8a8a", text: "on the ground" },
  ];
  return panels(width, list, 330, (w, p) => lineChart(w, 220, b.edges, [p], { zero: true, units: "mm" }), 2);
}
const cumulative = (values) => values.reduce((a, v) => [...a, a.at(-1) + (v || 0)], [0]);
function movedLines() {
  const b = DATA.balance;
  const store = b.storage.map((v, k) => v + b.pond[k] - b.pond[0]);
  return [...Object.keys(b.moved).map((n, k) => ({ text: b.titles[n], colour: termColour(n, k - 3 < 0 ? k : k - 3), dash: k - 3 >= SPARE.length ? "2 3" : null, values: cumulative(b.moved[n]) })), { text: "change of storage", ink: true, colour: "var(--ink)", values: store, dash: "5 3" }];
}
function movedChart(width) {
  const lines = movedLines();
  return stacked((svg) => legend(svg, width, lines.map((l) => ({ ...l, line: true }))) + 6, lineChart(width, 300, DATA.balance.edges, lines, { zero: true, units: "mm" }));
}

/* ---- gauges ---- */

function gaugeChart(width, g) {
  const [simulated, observed] = [g.simulated, g.observed].map((a) => a.map((v) => (v === null ? NaN : v)));
  const seen = observed.some(finite);
  const part = lineChart(width, 220, g.time, [{ text: "simulated", colour: BLUE, values: simulated }], { down: g.down, units: g.units, range: extent([...simulated, ...observed], 0.08) || [0, 1], dots: seen ? [{ text: "observed", values: observed }] : [] });
  return stacked((svg) => legend(svg, width, [{ text: "simulated", colour: BLUE, line: true }, ...(seen ? [{ text: "observed", colour: "var(--ink)", ring: true }] : [])]) + 4, part);
}
const gaugeNote = (g) => (finite(g.r) || finite(g.rmse) ? `r ${fixed(g.r)}, RMSE ${short(g.rmse)}, bias ${short(g.bias)} ${niceUnits(g.units)}, ${g.n} pairs` : g.n ? `${g.n} pairs: too few to score` : "Nothing was observed here");

/* ---- solver ---- */

function solverCharts(width) {
  const b = DATA.balance;
  const names = { newton: "Newton iterations a step", products: "Products with the Jacobian a step", substeps: "Substeps a step" };
  const list = Object.keys(names).filter((n) => b.solver[n]).map((n) => ({ title: names[n], ...b.solver[n] }));
  if (b.unbalanced.length) list.push({ title: "Unbalanced water between outputs (m\u00b3)", mean: b.unbalanced, free: true });
  if (!list.length) return null;
  return panels(width, list, 300, (w, p) => {
    const lines = [...(b.every > 1 && p.most ? [{ text: "largest", colour: GREY, thin: true, step: true, values: [NaN, ...p.most] }] : []), { text: b.every > 1 && p.most ? "mean" : "value", colour: BLUE, step: true, values: [NaN, ...p.mean] }];
    const most = Math.max(...lines.flatMap((l) => l.values).filter(finite), 0);
    return lineChart(w, 200, b.edges, lines, p.free ? { zero: true } : { range: [0, 1.08 * most || 1] });
  }, 2);
}

/* ---- the page ---- */

PAGES.flow = () => {
  const parts = {
    ...ground.parts,
    balance: () => {
      byId("rivers").prepend(figure({ title: () => "Outflow over the border and rain", note: () => (head().outflow ? `Peak ${short(head().outflow[0])} m\u00b3 s\u207b\u00b9 at ${both(head().outflow[1])}${joinedNote()}` : "Nothing leaves over the border"), draw: hydrograph, csv: () => [["end of step (s)", "outflow (m3 s-1)", "rain (mm h-1)"], ...DATA.balance.outflow.map((v, k) => [DATA.balance.edges[k + 1], v, DATA.balance.rain[k]])], empty: "The budget has one row." }));
      put("balance", figure({ title: () => "Storage", note: () => "Millimetres over the active columns", draw: storageCharts, csv: () => [["time (s)", "in the ground, change (mm)", "on the ground (mm)"], ...DATA.balance.edges.map((t, k) => [t, DATA.balance.storage[k], DATA.balance.pond[k]])] }),
        figure({ title: () => "What came in and went out, since the start (mm)", note: () => "Inflow upward; the terms add up to the dashed line", draw: movedChart, csv: () => { const lines = movedLines(); return [["time (s)", ...lines.map((l) => `${l.text} (mm)`)], ...DATA.balance.edges.map((t, k) => [t, ...lines.map((l) => l.values[k])])]; } }));
      put("solver", figure({ title: () => "Work of the solver", note: () => `Of each step${joinedNote()}`, draw: solverCharts, csv: () => { const b = DATA.balance; const names = Object.keys(b.solver); return [["end of step (s)", ...names, "unbalanced (m3)"], ...b.unbalanced.map((v, k) => [b.edges[k + 1], ...names.map((n) => b.solver[n].mean[k]), v])]; }, empty: "The budget counts no work of the solver." }));
    },
    gauges: () => put("gauges", ...DATA.gauges.map((g) => figure({ title: () => `${g.name}: ${g.title.toLowerCase()}${unitText(g.units)}`, note: () => gaugeNote(g), draw: (w) => gaugeChart(w, g), csv: () => [["time (s)", "simulated", "observed"], ...g.time.map((t, k) => [t, g.simulated[k], g.observed[k]])] }))),
  };
  const order = ["balance", "sections", "maps", "topography", "areas", ...(head().gauges ? ["gauges"] : []), ...(head().frames ? ["frames"] : [])];
  const everything = () => { ground.told(); redrawFigures(); };
  order.reduce((before, key) => before.then(() => (DATA[key] ? null : load(key))).then(parts[key]).then(everything).catch((error) => { console.error(`data/${key}.js: ${error.message}`); }), Promise.resolve());
  onRedraw(everything);
};
})();
