"""The site of a calibration run: pages, scripts of data and assets, from the run folder alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vadose.grid.latlon import LatLonGrid, Sites
from vadose.report import calibration_figures as figures
from vadose.report.calibration_data import COMPONENTS, THRESHOLDS, TITLES, CalibrationRun, Experiment
from vadose.report.calibration_sources import CITATIONS
from vadose.report.coast import coast
from vadose.report.maps import DisplayGrids, Reducer, display_grid, pack_maps, pack_sites
from vadose.report.pack import write_script, write_text
from vadose.report.page import asset, templates

PAGES = ("index.html", "texture.html", "comparison.html", "uncertainty.html", "drydowns.html", "methods.html")
_ESTIMATES = (*THRESHOLDS, "memory")
_ERRORS = (
    *(f"{name}{form}" for form in ("_error", "_spread") for name in _ESTIMATES),
    *("memory", "noise", "observations", "candidates", "events"),
)
_SHOWN_HASHES = 30
_FEW_SITES = 60


class CalibrationSite:
    """Writes the pages of a calibration run; remembers what it wrote so that leftovers of an earlier report go."""

    def __init__(self, run: CalibrationRun) -> None:
        self.run = run
        self.written: set[Path] = set()
        self.grids = DisplayGrids([])
        self.reducer: Reducer | None = None
        if isinstance(run.where, LatLonGrid):
            self.reducer = Reducer.between(run.where, display_grid(run.where))

    def write(self) -> Path:
        run = self.run
        for name in ("report.css", "report.js", "calibration.js"):
            write_text(run.path / "assets" / name, asset(f"assets/{name}"))
        self._script("thresholds", self._maps({n: run.fields[n] for n in THRESHOLDS}))
        self._script("uncertainty", {**self._maps(self._held(run.fields, _ERRORS)), "reason": self._reason_map()})
        for experiment in run.experiments:
            self._experiment(experiment)
        self._script("densities", figures.densities(run))
        if run.cells:
            self._script("cells", run.cells)
        self._script("coast", coast(self._extents()))
        self._script("grids", self.grids.grids)
        self._script("head", self._head())
        self._pages()
        self._remove_leftovers()
        return run.path / "index.html"

    def _script(self, key: str, data: Any) -> None:
        path = self.run.path / "data" / f"{key}.js"
        write_script(path, key, data)
        self.written.add(path)

    def _experiment(self, experiment: Experiment) -> None:
        names = [f"{n}{s}" for n in THRESHOLDS for s in ("_baseline", "")]
        self._script(f"t-{experiment.slug}", self._maps(self._held(experiment.fields, names)))
        layers = self._held(experiment.fields, ("misfit_baseline", "misfit", "evaluations"))
        for name in experiment.components:
            of = {k: experiment.fields.get(f"{name}{k}") for k in ("_baseline", "", "_uncertainty", "_low", "_high")}
            layers |= {f"{name}{k}": v for k, v in of.items() if v is not None}
            layers[f"{name}_difference"] = of[""] - of["_baseline"]  # type: ignore[operator]
            if of["_low"] is not None and of["_high"] is not None:
                layers[f"{name}_range"] = of["_high"] - of["_low"]
        self._script(f"x-{experiment.slug}", {**self._maps(layers), "ternary": figures.ternary(self.run, experiment)})

    @staticmethod
    def _held(fields: dict[str, np.ndarray], names: Any) -> dict[str, np.ndarray]:
        return {n: fields[n] for n in names if n in fields and np.isfinite(fields[n]).any()}

    def _maps(self, maps: dict[str, np.ndarray]) -> dict[str, Any]:
        if isinstance(self.run.where, Sites):
            return pack_sites(maps, self.run.where)
        assert self.reducer is not None
        return pack_maps(maps, self.grids, self.reducer.target, self.reducer)

    def _reason_map(self) -> dict[str, Any] | None:
        """Of each display cell the reason that most of its area has; cells outside the domain stay empty."""
        reason = self.run.fields.get("reason")
        if reason is None or isinstance(self.run.where, Sites) or self.reducer is None:
            return None
        shown = [k for k, name in self.run.reasons.items() if name != "outside domain" and np.any(reason == k)]
        if not shown:
            return None
        area = self.reducer.sums(np.stack([reason == k for k in shown]).astype(np.float32))
        most = np.where(area.sum(axis=0) > 0, area.argmax(axis=0).astype(np.float32), np.float32(np.nan))
        names = [self.run.reasons[k] for k in shown]
        whole = Reducer.between(self.reducer.target, self.reducer.target)
        return {**pack_maps({"reason": most}, self.grids, self.reducer.target, whole), "names": names}

    def _extents(self) -> list[tuple[float, float, float, float]]:
        """Where regional maps lie, for finer coastlines: the cells that hold anything."""
        where = self.run.where
        known = np.isfinite(self.run.fields[THRESHOLDS[0]])
        if not known.any():
            return []
        if isinstance(where, Sites):
            lat, lon = where.lat[known], where.lon[known]
        else:
            lat, lon = where.lat[known.any(axis=1)], where.lon[known.any(axis=0)]
        return [] if np.ptp(lon) > 200 else [(lat.min(), lat.max(), lon.min(), lon.max())]

    def _head(self) -> dict[str, Any]:
        run = self.run
        held = [{"slug": e.slug, "title": e.title, "ptf": e.info.get("ptf"), "soil": e.info.get("soil"),
                 "components": e.components, "cells": self._cells_of(e)} for e in run.experiments]  # fmt: skip
        few = isinstance(run.where, Sites) and run.where.size <= _FEW_SITES
        return {
            "kind": "calibrate", "title": run.title, "product": run.info.get("product"), "few": few,
            "method": run.info.get("method"),
            "points": isinstance(run.where, Sites),
            "experiments": held, "titles": TITLES, "ternary": run.info.get("ternary"),
        }  # fmt: skip

    @staticmethod
    def _cells_of(experiment: Experiment) -> int:
        return int(np.isfinite(experiment.fields["sand"]).sum())

    def _pages(self) -> None:
        run = self.run
        experiments = [
            {
                "info": e.info, "limits": e.limits, "settings": e.settings, "title": e.title, "slug": e.slug,
                "cells": self._cells_of(e),
                "numbers": figures.key_numbers(run, e), "misfit": figures.misfits(run, e),
                "reasons": figures.by_reason((run.info.get("experiment_counts") or {}).get(e.name)),
                "rows": self._site_rows(e),
            }
            for e in run.experiments
        ]  # fmt: skip
        common = {
            "run": {**run.info, "title": run.title},
            "experiments": experiments,
            "reasons": figures.by_reason((run.info.get("counts") or {}).get("by_reason")),
            "thresholds": self._threshold_rows(),
            "sites": self._sites(),
            "failures": run.info.get("failures") or [],
            "has_cells": bool(run.cells),
            "cells": run.cells,
            "hashes": run.info.get("hashes") or [],
            "shown_hashes": _SHOWN_HASHES,
            "titles": TITLES,
            "components": COMPONENTS,
            "cite": run.info.get("citations") or CITATIONS,
        }
        for name in PAGES:
            if (name in ("texture.html", "comparison.html") and not experiments) or (
                name == "drydowns.html" and not run.cells
            ):
                continue
            path = run.path / name
            template = "calibration.html" if name == "index.html" else f"calibration_{name}"
            write_text(path, templates().get_template(template).render(here=name, **common))
            self.written.add(path)

    def _threshold_rows(self) -> list[dict[str, Any]]:
        """Of each threshold and the memory over all cells with a result: mean, spread between cells, typical error."""
        rows = []
        for name, title, units, digits in (
            (THRESHOLDS[0], TITLES[THRESHOLDS[0]], "m3 m-3", 3),
            (THRESHOLDS[1], TITLES[THRESHOLDS[1]], "m3 m-3", 3),
            ("memory", "Memory", "days", 1),
        ):
            values = self.run.fields.get(name)
            if values is None or not np.isfinite(values).any():
                continue
            known = np.isfinite(values)
            at = figures.weighted_quantile(values[known], self.run.weights[known], (0.1, 0.5, 0.9))
            error = self.run.fields.get(f"{name}_error")
            held = error[known & np.isfinite(error)] if error is not None else np.empty(0)
            mean = float(np.average(values[known], weights=self.run.weights[known]))
            rows.append({"title": title, "units": units, "digits": digits, "cells": int(known.sum()), "mean": mean,
                         "low": at[0], "median": at[1], "high": at[2],
                         "error": float(np.median(held)) if held.size else None})  # fmt: skip
        return rows

    def _sites(self) -> list[dict[str, Any]]:
        """A row a site, where the run is on few sites: satellite thresholds with their errors."""
        where = self.run.where
        if not isinstance(where, Sites):
            return []
        return [
            {**{n: _number(v[k]) for n, v in self.run.fields.items()}, "name": name, "reason": self._reason(k),
             "lat": float(where.lat[k]), "lon": float(where.lon[k])}
            for k, name in enumerate(where.names)
        ]  # fmt: skip

    def _site_rows(self, experiment: Experiment) -> list[dict[str, Any]]:
        where = self.run.where
        if not isinstance(where, Sites):
            return []
        return [{"name": n, **{f: _number(v[k]) for f, v in experiment.fields.items()}}
                for k, n in enumerate(where.names)]  # fmt: skip

    def _reason(self, k: int) -> str:
        reason = self.run.fields.get("reason")
        number = None if reason is None else _number(reason[k])
        return "" if number is None else self.run.reasons.get(int(number), str(int(number)))

    def _remove_leftovers(self) -> None:
        folder = self.run.path
        held = [*(folder / "data").glob("*.js"), *(folder / p for p in PAGES), *folder.glob("[cr]-*.html")]
        for path in [*held, folder / "multimodel.html"]:
            if path not in self.written:
                path.unlink(missing_ok=True)


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
