"""Small studies for the tests of a simulation: invented weather at three places or on a grid, all of three columns.

Three columns everywhere and one preset, so that one compiled program serves all tests.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from vadose.simulate.sample import PLACES, write_weather

DAYS = 75


def weather(folder: Path, days: int = DAYS) -> Path:
    """The weather of the sample at its three places."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "weather.nc"
    write_weather(path, days, 3600.0)
    return path


def study(path: Path, **tables: Any) -> dict[str, Any]:
    """A study of the three places as a dictionary, with some tables changed."""
    sites = [
        {"name": p.name, "latitude": p.lat, "longitude": p.lon, "soil": {"texture_class": kind}}
        for p, kind in zip(PLACES, ("silt loam", "sandy loam", "loam"), strict=True)
    ]
    table: dict[str, Any] = {
        "study": {"title": "Test", "months": 1},
        "forcing": {"path": str(path), "time_zone": "UTC"},
        "model": {"preset": "noahmp"},
        "vegetation": {"kind": "grasslands"},
        "sites": sites,
    }
    for name, content in tables.items():
        table[name] = {**table.get(name, {}), **content} if isinstance(content, dict) else content
    return table


def gridded(folder: Path, days: int = DAYS) -> Path:
    """Weather on 2 x 2 cells, of which one has none."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "points.nc"
    corners = ((50.25, 8.25), (50.25, 8.75), (50.75, 8.75))
    places = tuple(replace(PLACES[0], name=str(n), lat=lat, lon=lon) for n, (lat, lon) in enumerate(corners))
    write_weather(path, days, 3600.0, places)
    with xr.open_dataset(path, decode_times=False) as opened:
        points = opened.load()
    made = {}
    for name in ("tas", "huss", "ps", "sfcWind", "rsds", "rlds", "pr"):
        values = np.full((points.sizes["time"], 2, 2), np.nan, np.float32)
        values.reshape(-1, 4)[:, [0, 1, 3]] = points[name].values
        made[name] = (("time", "lat", "lon"), values, {"units": points[name].attrs["units"]})
    coordinates = {
        "time": ("time", points.time.values, dict(points.time.attrs)),
        "lat": ("lat", [50.25, 50.75], {"units": "degrees_north"}),
        "lon": ("lon", [8.25, 8.75], {"units": "degrees_east"}),
    }
    xr.Dataset(made, coordinates).to_netcdf(folder / "grid.nc")
    return folder / "grid.nc"


def on_grid(path: Path, **tables: Any) -> dict[str, Any]:
    """A study of all cells of gridded weather that have some."""
    table = study(path, **tables)
    del table["sites"]
    return table | {"soil": {"texture_class": "loam"}}


def values(result: Any) -> dict[str, np.ndarray]:
    """Every output of a run by name."""
    return {str(name): v.values for name, v in result.outputs.data_vars.items() if v.dtype.kind == "f"}


def state(result: Any) -> dict[str, np.ndarray]:
    """The restart of a run by name."""
    import netCDF4

    found = {}
    with netCDF4.Dataset(result.restart) as file:
        for preset, group in file.groups.items():
            for name, v in group.variables.items():
                if name != "member":
                    found[f"{preset} {name}"] = np.asarray(v[...])
    return found


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    """True where all arrays are equal to the last bit."""
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k], equal_nan=True) for k in a)
