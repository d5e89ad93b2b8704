"""A calibration at global resolution: drydowns and the three texture experiments on a part of the 0.25-degree land.

Goal for all 240 000 land cells, 19 years of days with a revisit of 2.5 days: 60 minutes and 6 GB on two cores. Measured
on parts, of which the largest is at least a tenth, so that the growth shows; the whole is what the largest says of it.

python benchmarks/calibrate_world.py [CELLS ...]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import xarray as xr
from common import measure, record

import vadose
from vadose.calibrate.drydown.synthetic import Climate, synthetic_series
from vadose.data.sample_world import World
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid

LAND = 240_000  # cells of 0.25 degrees
YEARS = range(2002, 2021)  # NNSM's
BLOCK = 2000  # cells made at once

STUDY = """
[study]
title = "Synthetic world"
tile = 1024
[soil_moisture]
path = "sm_*.nc"
[drydown]
method = "{method}"
events = true
[[soil]]
label = "GSDE-like"
path = "gsde.nc"
[[soil]]
label = "HWSD-like"
path = "hwsd.nc"
[[experiments]]
name = "exp1"
soil = "GSDE-like"
ptf = "sr06"
carbon = true
[[experiments]]
name = "exp2"
soil = "GSDE-like"
ptf = "ch78"
carbon = false
[[experiments]]
name = "exp3"
soil = "HWSD-like"
ptf = "ch78"
carbon = false
"""


def write_world(folder: Path, count: int, method: str) -> Path:
    """Write a block of about `count` land cells of the 0.25-degree grid, south and north of the equator in Africa."""
    whole = LatLonGrid.regular(0.25)
    columns = np.flatnonzero((whole.lon > 10) & (whole.lon < 40))
    rows = np.argsort(np.abs(whole.lat - 5), kind="stable")[: max(2, round(count / columns.size))]
    rows.sort()
    grid = LatLonGrid(whole.lat[rows], whole.lon[columns], whole.lat_bnds[rows], whole.lon_bnds[columns])
    cells = Cells.whole(grid)
    world = World(cells.lat, cells.lon, 7)
    sand = np.clip(48 + 16 * world.field(40, 8.0), 10, 88)
    clay = np.clip(22 + 9 * world.field(41, 8.0), 5, 95 - sand)
    carbon = np.clip(1.5 * np.exp(0.5 * world.field(42, 8.0)), 0.2, 8)
    soil = vadose.pedotransfer["sr06"](vadose.Soil(sand, clay, carbon))
    days = np.arange(np.datetime64(f"{YEARS[0]}-01-01"), np.datetime64(f"{YEARS[-1] + 1}-01-01"))
    packed = np.full((days.size, cells.size), -9999, np.int16)
    climate = np.clip(0.2 * np.exp(0.6 * world.wetness), 0.04, 0.6)
    for start in range(0, cells.size, BLOCK):
        part = slice(start, start + BLOCK)
        known = {"wilting_point": soil.wilting_point[part], "critical_point": soil.critical_point[part]}
        made = synthetic_series(
            cells.index[part], Climate(frequency=climate[part]), soil=known, noise=0.02, revisit=2.5, years=19, seed=1
        ).values[: days.size]
        here = packed[: made.shape[0], part]
        here[:] = np.where(np.isnan(made), -9999, np.round(made * 1e4)).astype(np.int16)
    attributes = {"units": "m3 m-3", "scale_factor": 1e-4, "_FillValue": np.int16(-9999)}
    for year in YEARS:
        chosen = days.astype("datetime64[Y]").astype(int) + 1970 == year
        values = packed[chosen].reshape(-1, *grid.shape)
        dataset = xr.Dataset(
            {"sm": (("time", "lat", "lon"), values, attributes)},
            {"time": days[chosen].astype("datetime64[ns]"), "lat": grid.lat, "lon": grid.lon},
        )
        dataset.to_netcdf(folder / f"sm_{year}.nc", encoding={"sm": {"zlib": True, "complevel": 1}})
    for number, name in ((60, "gsde"), (70, "hwsd")):
        fields = {
            "sand": np.clip(sand + 7 * world.field(number, 9.0), 6, 94),
            "clay": np.clip(clay + 4 * world.field(number + 1, 9.0), 3, 58),
            "organic_carbon": np.clip(0.8 * carbon, 0.1, 14),
        }
        fields["clay"] = np.minimum(fields["clay"], 98 - fields["sand"])
        variables = {k: (("lat", "lon"), v.reshape(grid.shape), {"units": "%"}) for k, v in fields.items()}
        xr.Dataset(variables, {"lat": grid.lat, "lon": grid.lon}).to_netcdf(folder / f"{name}.nc")
    study = folder / "study.toml"
    study.write_text(STUDY.format(method=method))
    return study


def main(counts: list[int], method: str = "robust") -> None:
    """Measure the runs, smallest first; the growth between the two largest says what the whole world takes."""
    walls: list[tuple[int, float]] = []
    for count in counts:
        with tempfile.TemporaryDirectory() as place:
            study = write_world(Path(place), count, method)
            command = (
                sys.executable,
                "-m",
                "vadose",
                "calibrate",
                str(study),
                "--out",
                f"{place}/run",
                "--workers",
                "2",
            )
            cost = measure(*command)
            found = vadose.Calibration(Path(place) / "run").manifest
            cells = found["counts"]["cells"]
            walls.append((cells, cost.wall_s))
            record(
                "calibrate_world", method=method, cells=cells, done=found["counts"]["by_reason"].get("done", 0),
                run=cost, cpu_ms_a_cell=1e3 * cost.cpu_s / cells, whole_world_minutes=whole(walls),
                events=found["events"]["count"],
            )  # fmt: skip


def whole(walls: list[tuple[int, float]]) -> float:
    """Minutes for all land cells, from (cells, seconds) of the last two runs: a start and so much a cell."""
    (few, first), (many, last) = walls[-2] if len(walls) > 1 else (0, 0.0), walls[-1]
    return (last + (LAND - many) * (last - first) / (many - few)) / 60


if __name__ == "__main__":
    main([int(a) for a in sys.argv[1:]] or [3000, 6000, 12000, 24000])
