"""A catchment of 50 x 50 columns and 30 layers: ParFlow's case as it is, and the storm at which ParFlow stalls.

The case goes in by its database, 1 mm/h for a day and nine days after it, and its heads are compared with those that
ParFlow 3.15 stored. The storm is a study: the same ground from netCDF files, the water table half a metre below it,
10 mm/h for six hours and five days after them.

VADOSE_DATA names the folder that holds `golden/parflow/`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import vadose
from vadose.data.parflow import write_pfb

NAME = "catchment_n50_h240_p1"
FIELDS = {"perm": "Ks", "poro": "porosity", "alpha": "alpha", "n": "n", "sres": "sres"}  # file -> array of the inputs
HOUR = 3600.0


def parflow(golden: Path, inputs: dict[str, np.ndarray], out: Path, set_: list[str]) -> None:
    """Write the fields that the database names, run it, and say how far ParFlow's heads are."""
    folder = out / "inputs"
    folder.mkdir(parents=True, exist_ok=True)
    for file, name in FIELDS.items():
        write_pfb(folder / f"{file}.pfb", inputs[name][::-1])  # the arrays count from the bottom
    write_pfb(folder / "ssat.pfb", np.ones(inputs["Ks"].shape))
    for axis in "xy":
        write_pfb(folder / f"slope{axis}.pfb", inputs[f"slope_{axis}"])
    study: dict[str, Any] = {
        "study": {"title": "A catchment of ParFlow, 240 h"},
        "parflow": {"database": str(golden / f"{NAME}.pfidb"), "time_unit": "h", "inputs": str(folder)},
        "output": {"every": 1.0},  # ParFlow's files hold the hours 1, 7, 13 ..., which no longer interval meets
    }
    run = vadose.simulate(study, out / "case", settings=set_)
    told(run)
    stored = np.load(golden / f"{NAME}.npz")
    hours = (run.outputs["time"].values / HOUR).round().astype(int)
    print("  hour   RMS difference of heads (m)   worst")
    for hour, press in zip(stored["times_h"], stored["press"][:, ::-1], strict=True):
        if hour in hours:
            away = run.outputs["head"].values[np.flatnonzero(hours == hour)[0]] - press
            print(f"  {hour:4d}   {np.sqrt((away**2).mean()):.1e}                       {np.abs(away).max():.1e}")


def storm(inputs: dict[str, np.ndarray], out: Path, set_: list[str]) -> None:
    """Write the ground as netCDF files, let the storm fall on it, and say how much ran off."""
    out.mkdir(parents=True, exist_ok=True)
    data: dict[str, Any] = {
        name: (("layer", "y", "x"), inputs[name], {"units": units})
        for name, units in (("porosity", "1"), ("alpha", "m-1"), ("n", "1"))
    }
    data["K_s"] = (("layer", "y", "x"), inputs["Ks"], {"units": "m h-1"})
    data["theta_r"] = (("layer", "y", "x"), inputs["porosity"] * inputs["sres"], {"units": "1"})
    data |= {name: (("y", "x"), inputs[name], {"units": "1"}) for name in ("slope_x", "slope_y")}
    xr.Dataset(data).to_netcdf(out / "ground.nc")
    ground, size = str(out / "ground.nc"), float(inputs["dx"])
    study = {
        "study": {"title": "A storm on a high water table"},
        "domain": {"dx": size, "dy": size, "layers": inputs["dz"][::-1].tolist(), "slopes": ground},
        "soil": {"file": ground, "order": "bottom"},
        "surface": {"manning": 2e-5 * HOUR},
        "rain": [{"rate": 10.0, "last": 6.0}],
        "initial": {"water_table": 0.5},
        "period": {"hours": 126.0, "step": HOUR},
    }
    run = vadose.simulate(study, out / "storm", settings=set_)
    told(run)
    budget = run.budget
    print(f"  {-budget['border'].sum() / budget['rain'].sum():.1%} of the rain ran off")


def told(run: Any) -> None:
    """Print the sentences of a run."""
    print(f"\n{run.manifest['title']} ({run.manifest['seconds']:.0f} s)")
    for line in run.manifest["summary"]:
        print(f"  {line}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("case", "storm", "both"), nargs="?", default="both")
    parser.add_argument("--out", type=Path, default=Path("catchment"), help="folder of the runs")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override a key of the studies")
    chosen = parser.parse_args()
    golden = Path(os.environ.get("VADOSE_DATA", "")) / "golden" / "parflow"
    if not golden.is_dir():
        sys.exit("skipped: set VADOSE_DATA to the folder that holds golden/parflow")
    inputs = dict(np.load(golden / f"{NAME}_inputs.npz"))
    out = chosen.out.resolve()
    if chosen.what != "storm":
        parflow(golden, inputs, out, chosen.set)
    if chosen.what != "case":
        storm(inputs, out, chosen.set)


if __name__ == "__main__":
    main()
