"""Small netCDF files with the traps of real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cftime
import netCDF4
import numpy as np

LAT = np.array([-60.0, -20.0, 20.0, 60.0])
LON = np.array([-150.0, -90.0, -30.0, 30.0, 90.0, 150.0])


def edges(x: np.ndarray) -> np.ndarray:
    half = 0.5 * (x[1] - x[0])
    return np.stack([x - half, x + half], axis=1)


def month_stamps(start: tuple[int, int], count: int, calendar: str, units: str) -> tuple[np.ndarray, np.ndarray]:
    """First moments of `count` months and of the months behind them, as numbers."""
    first = 12 * start[0] + start[1] - 1
    dates = [cftime.datetime(m // 12, m % 12 + 1, 1, calendar=calendar) for m in range(first, first + count + 1)]
    numbers = np.asarray(cftime.date2num(dates, units, calendar=calendar), dtype=float)
    return numbers[:-1], numbers[1:]


def write_netcdf(
    path: Path,
    values: np.ndarray,
    name: str = "mrsos",
    *,
    dims: tuple[str, ...] | None = None,
    lat: np.ndarray = LAT,
    lon: np.ndarray = LON,
    start: tuple[int, int] = (2000, 1),
    calendar: str = "noleap",
    stamp: str = "middle",
    bounds: bool = True,
    units: str | None = "kg m-2",
    depth_bnds: np.ndarray | None = None,
    depth_units: str = "m",
    time: tuple[np.ndarray, str] | None = None,
    dtype: str = "f4",
    fill: Any = None,
    chunks: tuple[int, ...] | None = None,
    attributes: dict[str, Any] | None = None,
    file_attributes: dict[str, Any] | None = None,
    names: tuple[str, str] = ("lat", "lon"),
    coordinate_attributes: bool = True,
) -> Path:
    """Write [time, (depth), lat, lon] `values` with its axes in the order `dims`."""
    canonical = ("time", "depth", *names) if values.ndim == 4 else ("time", *names)
    dims = dims or canonical
    path.parent.mkdir(parents=True, exist_ok=True)
    with netCDF4.Dataset(path, "w") as d:
        d.setncatts(file_attributes or {})
        for dim, size in zip(canonical, values.shape, strict=True):
            d.createDimension(dim, size)
        d.createDimension("bnds", 2)
        if time is None:
            units_of_time = "days since 1850-01-01"
            low, high = month_stamps(start, values.shape[0], calendar, units_of_time)
            stamps = {"start": low, "middle": 0.5 * (low + high), "end": high}[stamp]
        else:
            (stamps, units_of_time), low = time, None
        t = d.createVariable("time", "f8", ("time",))
        t.setncatts({"units": units_of_time, "calendar": calendar})
        t[:] = stamps
        if bounds and low is not None:
            t.bounds = "time_bnds"
            d.createVariable("time_bnds", "f8", ("time", "bnds"))[:] = np.stack([low, high], axis=1)
        for axis, x, u in zip(names, (lat, lon), ("degrees_north", "degrees_east"), strict=True):
            v = d.createVariable(axis, "f8", (axis,))
            v[:] = x
            if coordinate_attributes:
                v.units = u
            if bounds and x.size > 1 and np.ptp(np.diff(x)) < 1e-9:
                v.bounds = f"{axis}_bnds"
                d.createVariable(f"{axis}_bnds", "f8", (axis, "bnds"))[:] = edges(x)
        if depth_bnds is not None:
            v = d.createVariable("depth", "f8", ("depth",))
            v.setncatts({"units": depth_units, "positive": "down", "axis": "Z"})
            v[:] = depth_bnds.mean(axis=1)
            if bounds:
                v.bounds = "depth_bnds"
                d.createVariable("depth_bnds", "f8", ("depth", "bnds"))[:] = depth_bnds
        v = d.createVariable(name, dtype, dims, fill_value=fill, chunksizes=chunks, zlib=chunks is not None)
        v.set_auto_maskandscale(False)
        if units is not None:
            v.units = units
        v.setncatts(attributes or {})
        v[:] = values.transpose([canonical.index(x) for x in dims])
    return path
