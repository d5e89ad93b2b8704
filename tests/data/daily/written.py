"""Small files of daily soil moisture with the structure, and the traps, of real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

LAT, LON = np.array([-15.0, -5.0, 5.0, 15.0]), np.array([-25.0, -15.0, -5.0, 5.0, 15.0])


def moisture(days: int, rows: int = 4, columns: int = 5) -> np.ndarray:
    """[day, lat, lon] m3 m-3: every value is different and possible; exact in float32 to seven digits."""
    n = np.arange(days * rows * columns, dtype=float).reshape(days, rows, columns)
    return (0.1 + 0.3 * n / max(n.size, 1)).astype(np.float32)


def write_stack(
    path: Path,
    values: np.ndarray,
    times: Any,
    *,
    name: str = "sm",
    units: str | None = "m3 m-3",
    dims: tuple[str, ...] = ("time", "lat", "lon"),
    lat: np.ndarray = LAT,
    lon: np.ndarray = LON,
    time_units: str = "days since 2003-01-01",
    calendar: str = "standard",
    dtype: str = "f4",
    fill: Any = -9999.0,
    attributes: dict[str, Any] | None = None,
    file_attributes: dict[str, Any] | None = None,
    extra: dict[str, tuple[np.ndarray, dict[str, Any]]] | None = None,
) -> str:
    """A CF file of [time, lat, lon] `values`, NaN as `fill`, written with its axes in the order `dims`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with netCDF4.Dataset(path, "w") as d:
        d.setncatts(file_attributes or {})
        for dim, size in zip(("time", "lat", "lon"), values.shape, strict=True):
            d.createDimension(dim, size)
        time = d.createVariable("time", "f8", ("time",))
        time.setncatts({"units": time_units, "calendar": calendar})
        time[:] = np.asarray(times, float)
        for dim, axis, north in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            variable = d.createVariable(dim, "f8", (dim,))
            variable.units = north
            variable[:] = axis
        fields = {
            name: (values, {**({} if units is None else {"units": units}), **(attributes or {})}),
            **(extra or {}),
        }
        for key, (data, attrs) in fields.items():
            kind, missing = (dtype, fill) if key == name else (data.dtype, None)
            variable = d.createVariable(key, kind, dims, fill_value=missing)
            variable.setncatts(attrs)
            variable.set_auto_maskandscale(False)
            stored = np.where(np.isnan(data), fill, data) if key == name and fill is not None else data
            variable[:] = stored.transpose([("time", "lat", "lon").index(x) for x in dims])
    return str(path)


def write_composite(
    path: Path, maps: dict[str, np.ndarray], flags: dict[str, np.ndarray], shape: tuple[int, int] = (406, 964)
) -> str:
    """An SMAP L3 file: groups of the overpasses, coordinates filled where nothing was retrieved.

    maps, flags  by overpass "AM", "PM"; maps [row, column] with NaN where missing
    """
    with netCDF4.Dataset(path, "w") as d:
        for overpass, values in maps.items():
            end = "" if overpass == "AM" else "_pm"
            group = d.createGroup(f"Soil_Moisture_Retrieval_Data_{overpass}")
            group.createDimension("phony_dim_0", shape[0])
            group.createDimension("phony_dim_1", shape[1])
            known = np.isfinite(values)
            for name, units in (("soil_moisture", "cm**3/cm**3"), ("latitude", ""), ("longitude", "")):
                v = group.createVariable(
                    name + end, "f4", ("phony_dim_0", "phony_dim_1"), fill_value=-9999.0, zlib=True
                )
                if units:
                    v.setncatts({"units": units, "valid_min": np.float32(0.02), "valid_max": np.float32(0.5)})
                v.set_auto_maskandscale(False)
                v[:] = np.where(known, values if units else 0.0, -9999.0)
            v = group.createVariable(
                f"retrieval_qual_flag{end}", "u2", ("phony_dim_0", "phony_dim_1"), fill_value=65534, zlib=True
            )
            v.set_auto_maskandscale(False)
            v[:] = np.where(known, flags[overpass], 65534)
    return str(path)


def write_half_orbit(path: Path, records: list[tuple[int, int, float, int, str]], rows: int = 406) -> str:
    """An SMAP L2 file of records (row, column, soil moisture, flag, UTC time)."""
    row, column, values, flag, times = (np.array(x) for x in zip(*records, strict=True))
    seconds = (times.astype("datetime64[s]") - np.datetime64("2000-01-01T12:00:00")).astype(float)
    with netCDF4.Dataset(path, "w") as d:
        group = d.createGroup("Soil_Moisture_Retrieval_Data")
        group.createDimension("phony_dim_0", row.size)
        for name, data, kind, fill, attrs in (
            ("EASE_row_index", row, "u2", 65534, {"valid_max": np.uint16(rows - 1)}),
            ("EASE_column_index", column, "u2", 65534, {}),
            ("soil_moisture", values, "f4", -9999.0, {"units": "cm**3/cm**3"}),
            ("retrieval_qual_flag", flag, "u2", 65534, {}),
            ("tb_time_seconds", seconds, "f8", -9999.0, {"units": "seconds"}),
        ):
            v = group.createVariable(name, kind, ("phony_dim_0",), fill_value=fill)
            v.setncatts(attrs)
            v.set_auto_maskandscale(False)
            v[:] = data
    return str(path)
