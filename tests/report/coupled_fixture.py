"""Folders of simulations over a subsurface for the report: a valley by formulas, on the grid of `write_simulation`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from tests.report.simulation_fixture import DAY, START, write_simulation

NY, NX, DAYS, SIZE = 8, 10, 50, 400.0  # m
THICKNESS = np.array([0.1, 0.3, 0.6, 1.0, 2.0, 3.0])
VALLEY = 5  # column of the river, which runs northward
ABOUT = {
    "water_table_depth": ("wtd", "m", "Depth of the water table"),
    "ponded_water": ("pond", "kg m-2", "Water standing on the ground"),
    "subsurface_saturation": ("subsat", "1", "Saturation of the layer with water and ice"),
    "discharge": ("rivo", "m3 s-1", "Water running over the land out of the cell"),
}
WELL = (4, 2)


def elevation() -> np.ndarray:
    """[y, x] m."""
    y, x = np.mgrid[:NY, :NX].astype(float)
    return 300.0 - 1.5 * y + 6.0 * np.abs(x - VALLEY)


def fields(member: int) -> dict[str, np.ndarray]:
    """Outputs [time, (layer), y, x]: a storm each 20 days; the corner of the grid is no cell."""
    y, x = np.mgrid[:NY, :NX].astype(float)
    t = np.arange(DAYS)[:, None, None]
    wet = np.exp(-(t % 20) / 4.0) * (1.0 + 0.1 * member)
    away = np.abs(x - VALLEY)
    depth = 0.05 + 1.6 * away - 0.4 * wet
    pond = np.where(away == 0, 8.0 * wet, 0.0)
    flow = np.where(away == 0, (y + 1.0) * 0.05 * wet, 1e-4 * wet)
    edges = np.concatenate([[0.0], np.cumsum(THICKNESS)])
    top = edges[:-1][:, None, None] - depth[:, None]
    found = {
        "water_table_depth": depth - pond / 1000.0, "ponded_water": pond, "discharge": flow,
        "subsurface_saturation": np.where(top > -0.2, 1.0, 1.0 / (1.0 + np.maximum(-top, 0.0)) ** 0.5),
    }  # fmt: skip
    for values in found.values():
        values[..., 0, 0] = np.nan
    return found


def write_coupled(
    run: Path, *, members: int = 1, outputs: tuple[str, ...] = tuple(ABOUT), relief: bool = True, **more: Any
) -> Path:
    """The folder without its report: daily outputs of 50 days, a well and a gauge beside them."""
    write_simulation(run, sites=0, grid=(NY, NX), members=members, days=DAYS, failures=0, scores=False, **more)
    _append(run / "outputs.nc", members, outputs)
    _ground(run / "subsurface.nc", relief)
    if "discharge" in outputs:
        _observations(run / "observations.nc")
    return run


def _append(path: Path, members: int, outputs: tuple[str, ...]) -> None:
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("subsurface_depth", THICKNESS.size)
        made = [fields(k) for k in range(members)]
        for own in outputs:
            name, units, title = ABOUT[own]
            down = ("subsurface_depth",) if own == "subsurface_saturation" else ()
            v = file.createVariable(name, "f4", ("member", "time", *down, "lat", "lon"), fill_value=np.float32(np.nan))
            v.setncatts({"units": units, "long_name": title, "vadose_name": own})
            for k, one in enumerate(made):
                v[k] = one[own]


def _ground(path: Path, relief: bool) -> None:
    high = elevation()
    high[0, 0] = np.nan
    slope_y, slope_x = (np.where(np.isfinite(high), s / SIZE, np.nan) for s in np.gradient(elevation()))
    y, x = np.mgrid[:NY, :NX].astype(float)
    held = {"slope_x": slope_x, "slope_y": slope_y}
    if relief:
        held |= {
            "elevation": high,
            "wetness": np.where(np.isfinite(high), 12.0 - np.abs(x - VALLEY) + 0.01 * y, np.nan),
        }
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("lat", NY), ("lon", NX), ("layer", THICKNESS.size)):
            file.createDimension(name, size)
        file.setncatts({"dx": SIZE, "dy": SIZE})
        file.createVariable("thickness", "f8", ("layer",))[:] = THICKNESS
        for name, values in held.items():
            file.createVariable(name, "f8", ("lat", "lon"), fill_value=np.nan)[:] = values


def _observations(path: Path) -> None:
    """A well on a slope and a gauge at the mouth, 5 cm and 10 % beside the first member."""
    made, mouth = fields(0), (NY - 1, VALLEY)
    start = START.astype("datetime64[s]").astype(float)
    edges = start + DAY * np.arange(DAYS + 1)
    series = (
        ("Well <i>3</i>", "water_table_depth", "m", WELL, made["water_table_depth"][:, *WELL] + 0.05),
        ("Mouth", "discharge", "m3 s-1", mouth, 1.1 * made["discharge"][:, *mouth]),
    )
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("time", DAYS)
        file.createDimension("bnds", 2)
        file.createVariable("time_bnds", "f8", ("time", "bnds"))[:] = np.stack([edges[:-1], edges[1:]], 1)
        for number, (name, variable, units, (row, column), values) in enumerate(series, 1):
            v = file.createVariable(f"observation_{number}", "f8", ("time",), fill_value=np.nan)
            v.setncatts({"long_name": name, "vadose_name": variable, "units": units, "cell": row * NX + column})
            v[:] = values
