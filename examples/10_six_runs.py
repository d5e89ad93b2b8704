"""Do calibrated soil textures improve a land surface model? Six runs over Walnut Gulch, Arizona, in 2008.

Two soil maps of the 15 cells of the VIC-Livneh grid, each as it is and calibrated with the pedotransfer function that
the run uses, with and without organic carbon: members Exp1 to Exp6 of six_runs.toml. No soil map of the region is at
hand, so the maps are stand-ins: "GSDE" is the soil of the VIC parameters, whose quartz tells how much of it is loam and
how much sandy loam, with 0.8 % of carbon; "HWSD" is sandy loam everywhere, as one mapping unit of a coarse map would
be. The calibration is real: `vadose calibrate` with the daily soil moisture of the cosmic-ray sensor at Kendall,
2010 to 2013, within the domain. Its change of the texture at Kendall is added to all cells.

VADOSE_DATA names the folder of the data. `--out DIR` is where maps and run go, `--preset` takes another model than
Noah-MP, `--tower` Kendall alone with the weather that was measured there, `--days N` only the first days, without
spin-up.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pandas as pd
import xarray as xr
from rich.console import Console
from rich.table import Table

import vadose

KENDALL = (31.7365, -109.9419)
SENSOR = "data/insitu/WalnutGulch_AmeriFlux_COSMOS/WKG/flux_obs/smcounts.010.txt"
TOWER = "data/insitu/WalnutGulch_AmeriFlux_COSMOS/WKG/stdfmt/WKG.stdfmt.daily.txt"
VIC = "data/static/vic_params/params.WalnutGulch"
# Sand and clay, %, of the middle of a class (Cosby et al. 1984) and its share of quartz (Peters-Lidard et al. 1998).
LOAM, SANDY_LOAM = (43.0, 18.0, 0.40), (58.0, 10.0, 0.60)
CARBON = 0.8  # %, assumed
IGBP = {"Open shrublands": 7, "Grasslands": 10}
# Bounds of the calibration, %: a shifted texture outside of them is moved to them.
BOUNDS = {"sand": (6.0, 98.0), "clay": (3.0, 58.0), "organic_carbon": (0.0, 15.0)}
YEAR = 86400.0 * 365.25
WATER = {
    "evspsbl": "ET",
    "tran": "transpiration",
    "evspsblsoi": "ground",
    "mrros": "surface runoff",
    "mrrob": "drainage",
}
# Measured series of the study, and what makes m3 m-3 and mm a day of their scores.
OBSERVED = {"Kendall, 5 cm": 1.0, "Kendall, 15 cm": 1.0, "Kendall, tower": 86400.0}
Texture = dict[str, np.ndarray]


@dataclass(frozen=True)
class Experiments:
    """An experiment of the calibration: the map it starts from, and the map that it makes."""

    start: str
    made: str
    ptf: str
    carbon: bool


TABLE_1 = (
    Experiments("gsde", "gsde_sr06", "sr06", True),
    Experiments("gsde", "gsde_ch78", "ch78", False),
    Experiments("hwsd", "hwsd_ch78", "ch78", False),
)


def baselines(data: Path) -> tuple[dict[str, Texture], np.ndarray, np.ndarray]:
    """The two maps of the cells, %, and their centres in degrees."""
    with xr.open_dataset(data / f"{VIC}.L2015.0.0625_deg.nc") as soil:
        quartz, lat, lon = soil.quartz.values[0], soil.lat.values, soil.lon.values
    sandy = np.clip((quartz - LOAM[2]) / (SANDY_LOAM[2] - LOAM[2]), 0.0, 1.0)
    sand, clay = (LOAM[k] + sandy * (SANDY_LOAM[k] - LOAM[k]) for k in (0, 1))
    gsde = {"sand": sand, "clay": clay, "organic_carbon": np.full_like(sand, CARBON)}
    hwsd = {"sand": np.full_like(sand, SANDY_LOAM[0]), "clay": np.full_like(sand, SANDY_LOAM[1])}
    return {"gsde": gsde, "hwsd": hwsd}, lat, lon


def vegetation(data: Path) -> np.ndarray:
    """[lat, lon] IGBP class that covers most of a cell."""
    with xr.open_dataset(data / f"{VIC}.MOD_IGBP.0.0625_deg.nc") as file:
        names = [str(name.decode() if isinstance(name, bytes) else name).strip() for name in file.veg_descr.values]
        found = np.nan_to_num(file.Cv.values).argmax(axis=0)
    return np.vectorize(lambda place: IGBP[names[place]])(found)


def calibrated(data: Path, maps: dict[str, Texture], cell: tuple[int, int], out: Path) -> dict[str, Texture]:
    """The maps of Table 1: what the calibration changes at Kendall, added to all cells."""
    values = {name: {q: float(x[cell]) for q, x in texture.items()} for name, texture in maps.items()}
    study: dict[str, Any] = {
        "study": {"title": "Soil texture at Kendall from its cosmic-ray sensor"},
        "soil_moisture": {"label": "Kendall CRNS", "path": str(data / SENSOR), "location": list(KENDALL)},
        "soil": [{"label": name, "values": held} for name, held in values.items()],
        "experiments": [{"name": e.made, "soil": e.start, "ptf": e.ptf, "carbon": e.carbon} for e in TABLE_1],
    }
    result = vadose.calibrate(study, out, workers=1)
    made = {}
    for experiment in TABLE_1:
        found = result.texture(experiment.made)
        start = maps[experiment.start]
        made[experiment.made] = {
            q: np.clip(start[q] + float(found[q].values.squeeze()) - float(start[q][cell]), *BOUNDS[q]) for q in start
        }
    return made


def write_map(path: Path, layers: dict[str, np.ndarray], lat: np.ndarray, lon: np.ndarray, units: str) -> None:
    """A netCDF map that `[soil_maps]` and `[vegetation]` read."""
    with netCDF4.Dataset(path, "w") as file:
        for name, values, unit in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            file.createDimension(name, values.size)
            axis = file.createVariable(name, "f8", (name,))
            axis.units, axis[:] = unit, values
        for name, values in layers.items():
            variable = file.createVariable(name, "f4", ("lat", "lon"), fill_value=-9999.0)
            variable.units, variable[:] = units, values


def write_maps(data: Path, out: Path) -> dict[str, Texture]:
    """All maps of the study, in `out`/maps."""
    maps, lat, lon = baselines(data)
    cell = (int(abs(lat - KENDALL[0]).argmin()), int(abs(lon - KENDALL[1]).argmin()))
    maps |= calibrated(data, maps, cell, out / "calibration")
    (out / "maps").mkdir(parents=True, exist_ok=True)
    for name, texture in maps.items():
        write_map(out / "maps" / f"{name}.nc", texture, lat, lon, "%")
    write_map(out / "maps" / "vegetation.nc", {"class": vegetation(data)}, lat, lon, "1")
    return maps


def water(result: Any) -> Table:
    """A row a member: means over the area, mm a year, and moisture of the upper 10 cm, m3 m-3."""
    table = Table("mm a year", *WATER.values(), "moisture")
    outputs = result.outputs[[*WATER, "mrsol"]]
    places = [d for d in ("lat", "lon", "site") if d in outputs.dims]
    for member in outputs.member.values:
        mean = outputs.sel(member=member).weighted(np.cos(np.deg2rad(outputs.lat))).mean(places).mean("time")
        row = [f"{float(mean[name]) * YEAR:.0f}" for name in WATER]
        table.add_row(str(member), *row, f"{float(mean.mrsol[0]) / 100.0:.3f}")
    return table


def errors(result: Any) -> Table:
    """A row a member or benchmark: bias and RMSE at Kendall, m3 m-3 and mm a day."""
    scores = pd.read_csv(result.run / "scores.csv").set_index(["member", "observation", "metric"]).value
    table = Table("bias, RMSE", *OBSERVED)
    for member in dict.fromkeys(scores.index.get_level_values("member")):
        row = []
        for name, factor in OBSERVED.items():
            pair = [scores.get((member, name, k), np.nan) * factor for k in ("bias", "rmse")]
            row.append(f"{pair[0]:+.3f}, {pair[1]:.3f}" if np.isfinite(pair[1]) else "")
        table.add_row(str(member), *row)
    return table


def run(data: Path, out: Path, preset: str = "noahmp", tower: bool = False, days: int = 0) -> Any:
    """Maps, calibration and the six members; `days` leaves out the spin-up and all after them."""
    write_maps(data, out)
    os.environ["VADOSE_DATA"] = str(data)
    settings = [f"study.root={str(out)!r}", f"model.preset={preset!r}"]
    if days:
        last = np.datetime64("2008-01-01") + np.timedelta64(days - 1, "D")
        settings += ["spinup.cycles=0", f"period.end='{last}'"]
    if tower:
        settings += [
            f"forcing={{path={str(data / TOWER)!r}, gaps='fill', longest_gap=60.0}}",
            f"site={{name='Kendall', latitude={KENDALL[0]}, longitude={KENDALL[1]}, elevation=1531.0}}",
        ]
    study = Path(__file__).with_name("six_runs.toml")
    return vadose.simulate(study, out / (f"{preset}-tower" if tower else preset), settings=settings, workers=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("six-runs"))
    parser.add_argument("--preset", default="noahmp", choices=("noahmp", "clm", "vadose"))
    parser.add_argument("--tower", action="store_true")
    parser.add_argument("--days", type=int, default=0)
    given = parser.parse_args()
    data = Path(os.environ.get("VADOSE_DATA", "."))
    if not (data / SENSOR).is_file():
        raise SystemExit(f"{data / SENSOR}: not there; set VADOSE_DATA to the folder of the data")
    result = run(data.resolve(), given.out.resolve(), given.preset, given.tower, given.days)
    console = Console(width=160)
    console.print(water(result))
    console.print(errors(result))
    console.print(f"failed steps: {int(result.failed.steps.sum())}; report: {result.index}")


if __name__ == "__main__":
    main()
