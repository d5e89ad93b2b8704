"""The report: one folder of pages, scripts of data and two assets, from a run directory alone."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from vadose.errors import VadoseError
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.report import content, findings
from vadose.report.calibration_data import KIND, run_kind
from vadose.report.coast import coast
from vadose.report.data import MMEM, Run, groups, read_run
from vadose.report.maps import LAYERS, DisplayGrids, Reducer, display_grid, pack_maps, pack_sites, read_maps
from vadose.report.multi import write_multimodel
from vadose.report.pack import pack_scores, write_script, write_text

_SHOWN_HASHES = 30
_SCALED = ("reference_mean", "model_mean", "bias", "rmse")


def write_report(run: Path) -> Path:
    """Write the report of the run directory `run`; returns the path of its index.html.

    A calibration, a simulation, an assimilation and a flow study, whose run.json says so as its kind, have reports of
    their own.

    Raises DataError where run.json or scores.csv are missing or malformed, VadoseError where nothing can be written.
    """
    kind = run_kind(Path(run))
    if kind == KIND:
        from vadose.report.calibration import CalibrationSite
        from vadose.report.calibration_data import read_calibration

        site: Any = CalibrationSite(read_calibration(Path(run)))
    elif kind == "simulation":
        from vadose.report.simulation import SimulationSite
        from vadose.report.simulation_data import read_simulation

        site = SimulationSite(read_simulation(Path(run)))
    elif kind == "assimilation":
        from vadose.report.assimilation import AssimilationSite
        from vadose.report.assimilation_data import read_assimilation

        site = AssimilationSite(read_assimilation(Path(run)))
    elif kind == "flow":
        from vadose.report.flow import FlowSite
        from vadose.report.flow_data import read_flow

        site = FlowSite(read_flow(Path(run)))
    else:
        site = Site(read_run(Path(run)))
    try:
        index: Path = site.write()
        return index
    except OSError as error:
        where = error.filename or run
        raise VadoseError(f"{where}: cannot be written: {error.strerror or error}; free space or permit it") from error


class Site:
    """Writes the pages and their data; remembers what it wrote so that leftovers of an earlier run go."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.written: set[Path] = set()
        self.grids = DisplayGrids([_region(r, run.path) for r in run.regions])
        self.reducers: dict[str, Reducer] = {}
        self.extents: list[tuple[float, float, float, float]] = []

    def write(self) -> Path:
        for name in ("report.css", "report.js"):
            write_text(self.run.path / "assets" / name, asset(f"assets/{name}"))
        self._script("head", content.head(self.run))
        self._script("front", self._front())
        for row in self.run.comparisons:
            self._comparison(row)
        for row in self.run.relationships:
            self._relationship(row)
        self._script("coast", coast(self.extents))
        if self.grids.grids:
            self._script("grids", self.grids.grids)
        multimodel = write_multimodel(self.run, self.run.path / "data")
        if multimodel:
            self.written |= set((self.run.path / "data").glob("m*.js"))
        self._pages(multimodel)
        self._remove_leftovers()
        return self.run.path / "index.html"

    def _script(self, key: str, data: Any) -> None:
        path = self.run.path / "data" / f"{key}.js"
        write_script(path, key, data)
        self.written.add(path)

    def _front(self) -> dict[str, Any]:
        front = content.front(self.run)
        tree = self.run.info.get("families") or {}
        packed = {k: pack_scores(front[k]) for k in ("value", "low", "high")}
        return {
            **front,
            **packed,
            "tree": {k: tree.get(k) for k in ("models", "order", "linkage", "p_value", "statistic")},
        }

    def _comparison(self, row: dict[str, Any]) -> None:
        cycles, held, ranges = [], [], {}
        for model in self.run.models:
            cycles.append(content.cycles(self.run, model, row))
            pair = content.pair_curves(self.run, model, row)
            path = self.run.result("maps", model, row)
            if path is not None:
                pair["maps"] = self._maps(path, float(row.get("display_scale") or 1.0))
                ranges[model["file"]] = _ranges(pair["maps"])
            held.append(bool(pair))
            if pair:
                self._script(f"p-{model['file']}__{row['file']}", pair)
        self._script(
            f"c-{row['file']}",
            {
                "row": _row_facts(row),
                "table": content.score_table(self.run, row),
                "consensus": content.consensus(self.run, row),
                "cycles": cycles,
                "held": held,
                "range": ranges,
                "warnings": self._warnings(row),
            },
        )

    def _maps(self, path: Path, scale: float) -> dict[str, Any]:
        where, maps = read_maps(path, LAYERS)
        for name in _SCALED:
            if name in maps and scale != 1.0:
                maps[name] = maps[name] * np.float32(scale)
        self._extend(where)
        if isinstance(where, Sites):
            return pack_sites(maps, where)
        key = f"{where.shape}{where.lat_bnds.sum():.6f}{where.lon_bnds.sum():.6f}"
        if key not in self.reducers:
            shown = display_grid(where)
            self.reducers[key] = Reducer.between(where, shown)
        reducer = self.reducers[key]
        return pack_maps(maps, self.grids, reducer.target, reducer)

    def _extend(self, where: LatLonGrid | Sites) -> None:
        """Remember where regional maps lie: they want finer coastlines."""
        west, east = float(where.lon.min()), float(where.lon.max())
        if east - west <= 200:
            self.extents.append((float(where.lat.min()), float(where.lat.max()), west, east))

    def _relationship(self, row: dict[str, Any]) -> None:
        curves = []
        for model in self.run.models:
            curves.append(content.responses(self.run, model, row))
            if curves[-1] is not None:
                self._script(f"p-{model['file']}__{row['file']}", content.histograms(self.run, model, row))
        table = content.score_table(self.run, row)
        facts = {"row": _row_facts(row), "table": table, "curves": curves, "warnings": self._warnings(row)}
        self._script(f"r-{row['file']}", facts)

    def _warnings(self, row: dict[str, Any]) -> list[dict[str, str]]:
        pairs = [(m["name"], self.run.pairs.get((m["name"], row["id"]))) for m in self.run.models]
        return [{"model": name, "text": str(w)} for name, p in pairs if p for w in p.get("warnings") or []]

    def _pages(self, multimodel: dict[str, Any] | None) -> None:
        run = self.run
        links = [{"page": content.page_name(r), "title": content.row_title(r), "note": content.row_note(r),
                  "group": r["group"]} for r in run.rows]  # fmt: skip
        grouped = {g: [r for r in links if r["group"] == g] for g in groups(run.rows)}
        common = {
            "run": run.info,
            "links": grouped,
            "models": [m for m in run.models if m["name"] != MMEM],
            "has_multimodel": multimodel is not None,
            "hashes": run.info.get("hashes") or [],
            "shown_hashes": _SHOWN_HASHES,
            "depth_text": content.depth_text,
        }
        self._page("index.html", "index.html", **common, cite=run.comparisons, failed=content.head(run)["failed"])
        for row in run.rows:
            kind = "relationship" if row["kind"] == "relationship" else "comparison"
            cited = [row] if kind == "comparison" else self._sides(row)
            finding = findings.row_sentence(run, row)
            self._page(f"{kind}.html", content.page_name(row), **common, row=row, cite=cited, finding=finding)
        if multimodel:
            self._page("multimodel.html", "multimodel.html", **common, cite=run.comparisons, multimodel=multimodel)
        self._page("methods.html", "methods.html", **common, cite=run.comparisons, pairs=list(run.pairs.values()),
                   comparisons=run.comparisons, relationships=run.relationships)  # fmt: skip

    def _sides(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        wanted = {row[k].get("comparison") for k in ("independent", "dependent")}
        names = {row[k].get("reference") for k in ("independent", "dependent")}
        exact = [c for c in self.run.comparisons if c["id"] in wanted]
        return exact or [c for c in self.run.comparisons if c.get("reference") in names]

    def _page(self, template: str, name: str, **values: Any) -> None:
        cited = {c.get("bibtex") or c.get("citation"): c for c in values.pop("cite")}
        path = self.run.path / name
        write_text(path, templates().get_template(template).render(cite=list(cited.values()), here=name, **values))
        self.written.add(path)

    def _remove_leftovers(self) -> None:
        held = [*(self.run.path / "data").glob("*.js"), *self.run.path.glob("[cr]-*.html")]
        held += [p for p in [self.run.path / "multimodel.html"] if p.exists()]
        for path in held:
            if path not in self.written:
                path.unlink()


@cache
def templates() -> Any:
    """The templates of all pages, with what they show escaped."""
    import jinja2

    loader = jinja2.PackageLoader("vadose.report", "templates")
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.ChainableUndefined, trim_blocks=True, lstrip_blocks=True
    )


def asset(name: str) -> str:
    """The text of a file of this package."""
    return resources.files("vadose.report").joinpath(name).read_text(encoding="utf-8")


def _row_facts(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of a comparison or relationship that its script uses, with display units."""
    keep = ("id", "kind", "title", "variable", "variable_title", "reference", "depth", "colormap", "file")
    facts = {k: row.get(k) for k in keep}
    facts["units"] = _units(row)
    for side in ("independent", "dependent"):
        if side in row:
            s = row[side]
            facts[side] = {
                "title": s.get("variable_title") or s.get("variable"),
                "units": _units(s),
                "reference": s.get("reference"),
                "depth": content.depth_text(s.get("depth")),
            }
    return facts


def _units(row: dict[str, Any]) -> str:
    units = str(row.get("display_units") or row.get("units") or "")
    return "" if units == "1" else units


def _ranges(maps: dict[str, Any]) -> dict[str, list[float]]:
    """[2nd, 98th percentile] of the layers of a pair, for colour scales that all models share."""
    found = {}
    for name, layer in maps["layers"].items():
        values = layer if isinstance(layer, np.ndarray) else _unpacked(layer)
        values = values[np.isfinite(values)]
        if values.size:
            found[name] = [float(v) for v in np.percentile(values, [2, 98])]
    return found


def _unpacked(layer: dict[str, Any]) -> np.ndarray:
    import base64

    whole = np.frombuffer(base64.b64decode(layer["data"]), "<u2")
    values = layer["min"] + whole * ((layer["max"] - layer["min"]) / 65000)
    return np.where(whole == 65535, np.nan, values)


def _region(region: dict[str, Any], run: Path) -> Any:
    """The region itself where its name or the study says what it is; None for one whose outline is not known."""
    try:
        from vadose.grid import regions as known

        box = region.get("box") or _boxes(run).get(region["name"])
        if box:
            return known.box_region(region["name"], *box)
        return known.parse_region(region["name"])[0]
    except (ImportError, VadoseError, ValueError, IndexError):
        return None


def _boxes(run: Path) -> dict[str, list[float]]:
    """The boxes of the study's own regions."""
    try:
        study = tomllib.loads((run / "study.toml").read_text(encoding="utf-8"))
        custom = study.get("regions") or []
        return {r["name"]: r["box"] for r in custom if isinstance(r, dict) and "box" in r}
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError):
        return {}
