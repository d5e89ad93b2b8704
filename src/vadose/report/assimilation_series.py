"""Outputs of an experiment in one pass: mean and spread of its members at places, and fields of their mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vadose.grid.latlon import LatLonGrid, Sites
from vadose.report.assimilation_analysis import moments
from vadose.report.simulation_data import Outputs, SimulationRun, Variable
from vadose.report.simulation_places import Place, place_text
from vadose.report.simulation_series import (
    BLOCK,
    FINE,
    ROOT_ZONE,
    Reduced,
    Shown,
    _at,
    _by_day,
    _converter,
    shown,
    zone,
)

MOST_PLACES = 24
MOST_SERIES = 1200  # members times places
# What is read; layered ones at the places only, but for soil moisture.
READ = (
    "soil_moisture", "soil_ice", "evapotranspiration", "transpiration", "surface_runoff", "subsurface_runoff",
    "runoff", "precipitation", "latent_heat", "sensible_heat", "water_table_depth", "snow_water", "gpp",
)  # fmt: skip
# What is drawn as series, and as maps of means over the period.
DRAWN = (
    "top_layer", "root_zone", "evapotranspiration", "latent_heat", "runoff", "water_table_depth", "snow_water", "gpp",
)  # fmt: skip
MAPPED = ("top_layer", "root_zone", "evapotranspiration", "runoff", "water_table_depth", "snow_water")
_SAME = 1e-6  # days: intervals that are as long as a day or longer


@dataclass
class Ensemble:
    """An experiment: `members` holds each member at the places, `fields` the mean of all over the period [cell].

    mean, sd    variable -> [time, place], of the members
    diurnal     [24 or fewer, place] mm a day, evapotranspiration by the hour of the day, UTC; empty of daily outputs
    """

    members: Reduced
    fields: dict[str, np.ndarray] = field(default_factory=dict)
    mean: dict[str, np.ndarray] = field(default_factory=dict)
    sd: dict[str, np.ndarray] = field(default_factory=dict)
    diurnal: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    hours: np.ndarray = field(default_factory=lambda: np.empty(0))

    @property
    def about(self) -> dict[str, Shown]:
        return self.members.about

    def total(self, name: str) -> np.ndarray:
        """[place] sum over the period of a flux in units a day."""
        days = self.members.weights[:, None]
        known = np.isfinite(self.mean[name])
        return np.asarray((np.where(known, self.mean[name], 0.0) * days).sum(axis=0))

    def months(self, name: str) -> tuple[list[str], np.ndarray]:
        """Names of the months of the period and [month, place] means over their intervals."""
        r = self.members
        named, at = month_numbers(r)
        out = np.full((len(named), self.mean[name].shape[1]), np.nan)
        for k in range(len(named)):
            rows = at == k
            known = np.isfinite(self.mean[name][rows])
            days = r.weights[rows][:, None]
            with np.errstate(invalid="ignore", divide="ignore"):
                out[k] = (np.where(known, self.mean[name][rows], 0.0) * days).sum(axis=0) / (known * days).sum(axis=0)
        return named, out


def month_numbers(r: Reduced) -> tuple[list[str], np.ndarray]:
    """Names of the months of a time axis, and of each interval the number of its month among them."""
    months = (0.5 * (r.starts + r.ends)).astype("datetime64[D]").astype("datetime64[M]")
    named, at = np.unique(months, return_inverse=True)
    return [str(m) for m in named], at


def places_of(run: SimulationRun, members: int, observed: list[int]) -> list[Place]:
    """Sites, or of a grid its mean, the cells with sensors, and the driest, middle and wettest in evaporation."""
    where = run.where
    most = max(4, min(MOST_PLACES, MOST_SERIES // max(1, members)))
    if isinstance(where, Sites):
        rows = zip(where.names, where.lat, where.lon, strict=True)
        return [Place(n, k, float(a), float(o)) for k, (n, a, o) in enumerate(rows)][:most]
    lat, lon = (v.ravel() for v in np.meshgrid(where.lat, where.lon, indexing="ij"))
    judged = [
        Place(f"Sensors, {place_text(where, lat[c], lon[c])}", c, float(lat[c]), float(lon[c]))
        for c in observed
        if 0 <= c < where.size
    ]
    return [Place("Mean over the area", None), *judged][:most]


def example_cells(where: LatLonGrid | Sites, field_: np.ndarray | None, held: list[Place]) -> list[Place]:
    """Of a grid the driest, the middle and the wettest cell by a field; none of sites or of less than three cells."""
    if isinstance(where, Sites) or field_ is None or np.isfinite(field_).sum() < 3:
        return []
    lat, lon = (v.ravel() for v in np.meshgrid(where.lat, where.lon, indexing="ij"))
    order = np.argsort(np.where(np.isfinite(field_), field_, np.inf))[: int(np.isfinite(field_).sum())]
    picked = {"Driest": order[0], "Middle": order[order.size // 2], "Wettest": order[-1]}
    return [
        Place(f"{text} cell, {place_text(where, lat[c], lon[c])}", int(c), float(lat[c]), float(lon[c]))
        for text, c in picked.items()
        if int(c) not in {p.cell for p in held}
    ]


def reduce_ensemble(run: SimulationRun, outputs: Outputs, places: list[Place], judged: set[str]) -> Ensemble:
    """Read each variable once, a block of intervals of a member after another.

    judged  variables that independent sensors observe: read whatever they are
    """
    found = Ensemble(Reduced(places, outputs.layers, *outputs.bounds.T))
    for name in dict.fromkeys((*READ, *sorted(judged))):
        if name in outputs.variables:
            _reduce(run, outputs, outputs.variables[name], found)
    r = found.members
    _derive(found)
    _diurnal(found)
    if np.median(r.weights) < 0.99 and r.starts.size > FINE:
        _by_day(r)
    for name in DRAWN:
        if name in r.series:
            found.mean[name], found.sd[name] = moments(r.series[name].astype(float), axis=0)
    for name in ("precipitation", "transpiration"):
        if name in r.series:
            found.mean[name] = moments(r.series[name].astype(float), axis=0)[0]
    return found


def _reduce(run: SimulationRun, outputs: Outputs, variable: Variable, found: Ensemble) -> None:
    r, where = found.members, outputs.where
    about = r.about[variable.name] = shown(variable)
    size = where.lat.size if isinstance(where, Sites) else where.size
    area = np.ones(size) if isinstance(where, Sites) else where.area.ravel()
    layers = len(outputs.layers) if variable.layered else 1
    members, times = len(run.members), len(outputs.bounds)
    step = max(1, BLOCK // (size * layers))
    series = np.full((members, times, *((layers,) if variable.layered else ()), len(r.places)), np.nan, np.float32)
    days = np.diff(outputs.bounds, axis=1)[:, 0]
    convert = _converter(about, outputs.layers if about.units == "m3 m-3" and variable.layered else None)
    sums: dict[str, Any] = {}
    for begin in range(0, times, step):
        rows = slice(begin, min(begin + step, times))
        for member in range(members):
            values = convert(variable.read(member, rows))
            series[member, rows] = _at(values, r.places, area)
            for name, view in _views(variable, values, outputs.layers).items():
                known = np.isfinite(view)
                held = sums.setdefault(name, [np.zeros(size), np.zeros(size)])
                held[0] += days[rows] @ np.where(known, view, 0.0)
                held[1] += days[rows] @ known
    r.series[variable.name] = series
    for name, (total, weight) in sums.items():
        with np.errstate(invalid="ignore", divide="ignore"):
            found.fields[name] = total / weight


def _views(variable: Variable, values: np.ndarray, layers: np.ndarray) -> dict[str, np.ndarray]:
    """Fields [time, cell] whose means over the period are mapped."""
    if variable.name == "soil_moisture":
        return {"top_layer": values[:, 0], "root_zone": zone(values, layers, (0.0, ROOT_ZONE), axis=1)}
    mapped = variable.name in (*MAPPED, "surface_runoff", "subsurface_runoff") and not variable.layered
    return {variable.name: values} if mapped else {}


def _derive(found: Ensemble) -> None:
    """Total runoff, and moisture of the surface and of the root zone, where their parts are there."""
    r, parts = found.members, ("surface_runoff", "subsurface_runoff")
    if "runoff" not in r.series and all(p in r.series for p in parts):
        r.series["runoff"] = np.add(*(r.series[p] for p in parts))
        r.about["runoff"] = Shown("Total runoff", r.about[parts[0]].units)
        found.fields["runoff"] = np.add(*(found.fields[p] for p in parts))
    if "soil_moisture" in r.series and r.layers.size:
        moisture = r.series["soil_moisture"]
        deepest = min(ROOT_ZONE, float(r.layers[-1, 1]))
        r.series["root_zone"] = zone(moisture, r.layers, (0.0, ROOT_ZONE), axis=2)
        r.about["root_zone"] = Shown(f"Soil moisture, 0 to {deepest:g} m", "m3 m-3")
        r.series["top_layer"] = moisture[:, :, 0]
        r.about["top_layer"] = Shown(f"Soil moisture, 0 to {100 * r.layers[0, 1]:g} cm", "m3 m-3")


def _diurnal(found: Ensemble) -> None:
    """Evapotranspiration by the hour of the day, where there are at least four intervals a day."""
    r = found.members
    if "evapotranspiration" not in r.series or not np.median(r.weights) <= 0.25 + _SAME:
        return
    middle = 0.5 * (r.starts + r.ends)
    hour = np.round(24.0 * (middle - np.floor(middle)), 3)
    mean = moments(r.series["evapotranspiration"].astype(float), axis=0)[0]
    found.hours = np.unique(hour)
    found.diurnal = np.stack([moments(mean[hour == h], axis=0)[0] for h in found.hours])
