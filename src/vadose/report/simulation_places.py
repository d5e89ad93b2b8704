"""Where a page of a simulation shows series: sites, the mean over an area, and cells that say most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.grid.latlon import LatLonGrid, Sites
from vadose.report.simulation_data import Outputs, SimulationRun

MOST_PLACES = 40
MOST_SERIES = 400  # members times places
BLOCK = 2**22  # values that are read at once


@dataclass(frozen=True)
class Place:
    """Where series are shown: a site, a cell of the grid, or (cell None) the mean over the area.

    river  True of the cell with the largest discharge
    """

    name: str
    cell: int | None
    lat: float | None = None
    lon: float | None = None
    river: bool = False


def places_of(run: SimulationRun, outputs: Outputs) -> list[Place]:
    """The mean over the area and single cells of a grid, or the sites, as many as a page has room for."""
    where = outputs.where
    most = max(1, min(MOST_PLACES, MOST_SERIES // max(1, len(run.members))))
    if isinstance(where, Sites):
        rows = zip(where.names, where.lat, where.lon, strict=True)
        return [Place(n, k, float(a), float(o)) for k, (n, a, o) in enumerate(rows)][:most]
    river = _river(outputs, where)
    others = [p for p in (*_observed_cells(run, where), *_cells(run, where)) if p.cell not in {r.cell for r in river}]
    return [Place("Mean over the area", None), *river, *others][:most]


def river_place(places: list[Place]) -> int | None:
    """Which of the places is the largest river; None without one."""
    return next((k for k, p in enumerate(places) if p.river), None)


def _river(outputs: Outputs, grid: LatLonGrid) -> list[Place]:
    """The cell with the largest mean discharge of the first member, of runs that have rivers."""
    held = outputs.variables.get("discharge")
    if held is None:
        return []
    times, step = len(outputs.bounds), max(1, BLOCK // grid.size)
    total = np.zeros(grid.size)
    for begin in range(0, times, step):
        total += np.nan_to_num(held.read(0, slice(begin, min(begin + step, times)))).sum(axis=0)
    if not total.max() > 0.0:
        return []
    lat, lon = (v.ravel() for v in np.meshgrid(grid.lat, grid.lon, indexing="ij"))
    c = int(np.argmax(total))
    return [Place(f"Largest river, {place_text(grid, lat[c], lon[c])}", c, float(lat[c]), float(lon[c]), True)]


def _observed_cells(run: SimulationRun, grid: LatLonGrid) -> list[Place]:
    """The cells of a grid in which something was measured."""
    lat, lon = (v.ravel() for v in np.meshgrid(grid.lat, grid.lon, indexing="ij"))
    return [
        Place(f"Observed, {place_text(grid, lat[c], lon[c])}", c, float(lat[c]), float(lon[c]))
        for c in run.observed_cells
        if 0 <= c < grid.size
    ]


def _cells(run: SimulationRun, grid: LatLonGrid) -> list[Place]:
    """The cells with the least, the middle and the most evapotranspiration of the first member."""
    rows = [r for r in run.tables["budget"] if r.get("member") == run.members[0] and isinstance(r.get("column"), float)]
    rows = sorted((r for r in rows if isinstance(r.get("evaporation"), float)), key=lambda r: r["evaporation"])
    if len(rows) < 3:
        return []
    picked = {"Least evaporation": rows[0], "Middle evaporation": rows[len(rows) // 2], "Most evaporation": rows[-1]}
    return [Place(f"{text}, {place_text(grid, r['lat'], r['lon'])}", int(r["column"]), r["lat"], r["lon"])
            for text, r in picked.items() if 0 <= int(r["column"]) < grid.size]  # fmt: skip


def place_text(where: LatLonGrid, lat: float, lon: float) -> str:
    """31.62 N 110.11 W as text, with as many decimals as cells differ in."""
    digits = 2 if min(where.spacing) >= 0.02 else 4
    return f"{abs(lat):.{digits}f}\u00b0{'S' if lat < 0 else 'N'} {abs(lon):.{digits}f}\u00b0{'W' if lon < 0 else 'E'}"
