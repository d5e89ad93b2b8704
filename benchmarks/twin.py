"""Twin experiments: what an assimilation brings against a known truth, and what it costs.

python benchmarks/twin.py state        30 x 30 cells of 500 m, 90 days hourly, 32 members, footprints of 9 km
python benchmarks/twin.py parameters   8 x 8 cells, each observed daily, 32 and 200 members, joint update
python benchmarks/twin.py state --preset noahmp --members 16 --out FOLDER
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from vadose.assimilate.assimilated import Assimilated
from vadose.assimilate.run import run_study
from vadose.assimilate.sample import Twin, write_sample
from vadose.simulate.run import run_study as simulate

# Rain is badly known in the first (a factor of sd 2 that lasts five days); in the second soils differ from cell to
# cell, which each have observations of their own.
STATE = Twin(
    cells=30, days=90, members=32, pixel=9, rain=2.0, memory=120.0, length=50.0, spread=0.4,
    radius=25.0, experiments=("open loop", "state"),
)  # fmt: skip
PARAMETERS = Twin(
    cells=8, days=90, every=1, rain=0.3, memory=72.0, length=50.0, spread=0.4, radius=3.0, damping=0.5,
    experiments=("open loop", "state", "state and parameters"),
)  # fmt: skip


def run(twin: Twin, folder: Path) -> Assimilated:
    """Run the truth and the twin; print what they took and brought."""
    truth, study = write_sample(folder, twin)
    started, cpu = time.monotonic(), time.process_time()
    simulate(truth, folder / "truth", report=False)
    middle = time.monotonic()
    found = run_study(study, folder / "run")
    print(f"{twin.members} members of {twin.cells} x {twin.cells} cells, preset {twin.preset}")
    print(f"  truth {middle - started:.0f} s, assimilation {time.monotonic() - middle:.0f} s", end="")
    print(f" ({time.process_time() - cpu:.0f} CPU s in this process)")
    for one in found.manifest["experiments"]:
        print(f"  {one['name']}: {one['seconds']:.0f} s")
    table = found.twin
    kept = table[table["metric"].isin(["ubrmse", "rmse", "spread_skill", "sand", "clay", "K_s"])]
    print(kept[["experiment", "what", "metric", "mean", "open_loop", "reduction", "improved"]].to_string(index=False))
    print(f"  {found.index}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=["state", "parameters"])
    parser.add_argument("--preset", choices=["vadose", "noahmp", "clm"])
    parser.add_argument("--members", type=int)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    twin = STATE if given.which == "state" else PARAMETERS
    sizes = [given.members] if given.members else [32, 200] if given.which == "parameters" else [twin.members]
    with tempfile.TemporaryDirectory() as scratch:
        for members in sizes:
            changed = {"members": members} | ({"preset": given.preset} if given.preset else {})
            run(Twin(**(vars(twin) | changed)), (given.out or Path(scratch)) / str(members))


if __name__ == "__main__":
    main()
