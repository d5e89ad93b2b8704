"""Weather made up for tests: tables and netCDF files with a sun that rises where it should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vadose.data.forcing.sun import mean_cos_zenith

LAT, LON = 40.0, 0.0
UNITS = {
    "Tair": "K",
    "Qair": "kg/kg",
    "PSurf": "Pa",
    "Wind": "m/s",
    "SWdown": "W/m2",
    "LWdown": "W/m2",
    "Precip": "mm/s",
}
HEADER = {"Tair": "K", "Qair": "kg kg-1", "PSurf": "Pa", "Wind": "m s-1", "SWdown": "W m-2", "LWdown": "W m-2",
          "Precip": "kg m-2 s-1"}  # fmt: skip


def times(days: float = 10, interval: int = 1800, first: str = "2003-04-05T00:00") -> np.ndarray:
    """Starts of regular intervals."""
    return np.datetime64(first, "s") + (np.arange(round(days * 86400 / interval)) * interval).astype("timedelta64[s]")


def weather(when: np.ndarray, interval: int, lat: float = LAT, lon: float = LON) -> dict[str, np.ndarray]:
    """Quantities by their ALMA names, [time], in SI units."""
    sun = mean_cos_zenith(when, interval, np.array([lat]), np.array([lon]))[:, 0]
    hours = (when - when[0]) / np.timedelta64(3600, "s")
    return {
        "Tair": 285.0 + 6.0 * np.sin(2 * np.pi * (hours - 9) / 24),
        "Qair": 0.006 + 0.001 * np.sin(hours / 30),
        "PSurf": 98000.0 + 300 * np.sin(hours / 50),
        "Wind": 3.0 + np.sin(hours / 7),
        "SWdown": 800.0 * sun,
        "LWdown": 320.0 + 20 * np.sin(hours / 40),
        "Precip": np.where(hours % 37 < 2, 3e-4, 0.0),
    }


def write_table(
    path: Path, when: np.ndarray, values: dict[str, np.ndarray], units: dict[str, str] | None = None
) -> str:
    """A CSV with a column of dates and units in the header."""
    units = HEADER if units is None else units
    head = ["datetime", *(f"{n} [{units[n]}]" if n in units else n for n in values)]
    rows = [",".join(head)]
    for i, moment in enumerate(when):
        rows.append(",".join([str(moment).replace("T", " "), *(repr(float(v[i])) for v in values.values())]))
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def write_grid(
    path: Path,
    when: np.ndarray,
    values: dict[str, tuple[np.ndarray, str]],
    lat: np.ndarray,
    lon: np.ndarray,
    **attributes: Any,
) -> str:
    """A netCDF file [time, lat, lon] of name -> (values, units)."""
    import netCDF4

    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("time", when.size), ("lat", lat.size), ("lon", lon.size)):
            file.createDimension(name, size)
        axis = file.createVariable("time", "f8", ("time",))
        axis.units = "hours since 2000-01-01 00:00:00"
        axis[:] = (when - np.datetime64("2000-01-01T00:00", "s")) / np.timedelta64(3600, "s")
        for name, data, units in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            variable = file.createVariable(name, "f8", (name,))
            variable.units = units
            variable[:] = data
        for name, (data, units) in values.items():
            variable = file.createVariable(name, "f8", ("time", "lat", "lon"))
            variable.units = units
            variable[:] = np.broadcast_to(data if data.ndim == 3 else data[:, None, None], variable.shape)
    return str(path)
