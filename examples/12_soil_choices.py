"""Which choice about the soil matters: the map, the pedotransfer function, or the closure?

The question of the Soil Parameter Model Intercomparison Project (Gudmundsson and Cuntz 2017) in one run: three soils x
four functions x three closures, 36 members, in the cell of the VIC-Livneh grid that holds the Kendall grassland, in
2008. The soils are those of 10_six_runs.py: what the VIC parameters say, sandy loam as of a coarse map, and what a
calibration with the cosmic-ray sensor at Kendall made of the first.

VADOSE_DATA names the folder of the data. `--out DIR` is where the run goes, `--days N` takes only the first days,
without spin-up.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

import vadose

FORCING = "data/forcing/VIC_Livneh/livneh_NAmerExt_15Oct2014.WalnutGulch.2008.nc"
TOWER = "data/insitu/WalnutGulch_AmeriFlux_COSMOS/WKG/stdfmt/WKG.stdfmt.daily.txt"
# %; the calibration ends at no carbon at all, for which wosten99 has no logarithm.
SOILS = {
    "VIC": {"sand": 43.75, "clay": 17.6, "organic_carbon": 0.8},
    "sandy loam": {"sand": 58.0, "clay": 10.0, "organic_carbon": 0.8},
    "calibrated": {"sand": 61.5, "clay": 7.6, "organic_carbon": 0.1},
}
FUNCTIONS = ("ch78", "sr06", "rosetta3", "wosten99")
CLOSURES = ("campbell", "van-genuchten", "pdi")
# Leaf area of the cell: MODIS, in the VIC parameters of the domain.
LAI = [0.16, 0.20, 0.21, 0.24, 0.26, 0.26, 0.37, 0.60, 0.52, 0.34, 0.22, 0.17]
SHOWN = (
    "soil_moisture",
    "evapotranspiration",
    "transpiration",
    "ground_evaporation",
    "surface_runoff",
    "subsurface_runoff",
)


def study(data: Path, days: int = 0) -> dict[str, Any]:
    """The study; `days` leaves out the spin-up, the measurements and all days after them."""
    observed = {"path": str(data / TOWER), "site": "31.7365, -109.9419", "utc_offset": -7.0}
    table: dict[str, Any] = {
        "study": {"title": "Soil map, pedotransfer function and closure at Kendall"},
        "forcing": {"path": str(data / FORCING), "utc_offset": -7.0, "units": {"wind": "m s-1"}},
        "grid": {"box": [-110.0, -109.94, 31.69, 31.75]},
        "model": {"preset": "vadose", "step": 3600.0, "layers": [0.05, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8]},
        "soil_maps": {name: {"values": values} for name, values in SOILS.items()},
        "vegetation": {"kind": "open shrubland", "lai": LAI},
        "spinup": {"cycles": 4, "share": 0.9},
        "ensemble": {"soil_maps": list(SOILS), "ptfs": list(FUNCTIONS), "closures": list(CLOSURES)},
        "observations": [
            {"name": "Kendall, 5 cm", "variable": "soil_moisture", "column": "SM1", "depth": [0.0, 0.1], **observed},
            {"name": "Kendall, tower", "variable": "evapotranspiration", "column": "ET", **observed},
        ],
    }
    if days:
        table["spinup"] = {"cycles": 0}
        del table["observations"]  # none in the first days
        table["period"] = {"end": str(np.datetime64("2008-01-01") + np.timedelta64(days - 1, "D"))}
    return table


def shares(analysis: pd.DataFrame) -> Table:
    """Share of each choice in the variance of the members' means, %: alone, and with all that it takes part in."""
    found = analysis[(analysis.statistic == "mean") & analysis.variable.isin(SHOWN)]
    choices = list(dict.fromkeys(found[found.total.notna()].choice))
    table = Table("output", "mean", "sd", *(f"{c} alone (total)" for c in choices), "units")
    for (variable, depth), rows in found.groupby(["variable", "depth"], sort=False, dropna=False):
        first = rows.iloc[0]
        cells = []
        for choice in choices:
            row = rows[rows.choice == choice].iloc[0]
            cells.append(f"{100 * row['first']:.0f} ({100 * row.total:.0f})")
        name = f"{variable} {depth}" if isinstance(depth, str) and depth else str(variable)
        table.add_row(name, f"{first['mean']:.4g}", f"{first.sd:.2g}", *cells, str(first.units))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("soil-choices"))
    parser.add_argument("--days", type=int, default=0)
    given = parser.parse_args()
    data = Path(os.environ.get("VADOSE_DATA", ".")).resolve()
    if not (data / FORCING).is_file():
        raise SystemExit(f"{data / FORCING}: not there; set VADOSE_DATA to the folder of the data")
    result = vadose.simulate(study(data, given.days), given.out, workers=1)
    console = Console(width=160)
    console.print(shares(pd.read_csv(result.run / "analysis.csv")))
    console.print(f"failed steps: {int(result.failed.steps.sum())}; report: {result.index}")


if __name__ == "__main__":
    main()
