"""Maps of an assimilation: means by experiment, increments, truth, and skill where something was assimilated."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.grid.latlon import LatLonGrid, Sites
from vadose.report.assimilation_analysis import Analyses
from vadose.report.assimilation_consistency import at_places
from vadose.report.assimilation_data import AssimilationRun
from vadose.report.assimilation_observed import place_names
from vadose.report.assimilation_series import MAPPED, Ensemble
from vadose.report.assimilation_twin import twin_fields
from vadose.report.maps import DisplayGrids, Reducer, display_grid, pack_maps, pack_sites
from vadose.report.simulation_series import ROOT_ZONE, zone

FEW_POINTS = 8  # sites or places up to which a map of them says less than their dots
MOST_POINTS = 2000
_KNOWN = 0.5  # share of the places that must have enough observations for a map of them


class Maps:
    """Fields to be mapped.

    layers   "number of the experiment:name" -> [cell]: means of outputs, increments, skill against a truth
    points   "number:name" -> [place] of observations: NER and change of correlation of the forecasts
    """

    def __init__(self, run: AssimilationRun, ensembles: list[Ensemble], analyses: list[Analyses | None]) -> None:
        self.run = run
        self.grids = DisplayGrids([])
        self.layers: dict[str, np.ndarray] = {}
        self.points: dict[str, np.ndarray] = {}
        self.where_seen: Analyses | None = None
        if _several(run.where):
            for k, ensemble in enumerate(ensembles):
                self._means(k, ensemble)
                a = analyses[k]
                if a is not None and k in run.updated:
                    self._increments(k, a, ensemble.members.layers)
            for k, e in enumerate(run.experiments):
                self.layers |= {f"{k}:{n}": v for n, v in twin_fields(run, e).items()}
        self._skill(analyses)

    def _means(self, k: int, ensemble: Ensemble) -> None:
        for name in MAPPED:
            values = ensemble.fields.get(name)
            if values is not None and np.isfinite(values).any():
                self.layers[f"{k}:{name}"] = values

    def _increments(self, k: int, a: Analyses, layers: np.ndarray) -> None:
        """Means and sd of increments at the surface and in the root zone, and the water added, on all cells."""
        size = self.run.where.lat.size if isinstance(self.run.where, Sites) else self.run.where.size
        deep = layers[: a.mean.shape[0]]
        held = {
            "increment_surface": a.mean[0], "increment_surface_sd": a.sd[0],
            "increment_root": zone(a.mean, deep, (0.0, ROOT_ZONE), axis=0), "added": a.added,
        }  # fmt: skip
        for name, values in held.items():
            field = np.full(size, np.nan)
            field[a.index] = values
            self.layers[f"{k}:{name}"] = field

    def _skill(self, analyses: list[Analyses | None]) -> None:
        reference = None if self.run.reference is None else analyses[self.run.reference]
        if reference is None or not FEW_POINTS < reference.lat.size <= MOST_POINTS:
            return
        for k in self.run.updated:
            a = analyses[k]
            found = None if a is None else at_places(a, reference)
            if found is not None and np.isfinite(found["ner"]).mean() >= _KNOWN:
                self.where_seen = reference
                self.points |= {f"{k}:{name}": values for name, values in found.items()}

    def packed(self) -> dict[str, Any]:
        """{"cells": packed maps, "points": packed maps}, what there is of the two."""
        found: dict[str, Any] = {}
        where = self.run.where
        if self.layers and isinstance(where, Sites):
            found["cells"] = pack_sites(self.layers, where)
        elif self.layers and isinstance(where, LatLonGrid):
            reducer = Reducer.between(where, display_grid(where))
            shaped = {k: np.asarray(v, float).reshape(where.shape) for k, v in self.layers.items()}
            found["cells"] = pack_maps(shaped, self.grids, reducer.target, reducer)
        if self.points and self.where_seen is not None:
            a = self.where_seen
            found["points"] = pack_sites(self.points, Sites(a.lat, a.lon, tuple(place_names(a))))
        return found


def _several(where: LatLonGrid | Sites) -> bool:
    return where.lat.size > FEW_POINTS if isinstance(where, Sites) else where.size > 1
