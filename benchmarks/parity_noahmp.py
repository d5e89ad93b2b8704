"""A year at Bondville as Noah-MP 5 ran it: every case of its 21 that a slot can express, ours beside the reference.

Prints the table of docs/science/parity-noahmp.md and keeps the numbers in the history. Needs VADOSE_DATA.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import record
from tests.parity.bondville import CASES, HEAT, WATER, Bondville, annual, differences, run_cases

HEADS = ("ET", "canopy", "transp.", "soil", "surface runoff", "drainage", "LH", "H", "Rnet")
DAILY = ("SM worst layer", "LH", "H", "SWE", "ground T")
DRAG, SPUN = "M_sfc2", "A_spin3"


def main() -> None:
    site = Bondville(Path(os.environ["VADOSE_DATA"]))
    beside = [name for name in CASES if name not in (SPUN, DRAG)]
    runs = dict.fromkeys(beside, run_cases(site, beside))
    runs |= {DRAG: run_cases(site, [DRAG]), SPUN: run_cases(site, [SPUN], spin=3)}
    print("| case | " + " | ".join(HEADS) + " | daily RMSE: " + " | ".join(DAILY) + " | |".replace("| |", "|"))
    print("|---" * (1 + len(HEADS) + len(DAILY)) + "|")
    found = {}
    for name in CASES:
        column = beside.index(name) if name in beside else 0
        ours, theirs = annual(runs[name], column), site.annual[name]
        apart = differences(site, runs[name], column, name)
        cells = [f"{ours[key]:.1f} / {theirs[key]:.1f}" for key in (*WATER, *HEAT)]
        days = [f"{np.max(apart['SM']):.4f}", *(f"{float(apart[key]):.2f}" for key in ("LH", "HFX", "SWE", "TG"))]
        print(f"| `{name}` {CASES[name].title} | " + " | ".join([*cells, *days]) + " |")
        found[name] = {key: [round(ours[key], 2), theirs[key]] for key in (*WATER, *HEAT)}
        found[name] |= {key: np.round(value, 5).tolist() for key, value in apart.items()}
    default, base = found["A_default"], site.annual["A_default"]
    print("\n| case | " + " | ".join(HEADS[:6]) + " |\n" + "|---" * 7 + "|")
    for name in CASES:
        change = [
            f"{found[name][key][0] - default[key][0]:+.1f} / {site.annual[name][key] - base[key]:+.1f}" for key in WATER
        ]
        print(f"| `{name}` | " + " | ".join(change) + " |")
    record("parity_noahmp", cases=found)


if __name__ == "__main__":
    main()
