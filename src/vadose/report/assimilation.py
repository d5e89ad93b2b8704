"""The page of an assimilation: one file that opens from disk, with data files beside it where they are many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vadose.grid.latlon import LatLonGrid, Sites
from vadose.report.assimilation_analysis import Analyses, read_analyses
from vadose.report.assimilation_data import AssimilationRun
from vadose.report.assimilation_findings import findings
from vadose.report.assimilation_judges import Judge, judge_series, read_judges
from vadose.report.assimilation_maps import Maps
from vadose.report.assimilation_observed import assimilated
from vadose.report.assimilation_page import head, place_data, tables
from vadose.report.assimilation_parameters import (
    Parameters,
    classes,
    densities,
    members_at,
    read_parameters,
    read_truth,
    triangle,
)
from vadose.report.assimilation_scores import consistency_rows, judged
from vadose.report.assimilation_series import Ensemble, example_cells, places_of, reduce_ensemble
from vadose.report.assimilation_water import added
from vadose.report.coast import coast
from vadose.report.pack import to_json, write_script, write_text
from vadose.report.page import asset, templates

PAGE = 1_000_000  # bytes of index.html, at most
STORE = "(window.VADOSE_DATA=window.VADOSE_DATA||{})"
_AT_ONCE = ("head", "judged", "water")  # data that the page does not start without
_SCRIPTS = ("report.js", "simulation.js", "assimilation.js")
_STYLES = ("report.css", "simulation.css", "assimilation.css")
_HOLE = "<script data-vadose></script>"  # what users write is escaped, so that it can never be this


class AssimilationSite:
    """Writes the page of an assimilation; remembers what it wrote so that leftovers of an earlier report go."""

    def __init__(self, run: AssimilationRun) -> None:
        self.run = run
        self.inline: list[str] = []
        self.written: set[Path] = set()
        self.judges: list[Judge] = read_judges(run.experiments[0].run)
        self.analyses: list[Analyses | None] = []
        self.ensembles: list[Ensemble] = []
        self.parameters: dict[str, Parameters] = {}

    def write(self) -> Path:
        run = self.run
        self._read()
        judged_ = judged(run)
        consistent = consistency_rows(run, self.analyses)
        said = findings(run, self.analyses, judged_, consistent)
        page = self._page(said, judged_, consistent)
        room = PAGE - 20_000 - len(page.encode())
        for key, data in self._data(judged_, consistent):
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
        for path in (run.path / "data").glob("*.js"):
            if path not in self.written:
                path.unlink(missing_ok=True)
        return index

    def _read(self) -> None:
        """Experiments one after another: outputs, analyses and parameters, reduced to what is shown."""
        run = self.run
        first = run.experiments[0].run
        members = max(len(e.run.members) for e in run.experiments)
        places = places_of(first, members, [j.cell for j in self.judges])
        wanted = {j.variable for j in self.judges}
        for number, experiment in enumerate(run.experiments):
            with experiment.run.outputs() as outputs:
                if number == 0 and "soil_moisture" in outputs.variables:
                    last = outputs.variables["soil_moisture"].read(0, slice(-1, None))
                    places = [*places, *example_cells(run.where, last[0, 0], places)]
                self.ensembles.append(reduce_ensemble(experiment.run, outputs, places, wanted))
            folder = experiment.run.path
            layers = self.ensembles[-1].members.layers
            self.analyses.append(read_analyses(folder / "analysis.nc", layers, run.weights))
            held = read_parameters(folder / "parameters.nc") if set(experiment.updates) - {"state"} else None
            if held is not None and any(held.moved(n) for n in held.values):
                self.parameters[experiment.slug] = held

    def _data(self, judged_: Any, consistent: Any) -> Any:
        """Keys and contents of the scripts, what the page needs at once first."""
        run = self.run
        maps = Maps(run, self.ensembles, self.analyses)
        late = {
            "maps": bool(maps.layers or maps.points), "observed": any(a is not None for a in self.analyses),
            "judges": len(self.judges), "parameters": bool(self.parameters),
        }  # fmt: skip
        yield "head", {**head(run, self.ensembles), **late}
        yield "judged", judged_
        yield "water", added(run, self.analyses)
        yield "consistency", consistent
        if self.judges:
            yield "judges", judge_series(self.judges, self.ensembles)
        if late["observed"]:
            yield "observed", assimilated(self.analyses)
        if self.parameters:
            yield "parameters", self._parameters()
        if late["maps"]:
            yield "maps", maps.packed()
            yield "grids", maps.grids.grids
            yield "coast", coast(_extents(run.where))
        for place in range(len(self.ensembles[0].members.places)):
            yield f"p-{place}", place_data(self.ensembles, place)

    def _parameters(self) -> dict[str, Any]:
        places = self.ensembles[0].members.places
        a = next((a for a in self.analyses if a is not None), None)
        truth = read_truth(self.run.path / "truth-parameters.nc")
        found: dict[str, Any] = {"classes": classes(), "densities": densities(self.parameters, truth), "triangles": {}}
        for slug, p in self.parameters.items():
            size = next(iter(p.values.values()))["prior"].shape[1]
            index = np.arange(size) if a is None or a.index.size != size else a.index
            at = {int(c): k for k, c in enumerate(index)}
            here = [None if q.cell is None or q.cell not in at else members_at(p, at[q.cell]) for q in places]
            found["triangles"][slug] = {"cells": triangle(p, self._cell_names(index)), "places": here}
        return found

    def _cell_names(self, index: np.ndarray) -> list[str]:
        where = self.run.where
        if isinstance(where, Sites):
            return [where.names[i] for i in index]
        lat, lon = (v.ravel() for v in np.meshgrid(where.lat, where.lon, indexing="ij"))
        return [f"{lat[i]:.4f}, {lon[i]:.4f}" for i in index]

    def _page(self, said: list[str], judged_: Any, consistent: Any) -> str:
        run = self.run
        return str(
            templates().get_template("assimilation.html").render(
                here="index.html",
                run={**run.info, "title": run.title},
                findings=said,
                styles="\n".join(asset(f"assets/{n}") for n in _STYLES),
                scripts="\n".join(asset(f"assets/{n}") for n in _SCRIPTS),
                hole=_HOLE,
                **tables(run, judged_, consistent),
            )
        )  # fmt: skip


def _extents(where: LatLonGrid | Sites) -> list[tuple[float, float, float, float]]:
    lat = where.lat_bnds if isinstance(where, LatLonGrid) else where.lat
    lon = where.lon_bnds if isinstance(where, LatLonGrid) else where.lon
    return [] if np.ptp(lon) > 200 else [(float(lat.min()), float(lat.max()), float(lon.min()), float(lon.max()))]
