"""Monthly means of a run's outputs over all its cells, read piece by piece: what the analysis of an ensemble sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vadose.model.bridge import ALL_DEPTHS

if TYPE_CHECKING:
    import xarray as xr

VALUES = 2**24  # of an output that are held at once


@dataclass(frozen=True, eq=False)
class Monthly:
    """Means of an output by member, calendar year and month: values [member, year, 12], NaN where there are none.

    days  [year, 12] that were simulated of each month
    """

    values: np.ndarray
    days: np.ndarray

    @property
    def whole(self) -> np.ndarray:
        """[member] True of members with all months that were simulated."""
        return np.isfinite(self.values[:, self.days > 0]).all(axis=1)

    def statistic(self, name: str, years: np.ndarray) -> np.ndarray:
        """[member, value] over some years, drawn as often as they stand in `years`."""
        known = np.isfinite(self.values[:, years])
        weight = np.where(known, self.days[years], 0.0)
        total = np.where(known, self.values[:, years], 0.0) * weight
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total.sum(axis=(1, 2)) / weight.sum(axis=(1, 2))
            if name == "mean":
                return mean[:, None]
            cycle = total.sum(axis=1) / weight.sum(axis=1)
        cycle = cycle[:, np.isfinite(cycle).any(axis=0)]
        return cycle - cycle.mean(axis=1, keepdims=True)


def monthly_means(outputs: xr.Dataset) -> Iterator[tuple[str, str, str, Monthly]]:
    """(output, "top-bottom" m of a layer or "", units, monthly means over all cells) of a run's outputs."""
    month, days = _months(outputs)
    first = int(month.min()) // 12
    years = int(month.max()) // 12 - first + 1
    weight = _area(outputs)
    place = month - 12 * first
    total_days = np.bincount(place, days, minlength=12 * years)
    for name, variable in outputs.data_vars.items():
        if "member" not in variable.dims or "time" not in variable.dims:
            continue
        mean, axis = _cell_means(variable, weight), _vertical(variable)
        layers = np.asarray(outputs[f"{axis}_bnds"].values) if axis else None
        for layer in range(mean.shape[2]):
            x = mean[:, :, layer]
            known = np.isfinite(x)
            part = [np.bincount(place, v * days, minlength=12 * years) for v in np.where(known, x, 0.0)]
            span = [np.bincount(place, k * days, minlength=12 * years) for k in known]
            with np.errstate(invalid="ignore", divide="ignore"):
                values = np.where(np.array(span) > 0, np.array(part) / np.array(span), np.nan)
            depth = "" if layers is None else f"{layers[layer, 0]:g}-{layers[layer, 1]:g}"
            shaped = values.reshape(len(x), years, 12)
            yield (
                str(variable.attrs.get("vadose_name", name)), depth, str(variable.attrs.get("units", "")),
                Monthly(shaped, total_days.reshape(years, 12)),
            )  # fmt: skip


def _months(outputs: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """[time] month since 1970-01 of the middle of each interval, and its length in days."""
    bounds = np.asarray(outputs["time_bnds"].values)
    if bounds.dtype.kind != "M":
        bounds = np.datetime64("1970-01-01", "s") + np.round(bounds.astype(float)).astype("timedelta64[s]")
    bounds = bounds.astype("datetime64[s]")
    middle = bounds[:, 0] + (bounds[:, 1] - bounds[:, 0]) // 2
    days = (bounds[:, 1] - bounds[:, 0]) / np.timedelta64(1, "D")
    return middle.astype("datetime64[M]").astype(np.int64), days.astype(float)


def _area(outputs: xr.Dataset) -> np.ndarray:
    """Weights of the cells: [lat, 1] by the cosine of the latitude, or [site] of ones."""
    if "site" in outputs.dims:
        return np.ones(outputs.sizes["site"])
    return np.repeat(np.cos(np.radians(outputs["lat"].values))[:, None], outputs.sizes["lon"], axis=1)


def _vertical(variable: xr.DataArray) -> str:
    """The vertical axis of an output; "" where it has none."""
    return next((str(d) for d in variable.dims if d in ("depth", ALL_DEPTHS)), "")


def _cell_means(variable: xr.DataArray, weight: np.ndarray) -> np.ndarray:
    """[member, time, layer] means over the cells that all members have, read piece by piece."""
    places = ("site",) if "site" in variable.dims else ("lat", "lon")
    axis = _vertical(variable)
    ordered = variable.transpose("member", "time", *((axis,) if axis else ()), *places)
    layers = ordered.sizes[axis] if axis else 1
    members, times = ordered.sizes["member"], ordered.sizes["time"]
    out = np.full((members, times, layers), np.nan)
    rows = max(1, VALUES // max(1, members * layers * weight.size))
    for begin in range(0, times, rows):
        piece = ordered.isel(time=slice(begin, begin + rows)).values.astype(float)
        x = piece.reshape(members, -1, layers, weight.size)
        known = np.isfinite(x)
        alive = known.any(axis=(1, 2, 3))
        shared = known[alive].all(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[alive, begin : begin + rows] = (
                np.where(shared, x[alive], 0.0) @ weight.ravel() / (shared @ weight.ravel())
            )
    return out
