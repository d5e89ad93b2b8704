"""Soil texture from the wilting and critical points that satellite drydowns show, through a pedotransfer function.

For each cell the texture is sought, near that of a soil map, whose thresholds are closest to the wanted ones:
J = sqrt([(theta_w - theta_w*)^2 + (theta_c - theta_c*)^2] / 2) with sand + clay <= 100 %.
Search by SCE-UA (Duan et al. 1992-94) or by least squares with gradients; what more than one texture explains is
settled by a tie-break and told as an uncertainty.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.calibrate.reason import Reason
from vadose.calibrate.texture_experiment import PARAMETERS, Experiment
from vadose.calibrate.texture_problem import Problem, predict, used_columns
from vadose.errors import DataError
from vadose.soil.texture import LIMITS, ROUNDING

AT_LIMIT = 1e-3  # %, from the limit of the search

__all__ = ["Experiment", "Texture", "Wanted", "fit_texture"]


@dataclass(frozen=True, eq=False)
class Wanted:
    """Thresholds that a texture is sought for, all [cell], m3 m-3; `Estimates` of drydowns have the same names.

    *_error   standard errors, None where they are not known
    reason    `Reason` why a cell has none, None where all have
    """

    wilting_point: np.ndarray
    critical_point: np.ndarray
    wilting_point_error: np.ndarray | None = None
    critical_point_error: np.ndarray | None = None
    reason: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Texture:
    """Optimised textures, all [cell]; NaN where `reason` is not DONE, but for the map's own values.

    sand, clay, organic_carbon      %; organic_carbon is None where neither optimised nor given
    wilting_point, critical_point   m3 m-3, of the optimised soil
    *_baseline                      the map's values, the thresholds of its soil and their misfit
    misfit                          m3 m-3, root mean square difference of the thresholds from the wanted ones
    evaluations                     how often the thresholds of a texture were computed, int32
    at_limit                        parameters that ended on the limit of what was searched, int32: with one or more
                                    the optimum lies beyond, and `*_uncertainty` tells nothing of that parameter
    *_low, *_high                   %, least and greatest admissible value; None without `uncertainty`
    *_error, *_uncertainty          %, root mean square distance of admissible textures, and 95 % half width
    reason                          uint8, `Reason`
    """

    sand: np.ndarray
    clay: np.ndarray
    organic_carbon: np.ndarray | None
    wilting_point: np.ndarray
    critical_point: np.ndarray
    sand_baseline: np.ndarray
    clay_baseline: np.ndarray
    organic_carbon_baseline: np.ndarray | None
    wilting_point_baseline: np.ndarray
    critical_point_baseline: np.ndarray
    misfit: np.ndarray
    misfit_baseline: np.ndarray
    evaluations: np.ndarray
    at_limit: np.ndarray
    sand_low: np.ndarray | None
    sand_high: np.ndarray | None
    sand_error: np.ndarray | None
    sand_uncertainty: np.ndarray | None
    clay_low: np.ndarray | None
    clay_high: np.ndarray | None
    clay_error: np.ndarray | None
    clay_uncertainty: np.ndarray | None
    organic_carbon_low: np.ndarray | None
    organic_carbon_high: np.ndarray | None
    organic_carbon_error: np.ndarray | None
    organic_carbon_uncertainty: np.ndarray | None
    reason: np.ndarray

    @property
    def done(self) -> np.ndarray:
        """[cell] True where there is a result."""
        return np.asarray(self.reason == Reason.DONE)

    @classmethod
    def concatenate(cls, parts: Sequence[Texture]) -> Texture:
        """The cells of several textures of one experiment, one after the other."""
        made: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            values = [getattr(p, field.name) for p in parts]
            made[field.name] = None if any(v is None for v in values) else np.concatenate(values)
        return cls(**made)

    def missing(self, cells: int, reason: Reason) -> Texture:
        """The same fields for `cells` cells that have no result."""
        made: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            whole = value is not None and value.dtype.kind in "iu"
            made[field.name] = None if value is None else np.full(cells, 0 if whole else np.nan, value.dtype)
        made["reason"] = np.full(cells, int(reason), np.uint8)
        return Texture(**made)


def fit_texture(experiment: Experiment, wanted: Any, soil: Any, *, streams: np.ndarray | None = None) -> Texture:
    """The texture of each cell whose thresholds are closest to the wanted ones.

    experiment   function, ranges, bounds, method
    wanted       `Wanted` or `Estimates`: wilting_point, critical_point, their errors and reasons, [cell]
    soil         a soil map or `vadose.soil.Soil`: sand, clay, organic_carbon, [cell] %, and what else the function uses
    streams      [cell] whole numbers, the identity of each cell in its grid, for the random numbers of SCE-UA
    Returns `Texture`; a cell without thresholds or soil, or whose texture lies outside the bounds, is masked.
    Raises DataError where shapes differ, carbon is to be optimised and not given, or an input of the function lacks.
    """
    from vadose.calibrate.admissible import admissible
    from vadose.calibrate.texture_search import search

    whole, reason = pose(experiment, wanted, soil)
    names = np.arange(len(reason)) if streams is None else np.asarray(streams)
    if names.shape != reason.shape:
        raise DataError(f"streams must be [cell] as the {len(reason)} cells of the thresholds, got shape {names.shape}")
    cells = np.flatnonzero(reason == Reason.DONE)
    columns = {k: np.full((len(reason), len(experiment.parameters)), np.nan) for k in ("x", "low", "high", "error")}
    columns["uncertainty"] = columns["x"].copy()
    misfit, count = np.full(len(reason), np.nan), np.zeros(len(reason), np.int32)
    if cells.size:
        problem = whole.part(cells)
        found = search(problem, names[cells])
        columns["x"][cells], misfit[cells], count[cells] = found.x, found.misfit, found.evaluations
        failed = ~np.isfinite(found.misfit) | ~np.all(np.isfinite(found.x), axis=1)
        reason[cells[failed]] = Reason.NOT_CONVERGED
        reason[cells[~failed & _beyond(experiment, found.x)]] = Reason.OUT_OF_BOUNDS
        if experiment.uncertainty:
            good = np.flatnonzero(reason[cells] == Reason.DONE)
            spread = admissible(problem.part(good), type(found)(*(v[good] for v in found)), experiment.members)
            for key, values in spread._asdict().items():
                columns[key][cells[good]] = values
    return _collect(experiment, whole, soil, reason, columns, misfit, count)


def pose(experiment: Experiment, wanted: Any, soil: Any) -> tuple[Problem, np.ndarray]:
    """The problem of all cells and [cell] the reasons why some of them have none; raises as `fit_texture`."""
    baseline = _baseline(experiment, soil)
    cells = len(baseline)
    theta = np.stack([_column(wanted, n, cells) for n in ("wilting_point", "critical_point")], axis=1)
    error = None
    if getattr(wanted, "wilting_point_error", None) is not None:
        names = ("wilting_point_error", "critical_point_error")
        error = np.stack([_column(wanted, n, cells) for n in names], axis=1)
    elif experiment.pedotransfer_error > 0.0:
        error = np.zeros((cells, 2))
    columns = used_columns(experiment, soil)
    data = np.concatenate([theta, *(_column(soil, n, cells)[:, None] for n in columns)], axis=1)
    key = (experiment.ptf, experiment.carbon, experiment.definition, columns)
    lower, upper = _box(experiment, baseline)
    given = getattr(wanted, "reason", None)
    reason = np.zeros(cells, np.uint8) if given is None else np.array(given, np.uint8)

    def why(wrong: np.ndarray, what: Reason) -> None:
        reason[(reason == Reason.DONE) & wrong] = what

    why(~np.all(np.isfinite(theta), axis=1), Reason.NO_DATA)
    why(~np.all(np.isfinite(baseline), axis=1) | ~np.all(np.isfinite(data[:, 2:]), axis=1), Reason.NO_SOIL)
    with np.errstate(invalid="ignore"):
        impossible = np.any(baseline < 0.0, axis=1) | (baseline[:, 0] + baseline[:, 1] > 100.0 + ROUNDING)
        for name, values in (
            *zip(experiment.parameters, baseline.T, strict=True),
            *zip(columns, data.T[2:], strict=True),
        ):
            impossible |= (values < LIMITS[name][0]) | (values > LIMITS[name][1])
        why(impossible, Reason.IMPOSSIBLE_SOIL)
        why(np.any(lower > upper, axis=1) | (lower[:, 0] + lower[:, 1] > 100.0), Reason.OUT_OF_BOUNDS)
    return Problem(experiment, key, baseline, lower, upper, data, error), reason


def _baseline(experiment: Experiment, soil: Any) -> np.ndarray:
    parts = []
    for name in experiment.parameters:
        if getattr(soil, name, None) is None:
            raise DataError(
                f"experiment {experiment.name!r}: the soil map has no {name}, which is to be optimised; give it"
                + (", or set carbon = false" if name == "organic_carbon" else "")
            )
        parts.append(np.atleast_1d(np.asarray(getattr(soil, name), float)))
    if len({p.shape for p in parts}) > 1 or parts[0].ndim != 1:
        raise DataError(f"sand, clay and organic carbon must all be [cell], got shapes {[p.shape for p in parts]}")
    made = np.stack(parts, axis=1)
    finite = made[np.isfinite(made[:, 0]), :2]
    if finite.size and 0.0 < finite.max() <= 1.0:
        raise DataError(f"sand and clay must be in %, got at most {finite.max():g}: fractions? multiply by 100")
    return made


def _column(source: Any, name: str, cells: int) -> np.ndarray:
    values = np.atleast_1d(np.asarray(getattr(source, name), float))
    if values.shape not in ((cells,), (1,)):
        raise DataError(f"{name} must be [cell] as the {cells} cells of the soil, got shape {values.shape}")
    return np.broadcast_to(values, (cells,))


def _box(experiment: Experiment, baseline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The searched box: the baseline -+ range, within the bounds ("clip") or only within what is possible ("mask")."""
    ranges = np.array([getattr(experiment, f"{p}_range") for p in experiment.parameters])
    if experiment.outside == "clip":
        limits = np.array([getattr(experiment, f"{p}_bounds") for p in experiment.parameters])
    else:
        limits = np.array([LIMITS[p][:2] for p in experiment.parameters])
    return np.maximum(baseline - ranges, limits[:, 0]), np.minimum(baseline + ranges, limits[:, 1])


def _beyond(experiment: Experiment, x: np.ndarray) -> np.ndarray:
    limits = np.array([getattr(experiment, f"{p}_bounds") for p in experiment.parameters])
    return np.asarray(np.any((x < limits[:, 0] - ROUNDING) | (x > limits[:, 1] + ROUNDING), axis=1))


def _collect(
    experiment: Experiment,
    whole: Problem,
    soil: Any,
    reason: np.ndarray,
    columns: dict[str, np.ndarray],
    misfit: np.ndarray,
    count: np.ndarray,
) -> Texture:
    lost = reason != Reason.DONE
    for values in (*columns.values(), misfit):
        values[lost] = np.nan
    made: dict[str, Any] = {f.name: None for f in dataclasses.fields(Texture)}
    for place, name in enumerate(experiment.parameters):
        made[name], made[f"{name}_baseline"] = columns["x"][:, place], whole.baseline[:, place].copy()
        for form in ("low", "high", "error", "uncertainty") if experiment.uncertainty else ():
            made[f"{name}_{form}"] = columns[form][:, place]
    carbon = getattr(soil, PARAMETERS[2], None)
    if not experiment.carbon and carbon is not None:
        made["organic_carbon_baseline"] = np.array(_column(soil, PARAMETERS[2], len(reason)))
        made["organic_carbon"] = np.where(lost, np.nan, made["organic_carbon_baseline"])
    before = _thresholds(whole, whole.baseline)
    after = _thresholds(whole, columns["x"])
    made["wilting_point"], made["critical_point"] = after
    made["wilting_point_baseline"], made["critical_point_baseline"] = before
    gap = np.stack(before, axis=1) - whole.data[:, :2]
    made |= {"misfit": misfit, "misfit_baseline": np.sqrt(np.mean(gap**2, axis=1)), "evaluations": count}
    with np.errstate(invalid="ignore"):
        stopped = np.isclose(columns["x"], whole.lower, atol=AT_LIMIT) | np.isclose(
            columns["x"], whole.upper, atol=AT_LIMIT
        )
    made["at_limit"] = np.count_nonzero(stopped, axis=1).astype(np.int32)
    return Texture(**{**made, "reason": reason})


def _thresholds(problem: Problem, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Thresholds of textures, NaN where there is none."""
    possible = np.all(np.isfinite(x) & (x >= 0.0), axis=1) & (x[:, 0] + x[:, 1] <= 100.0 + ROUNDING)
    possible &= np.all(np.isfinite(problem.data[:, 2:]), axis=1)
    found = np.full((2, len(x)), np.nan)
    if possible.any():
        with np.errstate(all="ignore"):
            found[:, possible] = predict(problem.key, x[possible], problem.data[possible])
    return found[0], found[1]
