"""The page of a simulation: one file that opens from disk, with data files beside it where they are many."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from vadose.grid.latlon import LatLonGrid, Sites
from vadose.report.coast import coast
from vadose.report.maps import DisplayGrids, Reducer, display_grid, pack_maps, pack_sites
from vadose.report.pack import pack_values, to_json, write_script, write_text
from vadose.report.page import asset, templates
from vadose.report.simulation_budget import balances, partition
from vadose.report.simulation_data import SimulationRun
from vadose.report.simulation_density import densities
from vadose.report.simulation_findings import findings, place_name
from vadose.report.simulation_ground import SHOWN_THERE, Groundwater, groundwater
from vadose.report.simulation_means import means_table, one_cell
from vadose.report.simulation_observed import observed, score_tables, scores
from vadose.report.simulation_places import river_place
from vadose.report.simulation_series import (
    MAPPED,
    MOST_COMPARED,
    Reduced,
    quantiles,
    reduce_outputs,
    texts,
)
from vadose.report.simulation_spread import analysis, left_out

PAGE = 1_000_000  # bytes of index.html, at most
STORE = "(window.VADOSE_DATA=window.VADOSE_DATA||{})"
FEW_POINTS = 8  # sites up to which a map of them says less than their bars
BANDED = 9  # members from which on their spread is drawn instead of each line
_SHOWN_FAILURES, _SHOWN_HASHES, _SHOWN_DRIFTS = 40, 300, 40
_FILES = (".nc", ".zarr", ".csv", ".toml", ".json", ".txt")
_AT_ONCE = ("head", "balance", "skill", "spinup")  # data that the page does not start without
_SCRIPTS = ("report.js", "simulation.js")
_STYLES = ("report.css", "simulation.css")
GROUND = ("head", "sections", "maps", "topography", "areas", "frames")  # data of the chapter of groundwater, in order


class SimulationSite:
    """Writes the page of a simulation; remembers what it wrote so that leftovers of an earlier report go."""

    def __init__(self, run: SimulationRun) -> None:
        self.run = run
        self.inline: list[str] = []
        self.written: set[Path] = set()
        self.grids = DisplayGrids([])
        self.water: Groundwater | None = None

    def write(self) -> Path:
        run = self.run
        with run.outputs() as outputs:
            reduced = reduce_outputs(run, outputs)
            depth = reduced.fields.get("water_table_depth")
            self.water = groundwater(run, outputs, None if depth is None else depth[0])
        rows = balances(run, reduced)
        scored = scores(run)
        spread = analysis(run, reduced.about)
        page = self._page(reduced, rows, scored, spread)
        room = PAGE - 20_000 - len(page.encode())
        for key, data in self._data(reduced, rows, scored, spread):
            text = f"{STORE}[{to_json(key)}]={to_json(data)};"
            if len(text) <= room or key in _AT_ONCE:
                self.inline.append(text)
                room -= len(text)
            else:
                path = run.path / "data" / f"{key}.js"
                write_script(path, key, data)
                self.written.add(path)
        index = run.path / "index.html"
        write_text(index, page.replace(_HOLE, "<script>\n" + "\n".join(self.inline) + "\n</script>"))
        self._remove_leftovers()
        return index

    def _data(self, reduced: Reduced, rows: Any, scored: Any, spread: Any) -> Any:
        """Keys and contents of the scripts, what the page needs at once first."""
        run = self.run
        maps = self._maps(reduced)
        found = observed(run, reduced)
        late: dict[str, Any] = {"observed": bool(found), "density": bool(reduced.density)}
        if self.water is not None:
            late["river"] = river_place(reduced.places)
            late["ground"] = [key for key in GROUND if key != "frames" or self.water.data["frames"]["times"]]
        yield "head", {**self._head(reduced, bool(maps)), **late}
        yield "balance", {**rows, "partition": partition(rows["water"])}
        yield "skill", {"scores": scored, "analysis": spread}
        yield "spinup", self._spinup()
        if found:
            yield "observed", found
        if maps:
            yield "grids", self.grids.grids
            yield "coast", coast(self._extents())
            yield "maps", maps
        if reduced.density:
            yield "density", densities(reduced)
        if self.water is not None:
            for key in late["ground"]:
                yield f"ground-{key}", self.water.data[key]
        for place in range(len(reduced.places)):
            yield f"p-{place}", self._place(reduced, place)
            for member in range(len(run.members)):
                yield f"s-{member}-{place}", _series(reduced, member, place)

    def _head(self, reduced: Reduced, maps: bool) -> dict[str, Any]:
        run = self.run
        gap = reduced.weights
        regular = bool(np.allclose(gap, gap[0], rtol=1e-6))
        time = {"first": float(reduced.starts[0]), "step": float(gap[0]), "n": int(gap.size)} if regular else {
            "edges": [*reduced.starts, float(reduced.ends[-1])]
        }  # fmt: skip
        return {
            "kind": "simulation", "title": run.title, "points": bool(run.sites), "members": run.members, "time": time,
            "places": [{"name": p.name, "lat": p.lat, "lon": p.lon} for p in reduced.places],
            "layers": reduced.layers, "variables": texts(reduced.about), "series": list(reduced.series), "maps": maps,
            "water": {"units": run.water_unit[1], "title": run.water_unit[2]},
            "banded": len(run.members) >= BANDED,
        }  # fmt: skip

    def _place(self, reduced: Reduced, place: int) -> dict[str, Any]:
        """Monthly means of all members at a place, and the spread of the members from day to day."""
        months, bands = {}, {}
        for name, values in reduced.series.items():
            if values.ndim > 3:
                continue
            months[name] = np.round(reduced.months(name)[..., place].astype(float), 5)
            if len(self.run.members) >= BANDED:
                bands[name] = [pack_values(q) for q in quantiles(values[..., place])]
        return {"months": months, "bands": bands}

    def _maps(self, reduced: Reduced) -> dict[str, Any]:
        run, fields = self.run, reduced.fields
        if (run.sites and len(run.sites) <= FEW_POINTS) or one_cell(run, reduced):
            return {}
        there = SHOWN_THERE if self.water is not None and len(run.members) == 1 else ()
        named = {
            f"{member}:{name}": fields[name][member]
            for name in MAPPED if name in fields and name not in there
            for member in range(min(len(run.members), MOST_COMPARED))
            if np.isfinite(fields[name][member]).any()
        }  # fmt: skip
        if not named:
            return {}
        if isinstance(run.where, Sites):
            return pack_sites(named, run.where)
        reducer = Reducer.between(run.where, display_grid(run.where))
        shaped = {k: v.reshape(run.where.shape) for k, v in named.items()}
        return pack_maps(shaped, self.grids, reducer.target, reducer)

    def _extents(self) -> list[tuple[float, float, float, float]]:
        where = self.run.where
        bounds = where if isinstance(where, LatLonGrid) else None
        lat = where.lat if bounds is None else bounds.lat_bnds
        lon = where.lon if bounds is None else bounds.lon_bnds
        return [] if np.ptp(lon) > 200 else [(float(lat.min()), float(lat.max()), float(lon.min()), float(lon.max()))]

    def _spinup(self) -> dict[str, Any]:
        asked = self.run.info.get("spinup") or {}
        drift = [r.get("drift_mm_per_year") for r in self.run.tables["spinup"]]
        return {
            "cycles": asked.get("cycles") or [], "bound": (asked.get("asked") or {}).get("drift"),
            "drift": [v for v in drift if isinstance(v, float)],
        }  # fmt: skip

    def _page(self, reduced: Reduced, rows: Any, scored: Any, spread: Any) -> str:
        run = self.run
        failed = run.tables["failed"]
        return str(
            templates().get_template("simulation.html").render(
                here="index.html",
                run={**run.info, "title": run.title},
                members=run.members,
                places=reduced.places,
                choices=run.choices(),
                findings=findings(run, reduced, rows, scored, spread, self.water.findings if self.water else ()),
                water=self.water,
                rows=rows,
                water_title=run.water_unit[2],
                scores=score_tables(run, scored),
                left_out=left_out(run),
                means=means_table(run, reduced),
                failed=[{**r, "place": place_name(r.get("column")), "profile": _profile(r, reduced)}
                        for r in failed[:_SHOWN_FAILURES]],
                failed_count=len(failed),
                failures=run.info.get("failures") or [],
                drifts=run.tables["spinup"] if len(run.tables["spinup"]) <= _SHOWN_DRIFTS else [],
                hashes=(run.info.get("hashes") or [])[:_SHOWN_HASHES],
                shown_hashes=_SHOWN_HASHES,
                files=sorted(p.name for p in run.path.iterdir() if p.suffix in _FILES),
                styles="\n".join(asset(f"assets/{n}") for n in (*_STYLES, *(("ground.css",) if self.water else ()))),
                scripts="\n".join(asset(f"assets/{n}") for n in (*_SCRIPTS, *(("ground.js",) if self.water else ()))),
                hole=_HOLE,
            )
        )  # fmt: skip

    def _remove_leftovers(self) -> None:
        for path in (self.run.path / "data").glob("*.js"):
            if path not in self.written:
                path.unlink(missing_ok=True)


_HOLE = "<script data-vadose></script>"  # what users write is escaped, so that it can never be this


def _series(reduced: Reduced, member: int, place: int) -> dict[str, Any]:
    """All series of a member at a place; a list of layers for those in the soil."""
    found: dict[str, Any] = {}
    for name, values in reduced.series.items():
        here = values[member, ..., place]
        if np.isfinite(here).any():
            found[name] = (
                pack_values(here) if here.ndim == 1 else [pack_values(here[:, k]) for k in range(here.shape[1])]
            )
    return found


def _profile(row: dict[str, Any], reduced: Reduced) -> list[dict[str, Any]]:
    """Layers of the state that failed.csv keeps: depth, liquid water, ice, temperature; none if malformed."""
    try:
        state = json.loads(str(row.get("state") or "{}"))
        columns = [np.ravel(np.asarray(state[f"soil.{k}"], float)) for k in ("liquid", "ice", "temperature")]
    except (ValueError, KeyError, TypeError):
        return []
    names, layers = ("liquid", "ice", "temperature"), reduced.layers
    return [
        {
            "depth": [float(v) for v in layers[k]] if k < len(layers) else None,
            **{
                n: float(c[k]) if k < c.size and np.isfinite(c[k]) else None
                for n, c in zip(names, columns, strict=True)
            },
        }
        for k in range(columns[0].size)
    ]
