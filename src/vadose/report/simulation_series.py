"""Outputs of a run in one pass: series at places, means over the period, months, and distributions of soil moisture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vadose.constants import FREEZING_POINT, SECONDS_PER_DAY
from vadose.grid.latlon import Sites
from vadose.report.simulation_data import Outputs, SimulationRun, Variable
from vadose.report.simulation_places import Place, places_of

FINE = 2500  # intervals shorter than a day that are still drawn as they are
ROOT_ZONE = 1.0  # m
BLOCK = 2**22  # values that are read at once
BIN, DIFFERENCE_BIN = 0.005, 0.0025  # m3 m-3
EDGES = np.arange(0.0, 0.9 + BIN / 2, BIN)
DIFFERENCE_EDGES = np.arange(-0.3, 0.3 + DIFFERENCE_BIN / 2, DIFFERENCE_BIN)
MOST_COMPARED = 12  # members whose maps are shown, and that stand beside long observations
MOST_CURVES = 60  # members whose distributions are shown
MAPPED = (
    "precipitation", "evapotranspiration", "transpiration", "ground_evaporation", "canopy_evaporation", "runoff",
    "surface_runoff", "subsurface_runoff", "root_zone", "top_layer", "net_radiation", "latent_heat", "sensible_heat",
    "gpp", "snow_water", "water_table_depth", "ponded_water", "discharge", "aquifer",
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """How a variable is shown: title, units, and its numbers as factor * value + offset."""

    title: str
    units: str
    factor: float = 1.0
    offset: float = 0.0


SHORT = {
    "soil_moisture": "Soil moisture", "soil_ice": "Soil ice", "ground_evaporation": "Ground evaporation",
    "canopy_evaporation": "Canopy evaporation", "ground_heat": "Ground heat", "snow_water": "Snow water",
    "gpp": "Gross primary production", "root_uptake": "Root uptake", "water_table_depth": "Water table, depth",
    "ponded_water": "Water on the ground", "discharge": "Discharge",
}  # fmt: skip


def shown(variable: Variable) -> Shown:
    """Display units: mm a day for fluxes of water, degrees C, g C m-2 a day; others stay."""
    title, units = SHORT.get(variable.name, variable.title), variable.units
    if variable.name in ("soil_moisture", "soil_ice"):
        return Shown(title, "m3 m-3")
    if variable.name == "gpp":
        return Shown(title, "g m-2 d-1", 1000.0 * SECONDS_PER_DAY)
    if units == "kg m-2 s-1":
        return Shown(title, "mm d-1", SECONDS_PER_DAY)
    if units == "K":
        return Shown(title, "\u00b0C", 1.0, -FREEZING_POINT)
    return Shown(title, {"kg m-2": "mm", "1": ""}.get(units, units))


@dataclass
class Reduced:
    """What the report shows of the outputs, in display units.

    starts, ends  [time] days since 1970-01-01
    series        variable -> [member, time, (depth,) place];  fields  variable -> [member, cell], means over the period
    weights       [time] days of each interval
    """

    places: list[Place]
    layers: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    series: dict[str, np.ndarray] = field(default_factory=dict)
    fields: dict[str, np.ndarray] = field(default_factory=dict)
    about: dict[str, Shown] = field(default_factory=dict)
    density: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def weights(self) -> np.ndarray:
        return self.ends - self.starts

    def mean(self, name: str) -> np.ndarray:
        """[member, (depth,) place] mean over the period of the intervals that have a value."""
        values = self.series[name]
        days = self.weights.reshape(1, -1, *([1] * (values.ndim - 2)))
        known = np.isfinite(values)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (np.where(known, values, 0.0) * days).sum(axis=1) / (known * days).sum(axis=1)

    def months(self, name: str) -> np.ndarray:
        """[member, 12, (depth,) place] means over all days of each month of the year; NaN for months without one."""
        values = self.series[name]
        middle = (0.5 * (self.starts + self.ends)).astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12
        out = np.full((values.shape[0], 12, *values.shape[2:]), np.nan)
        for month in np.unique(middle):
            rows = middle == month
            part = Reduced(self.places, self.layers, self.starts[rows], self.ends[rows], {name: values[:, rows]})
            out[:, month] = part.mean(name)
        return out


def reduce_outputs(run: SimulationRun, outputs: Outputs) -> Reduced:
    """Read every variable once, a block of intervals after another."""
    found = Reduced(places_of(run, outputs), outputs.layers, *outputs.bounds.T)
    for variable in outputs.variables.values():
        if not variable.whole:  # which sections show
            _reduce(run, outputs, variable, found)
    _derive(found)
    if np.median(found.weights) < 0.99 and found.starts.size > FINE:
        _by_day(found)
    return found


def _reduce(run: SimulationRun, outputs: Outputs, variable: Variable, found: Reduced) -> None:
    about = found.about[variable.name] = shown(variable)
    where = outputs.where
    size = where.lat.size if isinstance(where, Sites) else where.size
    area = np.ones(size) if isinstance(where, Sites) else where.area.ravel()
    layers = len(outputs.layers) if variable.layered else 1
    members, times = len(run.members), len(outputs.bounds)
    step = max(1, BLOCK // (size * layers))
    deep = (layers,) if variable.layered else ()
    series = np.full((members, times, *deep, len(found.places)), np.nan, np.float32)
    days = np.diff(outputs.bounds, axis=1)[:, 0]
    moist = variable.name == "soil_moisture" and layers > 0
    convert = _converter(about, outputs.layers if about.units == "m3 m-3" else None)
    sums: dict[str, np.ndarray] = {}
    for begin in range(0, times, step):
        rows = slice(begin, min(begin + step, times))
        first = None
        for member in range(members):
            values = convert(variable.read(member, rows))
            series[member, rows] = _at(values, found.places, area)
            views = _views(variable, values, outputs.layers)
            for name, view in views.items():
                if member < MOST_COMPARED and name in MAPPED:
                    _add(sums, name, member, min(members, MOST_COMPARED), view, days[rows])
            if moist:
                first = views if member == 0 else first
                _count(found, member, members, views, first or views, area, days[rows])
    found.series[variable.name] = series
    for name in [n for n in sums if not n.startswith("days:")]:
        with np.errstate(invalid="ignore", divide="ignore"):
            found.fields[name] = sums[name] / sums[f"days:{name}"]


def _converter(about: Shown, layers: np.ndarray | None) -> Callable[[np.ndarray], np.ndarray]:
    if layers is not None:
        thickness = (layers[:, 1] - layers[:, 0])[:, None]
        return lambda values: values / (1000.0 * thickness)
    return lambda values: values * about.factor + about.offset


def _at(values: np.ndarray, places: list[Place], area: np.ndarray) -> np.ndarray:
    """[.., cell] at the places [.., place]."""
    columns = []
    for place in places:
        if place.cell is not None:
            columns.append(values[..., place.cell])
            continue
        known = np.isfinite(values)
        with np.errstate(invalid="ignore", divide="ignore"):
            columns.append((np.where(known, values, 0.0) @ area) / (known @ area))
    return np.stack(columns, axis=-1)


def _views(variable: Variable, values: np.ndarray, layers: np.ndarray) -> dict[str, np.ndarray]:
    """The fields [time, cell] that maps and distributions show of a variable."""
    if not variable.layered:
        return {variable.name: values}
    if variable.name != "soil_moisture":
        return {}
    return {"top_layer": values[:, 0], "root_zone": zone(values, layers, (0.0, ROOT_ZONE), axis=1)}


def zone(values: np.ndarray, layers: np.ndarray, depth: tuple[float, float], axis: int) -> np.ndarray:
    """Mean over a depth range of values on layers, by the length in which each overlaps; NaN outside all layers."""
    overlap = np.clip(np.minimum(layers[:, 1], depth[1]) - np.maximum(layers[:, 0], depth[0]), 0.0, None)
    total = overlap.sum()
    if not total > 0:
        return np.full(np.delete(values.shape, axis), np.nan)
    return np.tensordot(values, overlap / total, axes=(axis, 0))


def _add(sums: dict[str, np.ndarray], name: str, member: int, members: int, view: np.ndarray, days: np.ndarray) -> None:
    for key in (name, f"days:{name}"):
        sums.setdefault(key, np.zeros((members, view.shape[-1])))
    known = np.isfinite(view)
    sums[name][member] += days @ np.where(known, view, 0.0)
    sums[f"days:{name}"][member] += days @ known


def _count(
    found: Reduced, member: int, members: int, views: dict[str, np.ndarray], first: dict[str, np.ndarray],
    area: np.ndarray, days: np.ndarray,
) -> None:  # fmt: skip
    """Add to the distributions, weighted by area and time: of values, and of differences from the first member."""
    weight = days[:, None] * area
    for name, view in views.items():
        for key, values, edges in (
            (name, view, EDGES), (f"{name}_difference", view - first[name], DIFFERENCE_EDGES),
        ):  # fmt: skip
            if member >= MOST_CURVES or (edges is DIFFERENCE_EDGES and (not member or members > MOST_COMPARED)):
                continue
            counts = found.density.setdefault(key, np.zeros((min(members, MOST_CURVES), edges.size - 1)))
            known = np.isfinite(values)
            counts[member] += np.histogram(values[known], edges, weights=weight[known])[0]


def _derive(found: Reduced) -> None:
    """Total runoff, root-zone moisture and the water of the whole soil column, where their parts are there."""
    for name, parts in (("runoff", ("surface_runoff", "subsurface_runoff")),):
        if name not in found.series and all(p in found.series for p in parts):
            found.series[name] = np.add(*(found.series[p] for p in parts))
            found.about[name] = Shown("Total runoff", found.about[parts[0]].units)
            if all(p in found.fields for p in parts):
                found.fields[name] = np.add(*(found.fields[p] for p in parts))
    if "soil_moisture" not in found.series or not found.layers.size:
        return
    moisture = found.series["soil_moisture"]
    deepest = min(ROOT_ZONE, float(found.layers[-1, 1]))
    found.series["root_zone"] = zone(moisture, found.layers, (0.0, ROOT_ZONE), axis=2)
    found.about["root_zone"] = Shown(f"Soil moisture, 0 to {deepest:g} m", "m3 m-3")
    found.series["soil_water"] = np.tensordot(moisture, 1000.0 * np.diff(found.layers, axis=1)[:, 0], axes=(2, 0))
    found.about["soil_water"] = Shown("Water in the soil column", "mm")
    found.series["top_layer"] = moisture[:, :, 0]
    found.about["top_layer"] = Shown(f"Soil moisture, 0 to {100 * found.layers[0, 1]:g} cm", "m3 m-3")


def _by_day(found: Reduced) -> None:
    """Means of days instead of shorter intervals."""
    day = np.floor(found.starts + 1e-6)
    starts, first = np.unique(day, return_index=True)
    weights = found.weights
    total = np.add.reduceat(weights, first)
    for name, values in found.series.items():
        shape = (1, -1, *([1] * (values.ndim - 2)))
        summed = np.add.reduceat(values * weights.reshape(shape), first, axis=1)
        found.series[name] = summed / total.reshape(shape)
    found.starts, found.ends = starts, starts + 1.0


def quantiles(values: np.ndarray, at: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)) -> np.ndarray:
    """[quantile, ...] over the members (first axis), NaN where no member has a value."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanquantile(values, at, axis=0)


def texts(items: dict[str, Shown]) -> dict[str, Any]:
    """Titles and units for the script of the page."""
    return {n: {"title": s.title, "units": s.units} for n, s in items.items()}
