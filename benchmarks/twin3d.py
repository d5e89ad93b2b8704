"""Twin experiments over a subsurface: what soil moisture and wells bring to columns that exchange water, and the cost.

python benchmarks/twin3d.py           30 x 30 cells of 5 km, 30 layers, 32 members, 30 days hourly
python benchmarks/twin3d.py small     8 x 8 cells of 500 m, 8 layers, 12 members, 10 days
python benchmarks/twin3d.py small --members 32 --out FOLDER

Three experiments as in Zhao et al. (2025), Table 4: open loop, state, state and parameters (conductivity, pores).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from vadose.assimilate.assimilated import Assimilated
from vadose.assimilate.run import run_study
from vadose.assimilate.sample import Twin, write_sample
from vadose.simulate.run import run_study as simulate

# Rain is badly known (a factor of sd 2 that lasts five days) and soils differ from cell to cell; water tables begin
# apart and go on to part in a period before the one that counts. What footprints say of soil that is taken for another
# would seep to the water table: they update the first half metre, wells the heads below the land's layers.
SMALL = Twin(
    cells=8, days=10, members=12, every=1, rain=2.0, memory=120.0, length=50.0, spread=0.4, porosity=0.03, radius=3.0,
    start=147, subsurface=True, layers=4, water_table=2.5, tables=(0.6, 1.6), spinup=1, wells=4, groundwater="levels",
    depth=0.5,
)  # fmt: skip
FULL = replace(
    SMALL, cells=30, days=30, members=32, width=5000.0, pixel=9, every=1, radius=25.0, layers=26, wells=20,
    soil_length=15.0, length=100.0,
)  # fmt: skip
SHOWN = ("ubrmse", "rmse", "spread_skill", "sand", "clay", "K_s", "theta_s")


def run(twin: Twin, folder: Path) -> Assimilated:
    """Run the truth and the twin; print what they took and brought, and how their budgets close."""
    truth, study = write_sample(folder, twin)
    started = time.monotonic()
    simulate(truth, folder / "truth", report=False)
    middle = time.monotonic()
    found = run_study(study, folder / "run")
    print(f"{twin.members} members of {twin.cells} x {twin.cells} cells, preset {twin.preset}, {twin.days} days")
    print(f"  truth {middle - started:.0f} s, spin-up and assimilation {time.monotonic() - middle:.0f} s")
    for one in found.manifest["experiments"]:
        print(
            f"  {one['name']}: {one['seconds']:.0f} s, {one['seconds'] / (twin.members * twin.days):.3f} a member-day"
        )
    for failure in found.failures:
        print(f"  {failure.row} failed: {failure.why}")
    for name, experiment in found.experiments.items():
        table = experiment.budget[experiment.budget["column"] == "total"]
        left = table.precipitation - table.evaporation - table.runoff + table.added - table.storage_change
        print(f"  {name}: water left over at most {np.abs(left).max():.1e} kg m-2; added {table.added.mean():.3g}")
    table = found.twin
    kept = table[table["metric"].isin(SHOWN)]
    print(kept[["experiment", "what", "metric", "mean", "open_loop", "reduction", "improved"]].to_string(index=False))
    print(f"  {found.index}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="?", choices=["full", "small"], default="full")
    parser.add_argument("--members", type=int)
    parser.add_argument("--days", type=int)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    changed = {name: value for name in ("members", "days") if (value := getattr(given, name))}
    twin = replace(SMALL if given.which == "small" else FULL, **changed)
    with tempfile.TemporaryDirectory() as scratch:
        run(twin, given.out or Path(scratch))


if __name__ == "__main__":
    main()
