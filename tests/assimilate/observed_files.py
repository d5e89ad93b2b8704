"""Small files of observations, and runs that stand for a truth, for the tests of what is assimilated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from vadose.assimilate.study_observations import Observation
from vadose.config import build
from vadose.constants import RHO_WATER
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.model.bridge import to_dataset

LAYERS = np.array([0.05, 0.05, 0.10, 0.30, 0.50])  # m


def table(**keys: Any) -> Observation:
    """[[assimilation.observations]] as a study file would have it."""
    return build(Observation, {"name": "probe", **keys}, "[[assimilation.observations]]")


def days(first: str, count: int, hour: float = 0.0) -> np.ndarray:
    """Moments of daily analyses."""
    start = np.datetime64(first, "D") + np.arange(count)
    return start.astype("datetime64[s]") + np.timedelta64(round(3600 * hour), "s")


def sites(*names: str) -> Cells:
    """Sites a degree apart."""
    step = np.arange(len(names), dtype=float)
    return Cells.whole(Sites(40.0 + step, 8.0 + step, names))


def fine_grid(rows: int = 24, columns: int = 24, step: float = 0.01) -> Cells:
    """A grid of about a kilometre at 40 N, 8 E."""
    return Cells.whole(
        LatLonGrid.from_centres(40.0 + step * np.arange(rows), 8.0 + step * np.arange(columns))
    )  # fmt: skip


def write_table(path: Path, times: np.ndarray, values: np.ndarray, column: str = "sm") -> str:
    """A table of a column; NaN is an empty cell."""
    rows = [f"{t},{'' if np.isnan(v) else repr(float(v))}" for t, v in zip(times, values, strict=True)]
    path.write_text("\n".join([f"time,{column}", *rows]) + "\n")
    return str(path)


def state(cells: Cells, members: int = 3, moisture: float = 0.2) -> dict[str, np.ndarray]:
    """A state of equal columns above freezing and without snow; members differ by 0.01 m3 m-3."""
    shape = (members, LAYERS.size, cells.size)
    member = np.arange(members)[:, None, None]
    return {
        "soil_moisture": np.full(shape, moisture) + 0.01 * member,
        "soil_ice": np.zeros(shape),
        "soil_temperature": np.full(shape, 285.0),
        "snow_water": np.zeros((members, cells.size)),
        "water_table_depth": np.full((members, cells.size), 2.0) + 0.1 * member[:, 0],
    }


def write_truth(
    folder: Path, cells: Cells, moisture: np.ndarray, first: str = "2020-05-01", hours: float = 1.0, **changed: Any
) -> str:  # fmt: skip
    """A run folder whose outputs hold `moisture` [row, layer, column] m3 m-3, a tenth of it ice.

    changed  layers [layer] m, or other entries of run.json
    """
    folder.mkdir(parents=True)
    layers = changed.pop("layers", LAYERS)
    step = np.timedelta64(round(3600 * hours), "s")
    edges = np.datetime64(first, "s") + np.arange(moisture.shape[0] + 1) * step
    amount = RHO_WATER * np.asarray(layers)[:, None]
    means = {
        "soil_moisture": moisture * amount,
        "soil_ice": 0.1 * moisture * amount,
        "water_table_depth": 1.0 + moisture[:, 0],
    }
    made = to_dataset(means, layers=layers, cells=cells, bounds=np.stack([edges[:-1], edges[1:]], axis=1))
    made.to_netcdf(folder / "outputs.nc")
    manifest = {"kind": "simulation", "members": [{"name": "member"}], "outputs": {"file": "outputs.nc"}} | changed
    (folder / "run.json").write_text(json.dumps(manifest))
    return str(folder)
