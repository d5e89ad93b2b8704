"""A made catchment with hills in the south and a plain in the north, as that of the Rur: with and without lateral flow.

64 columns of 500 m share a subsurface: water runs over the land by a kinematic wave, through the aquifer by its head.
The weather is that of the embedded generator for a place in western Germany. May and June are repeated until stored
water settles, at most as often as `--cycles` says; then the same with `lateral = false`, when columns do not exchange.
Prints the table of docs/science/coupling.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from scipy.stats import spearmanr

import vadose
from vadose.constants import EARTH_RADIUS, SECONDS_PER_DAY
from vadose.grid.terrain import Terrain
from vadose.grid.terrain_synthetic import synthetic_catchment
from vadose.simulate import Simulation
from vadose.simulate.sample import FIRST_DAY, STEP, Place, invent

APRIL = 120  # days before the first of May
CELLS, WIDTH, RELIEF = 8, 500.0, 100.0  # m
LATITUDE, LONGITUDE = 50.8, 6.4
CLIMATE = Place("Rur", LATITUDE, LONGITUDE, 100.0, 283.5, 8.0, 3.5, 8.0, 1.0, 0.5, 0.35, 4.5, 0.0)
UNITS = {
    "tas": "K", "huss": "1", "ps": "Pa", "sfcWind": "m s-1", "rsds": "W m-2", "rlds": "W m-2", "pr": "kg m-2 s-1",
}  # fmt: skip
TABLE = (
    "| run | ET | runoff | storage | water table | rank correlation | moisture | ET by quarter | closure |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def axes() -> dict[str, Any]:
    """Latitudes and longitudes of the cells, degrees."""
    degree = np.pi * EARTH_RADIUS / 180.0
    away = (np.arange(CELLS) + 0.5 - 0.5 * CELLS) * WIDTH / degree
    lon = LONGITUDE + away / np.cos(np.radians(LATITUDE))
    return {
        "lat": ("lat", LATITUDE + away, {"units": "degrees_north"}), "lon": ("lon", lon, {"units": "degrees_east"}),
    }  # fmt: skip


def write_weather(path: Path, days: int) -> None:
    """The same invented weather for all cells, hourly."""
    starts = FIRST_DAY.astype("M8[s]") + (np.arange((APRIL + days) * 24) * round(STEP)).astype("m8[s]")
    made = invent(CLIMATE, starts, STEP, np.random.default_rng(17))
    made, starts = {name: series[APRIL * 24 :] for name, series in made.items()}, starts[APRIL * 24 :]
    shape = (starts.size, CELLS, CELLS)
    held = {
        name: (("time", "lat", "lon"), np.broadcast_to(made[name][:, None, None], shape).astype("f4"), {"units": u})
        for name, u in UNITS.items()
    }
    time = ("time", np.arange(starts.size) * STEP, {"units": f"seconds since {starts[0]}"})
    high = (("lat", "lon"), np.full(shape[1:], CLIMATE.elevation), {"units": "m"})
    xr.Dataset(held, {"time": time, "elevation": high} | axes()).to_netcdf(path)


def study_of(folder: Path, lateral: bool, cycles: int) -> dict[str, Any]:
    """The tables of a run."""
    return {
        "study": {"title": "A made catchment" + ("" if lateral else ", no lateral flow")},
        "forcing": {"path": str(folder / "weather.nc"), "time_zone": "UTC"},
        "model": {"preset": "noahmp", "step": 3600.0},
        "soil": {"texture_class": "loam"},
        "vegetation": {"kind": "grasslands"},
        "subsurface": {
            "layers": [1.0, 2.0, 4.0], "elevation": str(folder / "elevation.nc"), "outlets": "lowest", "K_s": 1e-4,
            "porosity": 0.3, "water_table": 2.0, "lateral": lateral,
        },
        "spinup": {"cycles": cycles, "drift": 10.0},
        "output": {
            "variables": [
                "soil_moisture", "evapotranspiration", "surface_runoff", "subsurface_runoff", "precipitation",
                "water_table_depth", "ponded_water", "recharge",
            ]
        },
    }  # fmt: skip


def row(name: str, run: Simulation, ground: Terrain) -> str:
    """A row of the table: mm over the period, then by quarter of the wetness index m, m3 m-3 of the top layer and mm.

    The first number of two is that of the quarter of the cells with the highest index, the other of the lowest.
    """
    budget = run.budget
    total = budget[budget.column == "total"].iloc[0]
    columns = budget[budget.column != "total"]
    through = columns[["precipitation", "evaporation", "runoff"]].abs().sum(axis=1)
    last = run.outputs.isel(member=0, time=slice(-10, None)).mean("time")
    depth, index = last.wtd.values.ravel(), ground.wetness.ravel()
    moisture = (last.mrsol.isel(depth=0) / (1000.0 * 0.1)).values.ravel()
    lost = columns.evaporation.values  # in the order of the cells
    order = np.argsort(index)
    dry, wet = order[: order.size // 4], order[-(order.size // 4) :]
    alike = np.ptp(depth) < 0.01  # m; the sun is not quite as high in the north
    correlation = "none" if alike else f"{spearmanr(depth, index).statistic:.2f}"
    return (
        f"| {name} | {round(total.evaporation)} | {round(total.runoff)} | {round(total.storage_change)} | "
        f"{depth[wet].mean():.2f}, {depth[dry].mean():.2f} | {correlation} | "
        f"{moisture[wet].mean():.3f}, {moisture[dry].mean():.3f} | {lost[wet].mean():.0f}, {lost[dry].mean():.0f} | "
        f"{(columns.water_residual_max / through).max():.0e} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("coupled-catchment"), help="folder of the runs")
    parser.add_argument("--days", type=int, default=60, help="of weather")
    parser.add_argument("--cycles", type=int, default=6, help="of the spin-up, at most")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    folder = chosen.out.resolve()
    write_weather(folder / "weather.nc", chosen.days)
    ground = synthetic_catchment((CELLS, CELLS), WIDTH, relief=RELIEF)
    held = {"elevation": (("lat", "lon"), ground.elevation, {"units": "m"})}
    xr.Dataset(held, axes()).to_netcdf(folder / "elevation.nc")
    rows = []
    for name, lateral in (("lateral flow", True), ("columns alone", False)):
        run = vadose.simulate(study_of(folder, lateral, chosen.cycles), folder / name.replace(" ", "-"), workers=1)
        if run.failures:
            raise SystemExit(f"{name}: {run.failures}")
        if not rows:
            outputs = run.outputs.isel(member=0)
            fallen = float(outputs.pr.mean()) * chosen.days * SECONDS_PER_DAY
            lost = float(outputs.mrros.mean()) * chosen.days * SECONDS_PER_DAY
            print(f"{chosen.days} days, {fallen:.0f} mm of rain, {lost:.0f} mm of it leave over the land by the outlet")
            for note in run.manifest["notes"]["setup"]:
                print(note)
        for cycle in run.manifest["spinup"]["cycles"]:
            print(
                f"{name}: cycle {cycle['number']}, drift {cycle['median']:.0f} mm a year, most {cycle['largest']:.0f}"
            )
        rows.append(row(name, run, ground))
    print("\n".join([TABLE, *rows]))


if __name__ == "__main__":
    main()
