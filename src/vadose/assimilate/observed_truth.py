"""Observations of a simulated truth: a run of `vadose simulate`, seen as the sensor would see it, with noise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vadose.assimilate.keyed import normals
from vadose.assimilate.observed_places import Operator, Places, cells_as_places, pixels_over, place_of, places_of
from vadose.assimilate.observed_records import deviations
from vadose.assimilate.observed_state import sees_liquid, simulated
from vadose.assimilate.study_observations import Observation
from vadose.constants import RHO_WATER
from vadose.errors import DataError, GridMismatch
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.observe.quality import PERIOD
from vadose.simulate.result import Simulation

if TYPE_CHECKING:
    import xarray as xr

LONGEST = 10800.0  # s of a row that stands for its end
_NEAR = 1e-4  # degrees, and m of layers, that files round away
_DAY = 86400.0
Drawn = tuple[np.ndarray, np.ndarray, dict[str, int]]


def places_in_truth(one: Observation, cells: Cells) -> Places:
    """Where a truth is observed: the pixels that the run covers enough, the place of `site`, or every cell."""
    if one.operator == "footprint":
        assert one.pixel is not None
        return places_of(one, pixels_over(one, one.pixel, cells), cells)
    return place_of(one, cells) if one.site else cells_as_places(cells)


def draw(one: Observation, operator: Operator, moments: np.ndarray, cells: Cells, thickness: np.ndarray) -> Drawn:
    """Values and standard deviations [moment, place], and counts: H x_truth + error w, w fixed by seed, time, place.

    Observed are the moments `every` days from the first, by the row of the truth that ends there.
    Raises DataError or GridMismatch where the folder holds no run of one member with these cells, layers and times.
    """
    run = Simulation(Path(one.truth))
    _check_run(one, run)
    values, error = (np.full((moments.size, operator.columns.size), np.nan) for _ in range(2))
    with run.outputs as outputs:
        _check_places(one, outputs, cells)
        _check_layers(one, outputs, thickness)
        chosen = _every(moments, one.every)
        rows = _rows_ending(one, outputs, moments[chosen])
        there = rows >= 0
        for moment, fields in zip(chosen[there], _states(one, outputs, rows[there], cells, thickness), strict=True):
            values[moment] = simulated(one, operator, fields)[0]
    if not np.isfinite(values).any():
        raise DataError(
            f"{one.name!r}: {one.truth}: its rows hold nothing at the {chosen.size} moments of observation from "
            f"{moments[chosen[0]]} on; run the truth over the period of the study"
        )
    known = np.isfinite(values)
    error[known] = deviations(one, values[known], None)
    hours = moments.astype("datetime64[s]").astype(np.int64)
    noise = normals(one.seed, f"truth of {one.name}", hours, np.arange(operator.columns.size))
    lost = int((~there).sum()) * operator.columns.size
    return values + error * noise, error, {PERIOD: lost} if lost else {}


def _every(moments: np.ndarray, days: float) -> np.ndarray:
    """Numbers of the moments that lie a multiple of `days` after the first."""
    since = (moments - moments[0]) / np.timedelta64(1, "s") / _DAY / days
    return np.flatnonzero(np.abs(since - np.round(since)) * days * _DAY < 1.0)


def _check_run(one: Observation, run: Simulation) -> None:
    members = run.manifest.get("members", [])
    if len(members) != 1:
        raise DataError(
            f"{one.name!r}: {one.truth}: a truth is one member, the run has {len(members)}; run it without [ensemble]"
        )


def _check_places(one: Observation, outputs: xr.Dataset, cells: Cells) -> None:
    """Raise GridMismatch unless the outputs lie on the grid or the sites of the run."""
    grid = cells.grid
    sites = isinstance(grid, Sites)
    if sites != ("site" in outputs.dims):
        kinds = ("sites", "a grid")
        raise GridMismatch(
            f"{one.name!r}: {one.truth}: the truth is of {kinds[sites]}, this study of {kinds[not sites]}; both need "
            "the same [[sites]] or [grid]"
        )
    for axis, mine in (("lat", grid.lat), ("lon", grid.lon)):
        theirs = np.asarray(outputs[axis].values, float)
        if theirs.shape != mine.shape or np.abs((theirs - mine + 180.0) % 360.0 - 180.0).max(initial=0.0) > _NEAR:
            raise GridMismatch(
                f"{one.name!r}: {one.truth}: the truth has {theirs.size} values of {axis} from {theirs.min():.4f} to "
                f"{theirs.max():.4f}, this study {mine.size} from {mine.min():.4f} to {mine.max():.4f}; both need the "
                "same [[sites]] or [grid]"
            )


def _check_layers(one: Observation, outputs: xr.Dataset, thickness: np.ndarray) -> None:
    theirs = np.diff(np.asarray(outputs["depth_bnds"].values, float), axis=1)[:, 0]
    mine = np.asarray(thickness, float)
    if theirs.shape != mine.shape or np.abs(theirs - mine).max() > _NEAR:
        raise GridMismatch(
            f"{one.name!r}: {one.truth}: the truth has {theirs.size} soil layers to {theirs.sum():.4g} m, this study "
            f"{mine.size} to {mine.sum():.4g} m; give both the same [model] `layers`"
        )


def _rows_ending(one: Observation, outputs: xr.Dataset, moments: np.ndarray) -> np.ndarray:
    """[moment] the row that ends there, -1 outside of the truth's period. Raises DataError where rows end elsewhere."""
    bounds = np.asarray(outputs["time_bnds"].values)
    if not np.issubdtype(bounds.dtype, np.datetime64):
        bounds = np.datetime64("1970-01-01", "s") + np.round(bounds).astype("timedelta64[s]")
    bounds = bounds.astype("datetime64[s]")
    length = np.median(np.diff(bounds, axis=1) / np.timedelta64(1, "s"))
    ends = bounds[:, 1]
    inside = (moments > bounds[0, 0]) & (moments <= ends[-1])
    rows = np.searchsorted(ends, moments).clip(max=ends.size - 1)
    off = inside & (ends[rows] != moments)
    if length > LONGEST or off.any():
        said = f"none ends at {moments[off][0]}" if off.any() else "a mean over it is no state at a moment"
        raise DataError(
            f"{one.name!r}: {one.truth}: rows of {length / 3600.0:g} h, {said}; run the truth with [output] every = "
            '"hour", with analyses on the hour'
        )
    return np.where(inside, rows, -1)


def _states(
    one: Observation, outputs: xr.Dataset, rows: np.ndarray, cells: Cells, thickness: np.ndarray
) -> Iterator[dict[str, np.ndarray]]:
    """The state at the end of each row: arrays [1, (layer), cell] by name, water in m3 m-3."""
    found = {str(v.attrs.get("vadose_name", k)): k for k, v in outputs.data_vars.items()}
    wanted = [one.variable, *(["soil_ice"] if sees_liquid(one) else [])]
    for name in wanted:
        if name not in found:
            raise DataError(
                f"{one.name!r}: {one.truth}: the outputs lack {name}; run the truth with it in [output] `variables`"
            )
    scale = {"soil_moisture": 1.0, "soil_ice": 1.0}
    for row in rows:
        state = {}
        for name in wanted:
            whole = np.asarray(outputs[found[name]].isel(member=0, time=int(row)).values, float)
            layers = whole.ndim - len(cells.grid.shape)
            packed = whole.reshape(*whole.shape[:layers], -1)[..., cells.index]
            if name in scale:
                packed = packed / (RHO_WATER * np.asarray(thickness, float)[:, None])
            state[name] = packed[None]
        lost = ~np.isfinite(state[one.variable]).all(axis=tuple(range(state[one.variable].ndim - 1)))
        if lost.any():
            raise GridMismatch(
                f"{one.name!r}: {one.truth}: {int(lost.sum())} of {cells.size} cells of this study are missing in the "
                "truth; both need the same [grid], and a truth without columns that failed"
            )
        yield state
