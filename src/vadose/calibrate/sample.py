"""The embedded sample of a calibration: an invented world whose soils are known, seen by an invented satellite.

Textures give wilting and critical points (Saxton & Rawls 2006), these with an invented climate give daily soil
moisture with noise and gaps; two baseline maps are wrong in smooth patterns, as extrapolated maps are.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

import vadose
from vadose.calibrate.drydown.synthetic import Climate, synthetic_series
from vadose.data.sample_world import World
from vadose.grid.cells import Cells
from vadose.grid.coastlines import land_fraction
from vadose.grid.latlon import LatLonGrid
from vadose.soil.texture import Soil
from vadose.workflow.cache import write_text
from vadose.workflow.output import coordinates, write_dataset

STEP = 4.0  # degrees
FIRST_DAY = np.datetime64("2015-04-01", "D")
NOISE, REVISIT = 0.02, 2.5  # m3 m-3 and days, as of SMAP at 36 km
SEED = 20250601

STUDY = """\
# The study of the embedded sample: an invented satellite over invented soils.
# Nothing here is a result about a real place. Copy this file and point it at your own data.

[study]
title = "Soil maps of an invented world"

[soil_moisture]
label = "Invented satellite"
path = "soil_moisture.nc"

[drydown]
method = "robust"

[[soil]]
label = "Atlas"
path = "atlas.nc"

[[soil]]
label = "Survey"
path = "survey.nc"

# The three experiments of the study that this follows: with organic carbon, without it, and from another map.

[[experiments]]
name = "Atlas with carbon"
soil = "Atlas"
ptf = "sr06"
carbon = true

[[experiments]]
name = "Atlas without carbon"
soil = "Atlas"
ptf = "ch78"
carbon = false

[[experiments]]
name = "Survey without carbon"
soil = "Survey"
ptf = "ch78"
carbon = false
"""


@dataclass(frozen=True)
class Truth:
    """The soils of the sample on its cells: sand, clay, organic_carbon [cell] %."""

    cells: Cells
    sand: np.ndarray
    clay: np.ndarray
    organic_carbon: np.ndarray


def write_sample(folder: str | os.PathLike[str], *, years: float = 6, step: float = STEP, seed: int = SEED) -> Path:
    """Write the sample into `folder` and return the path of its study file.

    step  degrees of the global grid; the same arguments give the same values
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    truth, world = true_soils(step, seed)
    _write_series(truth, world, years, seed, folder / "soil_moisture.nc")
    for number, name in enumerate(("atlas", "survey")):
        _write_map(truth, world, 60 + 10 * number, name, folder / f"{name}.nc")
    write_text(folder / "study.toml", STUDY)
    return folder / "study.toml"


def true_soils(step: float = STEP, seed: int = SEED) -> tuple[Truth, World]:
    """The true soils of the invented world, and its climate."""
    grid = LatLonGrid.regular(step)
    land = land_fraction(grid, "c").ravel()
    lat = np.repeat(grid.lat, grid.lon.size)
    cells = Cells(grid, np.flatnonzero((land > 0.3) & (lat > -57) & (lat < 75)))
    world = World(cells.lat, cells.lon, seed)
    sand = np.clip(48 + 14 * world.field(40, 6.0) - 6 * world.wetness, 12, 85)
    clay = np.clip(21 + 8 * world.field(41, 6.0) + 3 * world.wetness, 6, 50)
    clay = np.minimum(clay, 92 - sand)
    carbon = np.clip(1.6 * np.exp(0.5 * world.field(42, 6.0) + 0.2 * world.wetness), 0.3, 7)
    return Truth(cells, sand, clay, carbon), world


def _write_series(truth: Truth, world: World, years: float, seed: int, path: Path) -> None:
    soil = vadose.pedotransfer["sr06"](Soil(truth.sand, truth.clay, truth.organic_carbon))
    months = np.stack([world.rain(month + 0.5, 0.0) for month in range(12)])
    rain = months.mean(axis=0)
    climate = Climate(
        frequency=np.clip(rain / 9.0, 0.03, 0.6),
        seasonality=np.clip(0.5 * np.ptp(months, axis=0) / rain, 0.0, 0.9),
    )
    made = synthetic_series(
        truth.cells.index,
        climate,
        soil={"wilting_point": np.asarray(soil.wilting_point), "critical_point": np.asarray(soil.critical_point)},
        noise=NOISE,
        revisit=REVISIT,
        years=years,
        seed=seed,
    )
    grid = truth.cells.grid
    whole = np.full((made.values.shape[0], grid.size), np.nan, np.float32)
    whole[:, truth.cells.index] = made.values
    days = FIRST_DAY + np.arange(whole.shape[0])
    field = (("time", "lat", "lon"), whole.reshape(-1, *grid.shape), {"units": "m3 m-3", "long_name": "soil moisture"})
    packed = {"dtype": "i2", "scale_factor": 1e-4, "_FillValue": np.int16(-9999)}
    time = ("time", days.astype("datetime64[ns]"), {"standard_name": "time"})
    dataset = xr.Dataset({"soil_moisture": (*field, packed)}, {"time": time, **coordinates(grid)})
    write_dataset(dataset.assign_attrs(Conventions="CF-1.11", title="Invented soil moisture"), path)


def _write_map(truth: Truth, world: World, number: int, name: str, path: Path) -> None:
    """A baseline map: the truth with smooth errors of a few percent; carbon too low, as in many maps."""
    sand = np.clip(truth.sand + 7 * world.field(number, 9.0), 6, 94)
    clay = np.minimum(np.clip(truth.clay + 4 * world.field(number + 1, 9.0), 3, 58), 97 - sand)
    carbon = np.clip(0.8 * truth.organic_carbon * np.exp(0.2 * world.field(number + 2, 9.0)), 0.1, 14)
    fields = {"sand": sand, "clay": clay, "organic_carbon": carbon}
    variables = {
        key: (("lat", "lon"), truth.cells.unpack(values).astype(np.float32), {"units": "%", "long_name": key})
        for key, values in fields.items()
    }
    dataset = xr.Dataset(variables, coordinates(truth.cells.grid))
    write_dataset(dataset.assign_attrs(Conventions="CF-1.11", title=f"Invented soil map {name}"), path)
