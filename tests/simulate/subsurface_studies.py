"""Studies over a subsurface that tests share: 19 columns of a valley that falls northward, with one corner left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from tests.simulate import setups

from vadose.constants import EARTH_RADIUS
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid
from vadose.simulate.sample import FIRST_DAY, PLACES, STEP, invent
from vadose.simulate.study import Study
from vadose.simulate.study_subsurface import Subsurface

ROWS, COLUMNS, WIDTH = 4, 5, 500.0  # m
DAYS = 40
LAYERS = (1.0, 2.0, 3.0)  # m, below the soil's
UNITS = {
    "tas": "K", "huss": "1", "ps": "Pa", "sfcWind": "m s-1", "rsds": "W m-2", "rlds": "W m-2", "pr": "kg m-2 s-1",
}  # fmt: skip


def grid() -> LatLonGrid:
    """4 x 5 cells of 500 m about 50.8 N."""
    degree = np.pi * EARTH_RADIUS / 180.0
    lat = 50.8 + (np.arange(ROWS) - 1.5) * WIDTH / degree
    lon = 6.4 + (np.arange(COLUMNS) - 2.0) * WIDTH / degree / np.cos(np.radians(50.8))
    return LatLonGrid.from_centres(lat, lon)


def active() -> np.ndarray:
    """All cells but the south-western corner, [y, x]."""
    mask = np.ones((ROWS, COLUMNS), bool)
    mask[0, 0] = False
    return mask


def cells(mask: np.ndarray | None = None) -> Cells:
    """The columns of a mask of the grid."""
    index = np.flatnonzero(active() if mask is None else mask)
    whole = Cells.whole(grid())
    return whole.part(index)


def elevation() -> np.ndarray:
    """A valley along the middle column, m; its floor falls northward by 2 m a cell."""
    y, x = np.indices((ROWS, COLUMNS))
    return 100.0 + 15.0 * np.abs(x - 2) - 2.0 * y


def coordinates() -> dict[str, Any]:
    """The axes of a file on the grid."""
    where = grid()
    return {
        "lat": ("lat", where.lat, {"units": "degrees_north"}), "lon": ("lon", where.lon, {"units": "degrees_east"}),
    }  # fmt: skip


def write_map(path: Path, units: str = "m", **values: np.ndarray) -> str:
    """Maps [lat, lon] or [layer, lat, lon] on the grid as a file; its path."""
    held = {
        n: (("layer", "lat", "lon") if v.ndim == 3 else ("lat", "lon"), v, {"units": units}) for n, v in values.items()
    }
    xr.Dataset(held, coordinates()).to_netcdf(path)
    return str(path)


def write_weather(path: Path, wetter: np.ndarray | float = 1.0, days: int = DAYS) -> str:
    """Invented weather on the grid but for the corner, its rain times `wetter` [y, x]; the path."""
    starts = FIRST_DAY.astype("M8[s]") + (np.arange(days * 24) * round(STEP)).astype("m8[s]")
    made = invent(PLACES[0], starts, STEP, np.random.default_rng(5))
    there = np.where(active(), 1.0, np.nan)
    held = {}
    for name, units in UNITS.items():
        field = made[name][:, None, None] * (wetter if name == "pr" else 1.0) * there
        held[name] = (("time", "lat", "lon"), field.astype(np.float32), {"units": units})
    time = ("time", np.arange(starts.size) * STEP, {"units": f"seconds since {FIRST_DAY}"})
    high = (("lat", "lon"), np.full((ROWS, COLUMNS), 100.0), {"units": "m"})
    xr.Dataset(held, {"time": time, "elevation": high} | coordinates()).to_netcdf(path)
    return str(path)


def study(folder: Path, **tables: Any) -> dict[str, Any]:
    """A study of the valley, with some tables changed."""
    table: dict[str, Any] = {
        "study": {"title": "Valley", "months": 1},
        "forcing": {"path": str(folder / "weather.nc"), "time_zone": "UTC"},
        "model": {"preset": "noahmp", "step": 3600.0},
        "soil": {"texture_class": "loam"},
        "vegetation": {"kind": "grasslands"},
        "subsurface": {
            "layers": list(LAYERS), "elevation": str(folder / "elevation.nc"), "K_s": 2e-4, "porosity": 0.3,
            "water_table": 1.5,
        },
        "output": {"variables": OUTPUTS},
    }  # fmt: skip
    for name, content in tables.items():
        table[name] = {**table.get(name, {}), **content} if isinstance(content, dict) else content
    return table


PAIR = [{"ptf": "ch78"}, {"ptf": "rosetta3", "closure": "campbell"}]
OUTPUTS = [
    "soil_moisture", "soil_ice", "evapotranspiration", "surface_runoff", "subsurface_runoff", "precipitation",
    "water_table_depth", "ponded_water", "aquifer", "recharge", "pressure_head", "subsurface_saturation", "discharge",
]  # fmt: skip


def write_series(path: Path, days: int = DAYS, **values: np.ndarray) -> str:
    """Daily values of the first days of the weather as a table with a column each; the path."""
    dates = FIRST_DAY + np.arange(days)
    rows = [",".join(["time", *values])]
    rows += [",".join([str(d), *(f"{v[k]:.6g}" for v in values.values())]) for k, d in enumerate(dates)]
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def observed(folder: Path) -> list[dict[str, Any]]:
    """A well, a gauge and its stage in the middle of the northern border, with invented readings."""
    wave = np.sin(np.arange(DAYS) / 3.0)
    path = write_series(folder / "readings.csv", wtd=0.8 + 0.3 * wave, q=0.05 + 0.04 * wave, stage=5.0 + 4.0 * wave)
    where = grid()
    site = f"{where.lat[-1]:.5f}, {where.lon[2]:.5f}"
    return [
        {"name": name, "path": path, "variable": variable, "column": column, "units": units, "site": site}
        for name, variable, column, units in (
            ("Well", "water_table_depth", "wtd", "m"), ("Gauge", "discharge", "q", "m3 s-1"),
            ("Stage", "ponded_water", "stage", "mm"),
        )
    ]  # fmt: skip


def tables(**keys: Any) -> Subsurface:
    """[subsurface] with layers and a slope to the north, and some keys."""
    usual: dict[str, Any] = {"layers": LAYERS, "slope_y": -0.01}
    return Subsurface(**usual | keys)


def planned(**changed: Any) -> Study:
    """A study over a subsurface whose forcing is never opened."""
    usual = {"subsurface": {"layers": list(LAYERS), "slope_y": -0.01}}
    return setups.a_study(**usual | changed)
